"""The real servers of one virtual service, one row each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType

from lvstui.director.model import ServerKey, ServiceKey, server_text
from lvstui.director.rates import History
from lvstui.director.state import State
from lvstui.views.around import ALONE, RowContext, filled_columns
from lvstui.views.column import Column, ColumnSet, Row, in_set
from lvstui.views.filter import Value, hides
from lvstui.views.look import Look
from lvstui.views.place import NOTHING_DRAINED, Place, find
from lvstui.views.row_order import ordered
from lvstui.views.server_fields import FIELDS, SETS, VOCABULARY, Members, ServerCells
from lvstui.views.serving import DOWN, DRAINED, sign, toned
from lvstui.views.worst import OF_SERVERS, first, unseen

__all__ = ["NOTHING_DRAINED", "Place", "ServersView", "find"]


OUT = frozenset(("name", "port", "called", "state", "since", "check", "drift", "forward", "weight", "note"))
"""The details of a server that is not in the table."""


_SMALL = 64
"""The largest pool for which the width of the names is measured."""


def _narrowed(columns: Sequence[Column], members: Members) -> tuple[Column, ...]:
    """Narrows the columns of addresses and names to the longest of this pool, so that other columns have space."""
    if not 0 < len(members.pool) <= _SMALL:
        return tuple(columns)
    keys = [server.key for server in members.pool.servers()]
    longest = {
        "name": max(len(server_text(key)) for key in keys),
        "called": max(len(members.around.names.server(key)) for key in keys),
    }
    return tuple(
        column._replace(width=max(len(column.title), min(column.width, longest.get(column.key, column.width))))
        for column in columns
    )


def below(sets: Sequence[ColumnSet], wide: bool) -> Sequence[ColumnSet]:
    """The sets for the table below the services. Unless it is `wide` it has no bars of shares: they would send a fifth
    more bytes when everything moves, and the opened service has them. Columns that the operator chose stay."""
    return sets if wide else [_BELOW if column_set == SETS[0] else column_set for column_set in sets]


_BELOW = SETS[0]._replace(columns=tuple(column for column in SETS[0].columns if column.key != "share"))


def _row_number(members: Members, key: Hashable) -> int | None:
    return find(members.pool, key) if isinstance(key, ServerKey) else None


class ServersView:
    """The servers of the open service, or of the selected one. A pool is small enough to sort whole; it is decoded only
    when it is shown."""

    def __init__(
        self,
        state: State,
        key: ServiceKey,
        look: Look,
        history: History,
        around: RowContext = ALONE,
        sets: Sequence[ColumnSet] = SETS,
        ranks: Mapping[ServerKey, tuple[float, ...]] = MappingProxyType({}),
    ) -> None:
        """`ranks`: the servers that come first."""
        self._members = members = Members(state, key, history, around, look.exact, whole=True)
        self._read = state.servers(key) is not None
        self._inside = look.inside is not None
        self._filter = look.filter
        self.sets = (
            sets if state.keeping is not None else [column_set for column_set in sets if column_set.name != "checks"]
        )
        self.columns = _narrowed(filled_columns(in_set(self.sets, look.columns).columns, around, state, key), members)
        self._cells = [FIELDS[column.key].cell for column in self.columns]
        self._shows_share = any(column.key == "share" for column in self.columns)
        self._order = ordered(look, len(members.pool), FIELDS, VOCABULARY, members.texts, self._values)
        self._ranks = {place: ranks[key] for key in ranks if (place := _row_number(members, key)) is not None}
        if ranks and not look.sort:
            self._order = self._order._replace(numbers=first(self._order.numbers, self._ranks))

    def __len__(self) -> int:
        return len(self._order.numbers)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        if not self._read:
            return "not read yet"
        some = len(self._members.pool)
        way = "" if self._inside else "enter the service, "
        return hides(self._filter, "server") if some else f"no real servers: {way}a adds one"

    @property
    def complaint(self) -> str:
        """The part of the filter that was not understood."""
        return self._order.complaint

    def key(self, index: int) -> Place:
        return self._members.place(self._members.pool[self._order.numbers[index]])

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, Place) or key.service != self._members.service:
            return None
        number = find(self._members.pool, key.server)
        return self._order.numbers.index(number) if number is not None and number in self._order.numbers else None

    def row(self, index: int) -> Row[Place]:
        row = ServerCells(self._members, self._order.numbers[index])
        if row.out:
            both = zip(self.columns, self._cells, strict=True)
            known = tuple(cell(row) if column.key in OUT else "" for column, cell in both)
            return Row(row.place, known, "out", "", {}, sign(row.word))
        warned = "share" if self._shows_share and row.skewed else ""
        mark = sign(row.word) or ("≠" if row.of.drift(row.reading) else "")
        cells = tuple(cell(row) for cell in self._cells)
        tone = "" if row.server.weight else DOWN if row.word == "down" else DRAINED
        tones = {} if tone else {"state": toned(row.word), "weight": toned(row.word) if row.word == "full" else ""}
        return Row(row.place, cells, tone, warned, tones, mark)

    def unseen(self, seen: range) -> str:
        places = {number: at for at, number in enumerate(self._order.numbers)} if self._ranks else {}
        return unseen(self._ranks, lambda number: places.get(number), seen, OF_SERVERS)

    def _values(self, column: str) -> Sequence[Value]:
        values = FIELDS[column].values
        return values(self._members) if values is not None else [None] * len(self._members.pool)
