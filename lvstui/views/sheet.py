"""The building blocks of pages: titles with a rule, labelled sentences, tables, graphs; as lines of pieces. A sentence
over several lines leaves no short word alone on the last one, in every view."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap
from typing import TypeVar

from lvstui.views.graph import Graph, lines, rule
from lvstui.views.head import Line, Piece

Row = TypeVar("Row")
LABEL = 9
"""The cells of a label, with the blanks around it."""
BESIDE = 100
"""The width in cells from which two graphs are side by side."""
ALONE = 16
"""The most cells of a word that is not left alone; a longer one, an address or a path, fills a line of its own."""
_LOW, _HIGH, _HIGHEST = 3, 6, 9
"""The rows of a graph on a small, a normal and a large page."""
_MUCH = 42
"""The number of lines of a large page."""


def title(way: str, state: Sequence[tuple[str, str]], right: str, width: int) -> Line:
    """` services > web3 DOWN since 02:41:07 ──── 203.0.113.13:8443`; the text at the right is shortened first."""
    pieces = [Piece(f" {way}", "title"), *(Piece(text, role) for text, role in state), Piece(" ")]
    left = sum(len(piece.text) for piece in pieces)
    end = f"  {right}" if right and left + len(right) + 6 <= width else ""
    return (*pieces, Piece("─" * max(0, width - left - len(end) - (1 if end else 0)), "dim"), Piece(end, "dim"))


def labelled(label: str, text: str, width: int, role: str = "", most: int = 3) -> list[Line]:
    """` why    a sentence`, over as many lines as it needs, three at most."""
    if not text:
        return []
    parts = sentence(text, max(20, width - LABEL - 1), most)
    return [
        (Piece(f" {'' if number else label:<{LABEL - 1}}", "dim"), Piece(part, role))
        for number, part in enumerate(parts)
    ]


_TIED = "\u00a0"
"""A blank at which no line ends."""
_OPTION = re.compile(r"(?<= )(--?[A-Za-z][a-z-]*) (?=[^\s-])")


def sentence(text: str, width: int, most: int = 0) -> list[str]:
    """A text in lines of at most so many cells, at least one. As many lines as it needs and no more: for a last word
    that would stand alone the earlier lines become shorter, where that costs no further line. If it needs more than
    `most` lines (0: any number) it is cut, which a tilde shows. An option of ipvsadm stays beside its value."""
    tied = _OPTION.sub(rf"\1{_TIED}", text) if "ipvsadm " in text else text
    if tied != text:
        return [line.replace(_TIED, " ") for line in sentence(tied, width, most)]
    full = wrap(text, width, break_on_hyphens=False)
    if 0 < most < len(full):
        return [*full[: most - 1], f"{full[most - 1][: width - 2]} ~"]
    longest = max(map(len, text.split()), default=0)
    return balanced(lambda cells: wrap(text, cells, break_on_hyphens=False), width, longest, str) or [""]


def balanced(lines: Callable[[int], list[Row]], width: int, longest: int, text: Callable[[Row], str]) -> list[Row]:
    """The lines of the greatest width up to this one whose last is not a short word alone; those of this width where
    every other needs more lines. `lines`: the lines of a width; `longest`: the cells of the longest
    word, which is not broken for this; `text`: the text of a line."""
    whole = lines(width)
    if not _alone(whole, text):
        return whole
    for narrower in range(width - 1, max(width // 2, longest) - 1, -1):
        shorter = lines(narrower)
        if len(shorter) > len(whole):
            break
        if not _alone(shorter, text):
            return shorter
    return whole


def _alone(rows: Sequence[Row], text: Callable[[Row], str]) -> bool:
    last = text(rows[-1]).strip() if len(rows) > 1 else ""
    return 0 < len(last) <= ALONE and " " not in last


def section(name: str, right: str, width: int) -> Line:
    """A title followed by a rule."""
    return rule(name, right, width)


def cut(text: str, width: int) -> str:
    """The text in at most so many cells, but at least ten; a tilde shows that something is cut off."""
    width = max(10, width)
    return text if len(text) <= width else f"{text[: width - 1]}~"


def cells(parts: Iterable[tuple[str, int, str]]) -> Line:
    """A row of a table: each text in so many cells (a negative number: aligned right), with its role."""
    line = []
    for text, width, role in parts:
        size = abs(width)
        shown = text if len(text) <= size else f"{text[: size - 1]}~"
        line.append(Piece(f"{shown:>{size}}" if width < 0 else f"{shown:<{size}}", role))
        line.append(Piece(" "))
    last = line[-2] if len(line) > 1 else Piece("")
    return (*line[:-2], last._replace(text=last.text.rstrip()))


def graphs(both: Sequence[Graph], width: int, rows: int, blocks: bool) -> list[Line]:
    """Graphs of so many rows: side by side if both fit, else only the first."""
    if rows < 1 or not both:
        return []
    if len(both) < 2 or width < BESIDE:
        return lines(both[0], width, rows, blocks)
    half = (width - 2) // 2
    left, right = (lines(graph, half, rows, blocks) for graph in both[:2])
    return columns(left, right, half)


def history(
    drawn: Sequence[Graph], lines: Sequence[Line], none: str, width: int, height: int, blocks: bool
) -> list[Line]:
    """Graphs as high as the room allows, and what happened; `none` if nothing did."""
    past = min(2, len(lines)) or 1
    most = _HIGHEST if height >= _MUCH else _HIGH
    rows = min(most, height - 2 - past - 1)
    drawn_lines = graphs(drawn, width, rows, blocks) if rows >= 2 else []
    if drawn_lines and width < BESIDE and height - len(drawn_lines) - past - 1 >= _LOW + 2:
        drawn_lines += graphs(drawn[1:], width, min(most, height - len(drawn_lines) - past - 3), blocks)
    left = height - len(drawn_lines) - 1
    if left > 0:
        drawn_lines.append(section("Last changes", "6 shows all" if lines else "", width))
        drawn_lines += lines[:left] or [(Piece(f"   {none}", "dim"),)]
    return drawn_lines


def padded(line: Line, width: int) -> Line:
    """A line filled with blanks up to so many cells."""
    used = sum(len(piece.text) for piece in line)
    return (*line, Piece(" " * max(0, width - used)))


def clipped(lines: Sequence[Line], width: int) -> list[Line]:
    """The lines, cut at so many cells."""
    return [line if sum(len(piece.text) for piece in line) <= width else _clipped(line, width) for line in lines]


def _clipped(line: Line, width: int) -> Line:
    pieces, left = [], width - 1
    for piece in line:
        pieces.append(piece._replace(text=piece.text[:left]))
        left -= len(pieces[-1].text)
    return (*pieces, Piece("~", "dim"))


def columns(left: Sequence[Line], right: Sequence[Line], width: int) -> list[Line]:
    """Two blocks side by side, the left one so many cells wide."""
    rows = max(len(left), len(right))
    blank: Line = ()
    return [
        (
            *padded(left[n] if n < len(left) else blank, width),
            Piece("  "),
            *(right[n] if n < len(right) else blank),
        )
        for n in range(rows)
    ]
