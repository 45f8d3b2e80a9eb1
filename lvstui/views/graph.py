"""A graph of one number over the last half hour, in lines of text: filled braille, or blocks. Pure.

A cell of braille is two columns of four dots. An empty cell is a blank, because some fonts draw its dots.
A terminal that has only ASCII shows other characters instead (console/terminal/display.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from typing import TypeVar

from lvstui.values import NamedTuple
from lvstui.views.head import Line, Piece
from lvstui.views.number import short

HALF_HOUR = 1800.0
"""The seconds that a graph shows if it is wide enough."""
_COLUMNS = (10.0, 15.0, 20.0, 30.0, 60.0)
"""The possible numbers of seconds in a column of dots."""
BLOCKS = " ▁▂▃▄▅▆▇█"
_LEFT, _RIGHT = (0x00, 0x40, 0x44, 0x46, 0x47), (0x00, 0x80, 0xA0, 0xB0, 0xB8)
"""The braille dots of a column, by its height in dots."""


_BEGIN = 9
"""The cells that the time at the beginning of the axis takes."""
Value = TypeVar("Value")


class Scale(NamedTuple):
    """The layout of a graph: its width in cells, and the seconds of each of its columns, two per cell."""

    cells: int
    seconds: float

    @property
    def columns(self) -> int:
        return 2 * self.cells


def scale(room: int) -> Scale:
    """The scale for this many cells: half an hour if possible, with the finest columns that fill the width."""
    seconds = next((span for span in _COLUMNS if HALF_HOUR / (2 * span) <= room), _COLUMNS[-1])
    return Scale(max(0, min(room, int(HALF_HOUR / (2 * seconds)))), seconds)


def top(values: Sequence[float | None]) -> float:
    """The upper end of a scale: 1, 2 or 5 times a power of ten, so that it seldom changes."""
    most = max((value for value in values if value is not None), default=0.0)
    end, steps = 1.0, cycle((2.0, 2.5, 2.0))
    while end < most:
        end *= next(steps)
    return end


def bars(values: Sequence[float | None], rows: int, most: float, blocks: bool = False) -> list[str]:
    """The lines of a graph, the highest first: two values a cell, oldest first."""
    if blocks:
        levels = [_level(_mean(pair), most, rows * 8) for pair in _pairs(values)]
        return ["".join(BLOCKS[max(0, min(8, level - row * 8))] for level in levels) for row in range(rows - 1, -1, -1)]
    both = _pairs([_level(value, most, rows * 4) for value in values])
    return [
        "".join(_braille(left - row * 4, right - row * 4) for left, right in both) for row in range(rows - 1, -1, -1)
    ]


def _pairs(values: Sequence[Value]) -> list[tuple[Value, Value]]:
    return list(zip(values[::2], values[1::2], strict=True))


def _mean(pair: tuple[float | None, float | None]) -> float | None:
    known = [value for value in pair if value is not None]
    return sum(known) / len(known) if known else None


def _level(value: float | None, most: float, levels: int) -> int:
    """The height of a value in dots; a value above 0 always has one."""
    return 0 if not value else max(1, min(levels, round(value / most * levels)))


def _braille(left: int, right: int) -> str:
    dots = _LEFT[max(0, min(4, left))] | _RIGHT[max(0, min(4, right))]
    return chr(0x2800 + dots) if dots else " "


class EventMark(NamedTuple):
    """An event below a graph: when (seconds of the epoch), what, in a word or two, and the tone of that word."""

    epoch: float
    words: str
    tone: str = "down"


GraphData = Callable[[int, float], Sequence[float | None]]
"""Called with a number of columns and the seconds of each; returns the values of the last ones."""


class Graph(NamedTuple):
    """The contents of a graph: its title, the source of the numbers, and the present values, None if they are not
    known. `taken`: seconds of the epoch of the displayed State; `mark`: the event that is marked below."""

    title: str
    trend: GraphData
    now: float | None
    taken: float
    mark: EventMark | None = None


def of_load(
    trend: Callable[[bool, int, float], Sequence[float | None]],
    active: float | None,
    taken: float,
    mark: EventMark | None,
) -> list[Graph]:
    """The graphs of a load: active connections, of which there are `active` now, and new ones. `trend`: called with
    whether new ones are wanted, a number of columns, and the seconds of each."""
    return [
        Graph("Active connections", partial(trend, False), active, taken, mark),
        Graph("New connections a second", partial(trend, True), None, taken, mark),
    ]


def lines(graph: Graph, width: int, rows: int, blocks: bool = False) -> list[Line]:
    """The title, the rows, and the axis with times. No cell changes until another column is complete. Only the title if
    nothing is known."""
    label = 6
    laid = scale(width - label - 1)
    if laid.cells < 8 or rows < 1:
        return []
    found_out = graph.trend(laid.columns, laid.seconds)
    unknown: tuple[None, ...] = (None,) * (laid.columns - len(found_out))
    values = (*unknown, *found_out)
    known = [value for value in values if value is not None]
    most = top(known)
    highest = max(known, default=0.0) if graph.now is None else max(*known, graph.now, 0.0)
    peak = f"peak {short(highest)}" if known else "nothing known yet"
    minutes = round(laid.columns * laid.seconds / 60)
    now = "" if graph.now is None else f"now {short(graph.now)}   "
    drawn = [rule(f"{graph.title}, {minutes} min", f"{now}{peak}", width, brief=now.strip())]
    if not known:
        return drawn
    for number, bar in enumerate(bars(values, rows, most, blocks)):
        name = short(most) if not number else "0" if number == rows - 1 else ""
        drawn.append((Piece(f"{name:>{label - 1}}│", "dim"), Piece(bar.ljust(laid.cells), "up")))
    drawn.append((Piece(" " * (label - 1), "dim"), *_axis(values, laid, graph)))
    return drawn


def rule(title: str, right: str, width: int, role: str = "title", brief: str = "") -> Line:
    """A title, a rule across the remaining width, and a text at its end; `brief` is used if that text does not fit."""
    left = f" {title} "
    fits = [words for words in (right, brief) if words and len(left) + len(words) + 3 <= width]
    end = f" {fits[0]} " if fits else " "
    return Piece(left, role), Piece("─" * max(0, width - len(left) - len(end))), Piece(end, "dim")


def _axis(values: Sequence[float | None], laid: Scale, graph: Graph) -> list[Piece]:
    """The axis below: a dot for each column without a value, the time at which it begins, and the event."""
    cells = ["·" if values[2 * at] is values[2 * at + 1] is None else "─" for at in range(laid.cells)]
    whole = 2 * laid.seconds
    ends = graph.taken // whole * whole
    begins = ends - laid.cells * whole
    _put(cells, 1, time.strftime(" %H:%M ", time.localtime(begins)))
    if graph.mark is None or not begins <= graph.mark.epoch <= graph.taken:
        _put(cells, laid.cells - 4, " now")
        return [Piece(f"└{''.join(cells)}", "dim")]
    at = min(laid.cells - 1, int((graph.mark.epoch - begins) // whole))
    if at < laid.cells - 4:  # a mark beside it would leave half of the word
        _put(cells, laid.cells - 4, " now")
    line = "".join(cells)
    when = time.strftime(" %H:%M:%S ", time.localtime(graph.mark.epoch))
    for words in (f"{when}{graph.mark.words} ", f" {graph.mark.words} ", ""):
        first = at - len(words)
        if first >= _BEGIN or not words:
            break
    return [Piece(f"└{line[:first]}", "dim"), Piece(f"{words}▼", graph.mark.tone), Piece(line[at + 1 :], "dim")]


def _put(cells: list[str], at: int, words: str) -> None:
    if at >= 0 and at + len(words) <= len(cells):
        cells[at : at + len(words)] = words
