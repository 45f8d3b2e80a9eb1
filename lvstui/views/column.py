"""What a table is made of: columns, rows, and the view that makes rows only where somebody looks."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple, Protocol


class Column(NamedTuple):
    """A column: `key` sorts by it, `width` is its width in cells, `right` aligns numbers, `from_width` is the width of
    the table from which on it is shown. The first column takes what room is left."""

    key: str
    title: str
    width: int
    right: bool = True
    from_width: int = 0


class Row(NamedTuple):
    """A row: what it is (`key`), its cells' text in the order of the columns, and `tone`, the role of its colour:
    "" for ordinary, "drained", "down". `marked` names one column whose cell has the tone "warn". A tone never says
    what no cell says."""

    key: Hashable
    cells: tuple[str, ...]
    tone: str = ""
    marked: str = ""


class View(Protocol):
    """A table to look at. `place` tells where a key stands now, None when it is gone."""

    @property
    def columns(self) -> Sequence[Column]: ...
    def __len__(self) -> int: ...
    def row(self, index: int) -> Row: ...
    def key(self, index: int) -> Hashable: ...
    def place(self, key: Hashable) -> int | None: ...


def shown(columns: Sequence[Column], width: int) -> tuple[Column, ...]:
    """The columns that a terminal of this width has room for."""
    return tuple(column for column in columns if column.from_width <= width)
