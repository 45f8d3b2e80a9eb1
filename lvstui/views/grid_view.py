"""GridView: what the console's one table asks of a view. Any object that answers these is a view; the rows are asked
for by number, and only those in sight are.

A view is made again for each State and each Look (views/look.py), and gets the one before it, to keep what cannot
have changed: above all the order. It uses these fields of the Look: `inside`, `columns` (the set), `sort`,
`reverse`, `filter`, `exact`. The cursor, the marks and the scrolling are the grid's.

FactLines are the rows of a view of one thing: a finding, an instance, a sync daemon, a difference of a pair.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol, runtime_checkable

from lvstui.values import NamedTuple
from lvstui.views.column import Column, ColumnSet, Key_co, Row


class GridView(Protocol[Key_co]):
    """A table to show. `Key` identifies a row: it must be hashable, equal only to itself, and outlive the State."""

    @property
    def sets(self) -> Sequence[ColumnSet]:
        """Its sets of columns, at least one; the first is what it opens with."""
        ...

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of the displayed set; a row's cells are in their order."""
        ...

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        ...

    @property
    def complaint(self) -> str:
        """The part of the filter that was not understood, "" if all was. Such a term filters nothing."""
        ...

    def __len__(self) -> int: ...
    def row(self, index: int) -> Row[Key_co]: ...
    def key(self, index: int) -> Key_co: ...
    def place(self, key: Hashable) -> int | None:
        """The position of a key, None if the row is gone or filtered out."""
        ...


@runtime_checkable
class Ranked(Protocol):
    """A table that knows which of its rows have a problem."""

    def unseen(self, seen: range) -> str:
        """`2 DOWN`: the worst problem of the rows outside these positions, and how many have it; "" for none."""
        ...


class FactKey(NamedTuple):
    """A line about a thing, which `about` identifies."""

    about: Hashable
    number: int


class FactLines:
    """One thing in full, a line for each fact: a label, a value and the role of its colour."""

    complaint = ""

    def __init__(self, about: Hashable, lines: Sequence[tuple[str, str, str]]) -> None:
        self._about = about
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def key(self, index: int) -> FactKey:
        return FactKey(self._about, index)

    def place(self, key: Hashable) -> int | None:
        there = isinstance(key, FactKey) and key.about == self._about and key.number < len(self._lines)
        return key.number if there and isinstance(key, FactKey) else None

    def row(self, index: int) -> Row[FactKey]:
        label, value, tone = self._lines[index]
        return Row(self.key(index), (label, value), tone)
