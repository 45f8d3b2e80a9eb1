"""The line with the names of the views, and the number of problems in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.values import NamedTuple
from lvstui.views.head import Line, Piece


class Trouble(NamedTuple):
    """The number of problems in a view, and the role of the worst one."""

    number: int = 0
    role: str = ""


NONE = Trouble()
_NAMES: Mapping[str, str] = {}
_SHORT: Mapping[str, str] = {"services": "svcs", "doctor": "doc"}
"""Shorter names, for eight views on 80 cells."""


class Tab(NamedTuple):
    """A view: the key that opens it, its name, its problems, and whether it is open."""

    key: str
    name: str
    trouble: Trouble = NONE
    open: bool = False


def line(tabs: Sequence[Tab], width: int, right: Sequence[str] = ()) -> Line:
    """` 1 services 4 2 hosts 4 vrrp`: the open one reversed. On a narrow screen the names of the closed ones are short,
    on a narrower one they are left out and their keys stay. At the right is the first of `right` that fits."""
    left = next((pieces for short in (_NAMES, _SHORT) if _size(pieces := _pieces(tabs, short)) <= width), [])
    left = left or _pieces(tabs, None)
    room = width - _size(left)
    words = next((words for words in right if len(words) + 2 <= room), "")
    return (*left, Piece(" " * max(0, room - len(words) - 1)), *([Piece(f"{words} ", "dim")] if words else []))


def _pieces(tabs: Sequence[Tab], short: Mapping[str, str] | None) -> list[Piece]:
    """`short`: other names of closed views, None to leave the names of all of them out."""
    pieces = []
    for key, name, trouble, open_ in tabs:
        closed = short.get(name, name) if short is not None else ""
        words = [word for word in (key, name if open_ else closed) if word]
        count = f" {trouble.number}" if trouble.number else ""
        if open_:
            pieces.append(Piece(f" {' '.join(words)}{count} ", "open"))
            continue
        pieces += [Piece(f" {key}", "key"), Piece("".join(f" {word}" for word in words[1 if key else 0 :]), "dim")]
        pieces += [Piece(count, trouble.role), Piece(" ")]
    return pieces


def _size(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)
