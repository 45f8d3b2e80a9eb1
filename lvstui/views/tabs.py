"""The line with the names of the views, and the number of problems in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lvstui.views.head import Line, Piece


class Trouble(NamedTuple):
    """The number of problems in a view, and the role of the worst one."""

    number: int = 0
    role: str = ""


NONE = Trouble()


class Tab(NamedTuple):
    """A view: the key that opens it, its name, its problems, and whether it is open."""

    key: str
    name: str
    trouble: Trouble = NONE
    open: bool = False


def line(tabs: Sequence[Tab], width: int, right: Sequence[str] = ()) -> Line:
    """` 1 services 4 2 hosts 4 vrrp`: the open one reversed. On a narrow screen the names of the closed ones are left
    out and their keys stay. At the right is the first of `right` that fits."""
    left = next((pieces for brief in (False, True) if _size(pieces := _pieces(tabs, brief)) <= width), [])
    left = left or _pieces(tabs, True)
    room = width - _size(left)
    words = next((words for words in right if len(words) + 2 <= room), "")
    return (*left, Piece(" " * max(0, room - len(words) - 1)), *([Piece(f"{words} ", "dim")] if words else []))


def _pieces(tabs: Sequence[Tab], brief: bool) -> list[Piece]:
    pieces = []
    for key, name, trouble, open_ in tabs:
        words = [word for word in (key, name if open_ or not brief else "") if word]
        count = f" {trouble.number}" if trouble.number else ""
        if open_:
            pieces.append(Piece(f" {' '.join(words)}{count} ", "open"))
            continue
        pieces += [Piece(f" {key}", "key"), Piece("".join(f" {word}" for word in words[1 if key else 0 :]), "dim")]
        pieces += [Piece(count, trouble.role), Piece(" ")]
    return pieces


def _size(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)
