"""Writes to the terminal only the cells that differ from what it shows.

Textual sends whole widgets or whole rows again, and most of that is on the terminal already. This module divides
what Textual would draw into cells, compares them with a copy of the terminal's contents, and writes the difference
with as few cursor moves and style changes as possible. It knows cells and escape sequences, but no widgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from rich.cells import get_character_cell_size
from rich.color import Color, ColorSystem
from rich.style import Style
from textual.strip import Strip

from lvstui.console.terminal.textual_private import StripPiece
from lvstui.console.terminal.xterm256 import in_256
from lvstui.plain import ACCENTS, SUBSTITUTE, harmless
from lvstui.values import NamedTuple


class Ink(NamedTuple):
    """How a character is drawn, in SGR parameters: attributes (bold and the like), foreground, background."""

    attributes: tuple[str, ...] = ()
    front: str = ""
    back: str = ""


Cell = tuple[str, Ink]
"""A character and its ink. The second half of a wide character is ("", ink)."""

PLAIN = Ink()
UNKNOWN: Cell = ("\0", Ink(("?",)))
"""A cell of which nothing is known: it differs from every other."""

_BRIDGE = 4
"""The most cells between two differences that are cheaper to write again than to skip."""


class Shadow:
    """What the terminal shows, as far as we wrote it."""

    def __init__(self) -> None:
        self._rows: list[list[Cell]] = []
        self._width = 0

    def resize(self, width: int, height: int) -> None:
        """Notes the size of the terminal. After a change of size its contents are unknown; else they stay."""
        if width != self._width or height != len(self._rows):
            self._width = width
            self.forget(height)

    def forget(self, height: int | None = None) -> None:
        """Nothing is known any more, because another program wrote to the terminal."""
        self._rows = [[UNKNOWN] * self._width for _ in range(len(self._rows) if height is None else height)]

    def draw(self, drawn: Iterable[StripPiece], colors: ColorSystem | None) -> str:
        """The bytes that make the terminal show these pieces; "" if it does already. `colors` None: no colours at
        all."""
        wanted: dict[int, list[Cell]] = {}
        for x, y, strip in drawn:
            if not 0 <= y < len(self._rows):
                continue
            row = wanted.setdefault(y, self._rows[y].copy())
            new = _cells(strip, colors)
            row[x : x + len(new)] = new[: max(0, self._width - x)]
        pen = _Pen()
        for y in sorted(wanted):
            row = wanted[y][: self._width]
            if row != self._rows[y]:
                _write_row(pen, y, self._rows[y], row)
                self._rows[y] = row
        return pen.done()


class _Pen:
    """Gathers output, and knows the position of the terminal's cursor and how it draws."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._x = self._y = -1
        self._ink = PLAIN

    def move(self, x: int, y: int) -> None:
        if (x, y) == (self._x, self._y):
            return
        if y == self._y and x > self._x >= 0:
            ahead = x - self._x
            self._parts.append(f"\x1b[{ahead}C" if ahead > 1 else "\x1b[C")
        else:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
        self._x, self._y = x, y

    def write(self, cells: list[Cell]) -> None:
        for char, ink in cells:
            if ink != self._ink:
                self._parts.append(f"\x1b[{_turn(self._ink, ink)}m")
                self._ink = ink
            self._parts.append(char)
        self._x += len(cells)

    def done(self) -> str:
        """All of it, ended with a plain pen, because whoever writes next must not inherit ours."""
        if self._ink != PLAIN:
            self._parts.append("\x1b[m")
            self._ink = PLAIN
        return "".join(self._parts)


def _turn(old: Ink, new: Ink) -> str:
    """The SGR parameters that lead from one ink to another."""
    if new == PLAIN:
        return ""
    if not set(old.attributes) <= set(new.attributes):
        return ";".join(("0", *new.attributes, *filter(None, new[1:])))
    words = [word for word in new.attributes if word not in old.attributes]
    if new.front != old.front:
        words.append(new.front or "39")
    if new.back != old.back:
        words.append(new.back or "49")
    return ";".join(words)


def _write_row(pen: _Pen, y: int, old: list[Cell], new: list[Cell]) -> None:
    for start, end in _runs(old, new):
        pen.move(start, y)
        pen.write(new[start:end])


def _runs(old: list[Cell], new: list[Cell]) -> Iterator[tuple[int, int]]:
    """The stretches to write: the differences, widened to whole wide characters, joined over small gaps of one
    style."""
    width = len(new)
    start = end = -1
    for x in range(width):
        if new[x] == old[x]:
            continue
        left = x - 1 if new[x][0] == "" and x else x
        right = x + 2 if x + 1 < width and new[x + 1][0] == "" else x + 1
        if start >= 0 and left - end <= _BRIDGE and _plain(new, end, left):
            end = max(end, right)
            continue
        if start >= 0:
            yield start, end
        start, end = left, right
    if start >= 0:
        yield start, end


def _plain(row: list[Cell], start: int, end: int) -> bool:
    """Whether the gap is drawn like the cell before it, so that writing it costs only its characters."""
    return all(char and ink == row[start - 1][1] for char, ink in row[start:end])


@lru_cache(maxsize=1024)
def _ink(style: Style, colors: ColorSystem | None) -> Ink:
    """A style as SGR parameters, in the colours of this terminal."""
    attributes = tuple(code for name, code in _ATTRIBUTES if getattr(style, name))
    if colors is None:
        return Ink(attributes)
    front = ";".join(_down(style.color, colors).get_ansi_codes()) if style.color else ""
    back = ";".join(_down(style.bgcolor, colors).get_ansi_codes(foreground=False)) if style.bgcolor else ""
    return Ink(attributes, "" if front == "39" else front, "" if back == "49" else back)


def _down(color: Color, colors: ColorSystem) -> Color:
    return in_256(color) if colors is ColorSystem.EIGHT_BIT else color.downgrade(colors)


_ATTRIBUTES = (
    ("bold", "1"),
    ("dim", "2"),
    ("italic", "3"),
    ("underline", "4"),
    ("blink", "5"),
    ("reverse", "7"),
    ("conceal", "8"),
    ("strike", "9"),
)


def _cells(strip: Strip, colors: ColorSystem | None) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, control in strip:
        if control:
            continue
        ink = _ink(style, colors) if style is not None else PLAIN
        if text.isascii() and text.isprintable():
            cells += [(char, ink) for char in text]
            continue
        for char in text:
            size = get_character_cell_size(char)
            if not harmless(char):
                # The last gate before the terminal. What comes here was measured already, so it keeps its width.
                cells += [(SUBSTITUTE, ink)] * size
            elif size == 0:
                at = -2 if len(cells) > 1 and not cells[-1][0] else -1  # the second half of a wide letter is no cell
                if cells and len(cells[at][0]) <= ACCENTS:
                    cells[at] = (cells[at][0] + char, cells[at][1])
            else:
                cells.append((char, ink))
                cells += [("", ink)] * (size - 1)
    return cells
