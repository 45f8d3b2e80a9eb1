"""Opened: the page of a row, and the one row behind it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from lvstui.director.model import ServiceKey
from lvstui.values import NamedTuple
from lvstui.views.column import Column, ColumnSet, Row
from lvstui.views.grid_view import GridView
from lvstui.views.place import Place


class OpenedRow(NamedTuple):
    """The page of a server, or of a service."""

    of: Place | ServiceKey

    @property
    def service(self) -> ServiceKey:
        return self.of.service if isinstance(self.of, Place) else self.of


class OnlyRow:
    """A view of one row of another view: the row that the keys of a page are about. If that row is gone there is none,
    so a key never acts on its neighbour."""

    complaint = ""

    def __init__(self, view: GridView[Hashable], key: Hashable) -> None:
        self._view = view
        self._index = view.place(key)
        self._key = key

    @property
    def sets(self) -> Sequence[ColumnSet]:
        return self._view.sets

    @property
    def columns(self) -> Sequence[Column]:
        return self._view.columns

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return "it is gone"

    def __len__(self) -> int:
        return int(self._index is not None)

    def key(self, index: int) -> Hashable:
        return self._key

    def place(self, key: Hashable) -> int | None:
        return 0 if self._index is not None and key == self._key else None

    def row(self, index: int) -> Row[Hashable]:
        assert self._index is not None
        return self._view.row(self._index)
