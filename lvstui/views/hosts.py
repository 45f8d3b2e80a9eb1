"""Real servers by host: one row for each address, over all the services that have it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from lvstui.director.hosts import HostKey, Hosts
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.views.column import ColumnSet, Row, in_set
from lvstui.views.filter import Value
from lvstui.views.host_fields import FIELDS, SETS, VOCABULARY, HostCells, HostTable, state_word
from lvstui.views.look import Look
from lvstui.views.names import NO_NAMES, Names
from lvstui.views.order import Order, ordered
from lvstui.views.serving import DOWN, sign, toned

__all__ = ["HostKey", "HostsView", "state_word"]


class HostsView:
    """The hosts of a sweep as a Look wants them."""

    def __init__(
        self,
        state: State,
        hosts: Hosts,
        look: Look,
        before: HostsView | None = None,
        names: Names = NO_NAMES,
        sets: Sequence[ColumnSet] = SETS,
        tally: Tally | None = None,
    ) -> None:
        """`before`: the view of the tick before, whose order is kept while nothing was swept."""
        self.sets = sets
        silent = set() if names.names else {"called"}
        self.columns = tuple(one for one in in_set(sets, look.columns).columns if one.key not in silent)
        self._cells = [FIELDS[column.key].cell for column in self.columns]
        self._exact = look.exact
        self._made_of = (look.sort, look.reverse, look.filter)
        self._table: HostTable
        self._order: Order
        self._places: Mapping[int, int] | None = None
        same = before is not None and before._table.hosts is hosts and before._table.tally is tally
        if before is not None and same:
            self._table = before._table
        else:
            self._table = HostTable(hosts, names, "counters" in state.unknown, tally)
        if before is not None and before._table is self._table and before._made_of == self._made_of:
            self._order, self._places = before._order, before._places
        else:
            rows = len(self._table.rows)
            self._order = ordered(look, rows, FIELDS, VOCABULARY, lambda _: self._table.texts, self._values)

    def __len__(self) -> int:
        return len(self._order.numbers)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        return "no host passes the filter" if self._table.rows else "no real servers"

    @property
    def complaint(self) -> str:
        """What of the filter was not understood."""
        return self._order.complaint

    def key(self, index: int) -> HostKey:
        return self._table.rows[self._order.numbers[index]].key

    def place(self, key: Hashable) -> int | None:
        number = self._table.numbers.get(key) if isinstance(key, HostKey) else None
        if number is None:
            return None
        if self._places is None:
            self._places = {there: place for place, there in enumerate(self._order.numbers)}
        return self._places.get(number)

    def row(self, index: int) -> Row[HostKey]:
        row = HostCells(self._table, self._order.numbers[index], self._exact)
        word = row.state()
        tone = toned(word)
        tones = dict.fromkeys(("state", "live"), tone) | ({"name": DOWN} if tone == DOWN else {})
        cells = tuple(cell(row) for cell in self._cells)
        return Row(row.host.key, cells, DOWN if tone == DOWN else "", "", tones, sign(word))

    def _values(self, column: str) -> Sequence[Value]:
        values = FIELDS[column].values
        return values(self._table) if values is not None else [None] * len(self._table.rows)
