"""Real servers by host: one row for each address, over all the services that have it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import islice

from lvstui.director.hosts import HostKey, Hosts
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.views.column import Column, ColumnSet, Row, in_set
from lvstui.views.filter import Value, hides
from lvstui.views.host_fields import FIELDS, SETS, VOCABULARY, HostCells, HostTable, state_word
from lvstui.views.host_trouble import Troubles
from lvstui.views.look import Look
from lvstui.views.operator_names import NO_NAMES, OperatorNames
from lvstui.views.row_order import RowOrder, ordered
from lvstui.views.serving import DOWN, sign
from lvstui.views.sight import Sight
from lvstui.views.worst import OF_HOSTS, first, of_hosts, unseen

__all__ = ["HostKey", "HostsView", "state_word"]
_MEASURED = 50
"""Hosts with a problem of which the longest reason is given the cells that it needs."""


class HostsView:
    """The hosts of a sweep as a Look wants them."""

    def __init__(
        self,
        state: State,
        hosts: Hosts,
        look: Look,
        before: HostsView | None = None,
        names: OperatorNames = NO_NAMES,
        sets: Sequence[ColumnSet] = SETS,
        tally: Tally | None = None,
        sight: Sight | None = None,
        held: bool = False,
    ) -> None:
        """`before`: the view of the last tick, whose order is kept if there was no sweep since. `sight`: the problems
        of hosts; without it no row is moved to the top. `held`: rows stay in their places for now."""
        self.sets = sets
        self._set = in_set(sets, look.columns)
        self._exact = look.exact
        self._made_of = (look.sort, look.reverse, look.filter)
        self._table: HostTable
        self._order: RowOrder
        self._places: Mapping[int, int] | None = None
        same = before is not None and before._table.hosts is hosts and before._table.tally is tally
        if before is not None and same:
            self._table = before._table
        else:
            troubles = Troubles(sight, hosts) if sight is not None else None
            self._table = HostTable(hosts, names, "counters" in state.unknown, tally, troubles)
        self.columns = self._filled_columns(names)
        self._cells = [FIELDS[column.key].cell for column in self.columns]
        alike = before is not None and before._made_of == self._made_of
        self._ranks: Mapping[Hashable, tuple[float, ...]] = before._ranks if before is not None else {}
        stays = before is not None and alike and held and before._table.numbers.keys() == self._table.numbers.keys()
        if sight is not None and not stays:
            ill = of_hosts(self._table.troubled, self._table.troubles.drifting)
            self._ranks = self._ranks if ill == self._ranks else ill
        same = before is not None and before._table is self._table and alike
        if before is not None and same and (look.sort or before._ranks is self._ranks):
            self._order, self._places = before._order, before._places
        else:
            rows = len(self._table.rows)
            self._order = ordered(look, rows, FIELDS, VOCABULARY, lambda _: self._table.texts, self._values)
            if not look.sort:
                numbers, there = self._order.numbers, self._table.numbers
                ranks = {
                    there[key]: rank for key, rank in self._ranks.items() if isinstance(key, HostKey) and key in there
                }
                led = first(numbers[::-1], ranks)[::-1] if look.reverse else first(numbers, ranks)
                self._order = self._order._replace(numbers=led)

    def _filled_columns(self, names: OperatorNames) -> tuple[Column, ...]:
        """The columns without empty ones; addresses and names take as many cells as they need."""
        table = self._table
        silent = set() if names.names else {"called"}
        silent |= set() if table.troubled else {"since"}
        silent |= set() if table.troubled or table.troubles.drifting else {"why"}
        longest = table.longest
        ill = (table.numbers.get(key) for key in (*table.troubled, *table.troubles.drifting))
        rows = [table.rows[number] for number in islice(ill, _MEASURED) if number is not None]
        reason = max((len(table.troubles.why(row)) for row in rows), default=0)
        return tuple(
            column._replace(
                width=max(len(column.title), min(column.width, longest.get(column.key, column.width))),
                wide=min(column.wide, reason) if reason > column.width else 0,
            )
            for column in self._set.columns
            if column.key not in silent
        )

    def __len__(self) -> int:
        return len(self._order.numbers)

    @property
    def troubled(self) -> frozenset[HostKey]:
        """The hosts with a problem or a drift, which come first."""
        return frozenset((*self._table.troubled, *self._table.troubles.drifting))

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return hides(self._made_of[2], "host") if self._table.rows else "no real servers"

    @property
    def complaint(self) -> str:
        """The part of the filter that was not understood."""
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
        tone = self._table.troubles.tone(word)
        tones = dict.fromkeys(("state", "live", "since"), tone) | ({"name": DOWN} if tone == DOWN else {})
        mark = sign(word) or ("≠" if row.host.key in self._table.troubles.drifting else "")
        cells = tuple(cell(row) for cell in self._cells)
        return Row(row.host.key, cells, DOWN if tone == DOWN else "", "", tones, mark)

    def unseen(self, seen: range) -> str:
        return unseen(self._ranks, self.place, seen, OF_HOSTS)

    def _values(self, column: str) -> Sequence[Value]:
        values = FIELDS[column].values
        return values(self._table) if values is not None else [None] * len(self._table.rows)
