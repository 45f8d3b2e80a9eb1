"""The virtual services, one row each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence

from lvstui.director.model import Server, ServiceKey, server_text
from lvstui.director.rates import History
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.views.around import ALONE, RowContext, filled_columns
from lvstui.views.column import ColumnSet, Row, in_set
from lvstui.views.filter import Value, hides, parse
from lvstui.views.look import Look
from lvstui.views.operator_names import OperatorNames
from lvstui.views.row_order import RowOrder, ordered
from lvstui.views.rule_words import service_name
from lvstui.views.service_fields import FIELDS, SETS, VOCABULARY, ServiceCells
from lvstui.views.service_table import ServiceTable
from lvstui.views.serving import DOWN, UP, sign, toned
from lvstui.views.worst import NO_RANKS, OF_SERVICES, Ranks, first, of_services, unseen

_SHORTEST, _MANY = 3, 5_000
"""The shortest filter, and the most servers, for which the line below says which services have a matching server."""


class ServicesView:
    """The services of a State as a Look wants them. Rows are made when they are asked for."""

    def __init__(
        self,
        state: State,
        look: Look,
        history: History,
        before: ServicesView | None = None,
        around: RowContext = ALONE,
        sets: Sequence[ColumnSet] = SETS,
        table: ServiceTable | None = None,
        tally: Tally | None = None,
        held: bool = False,
    ) -> None:
        """`before`: the view of the last tick, whose order is kept if nothing can have moved in it. `table`: the
        columns of the sweep, if they were made in the reading thread. `tally`: what serves; without it no row is moved
        to the top. `held`: rows stay in their places for now."""
        self._state = state
        self._history = history
        self._around = around
        self._exact = look.exact
        self._filter = look.filter.strip().lower()
        self.sets = sets
        self.columns = filled_columns(in_set(sets, look.columns).columns, around, state)
        self._cells = [FIELDS[column.key].cell for column in self.columns]
        self._keys = state.services.keys
        earlier: ServiceTable | None = before._table if before is not None else None
        known = next(
            (
                service_table
                for service_table in (earlier, table)
                if service_table is not None and service_table.holds(state)
            ),
            None,
        )
        self._table: ServiceTable = known or ServiceTable(state, around.names, earlier)
        wanted = (look.sort, look.reverse, look.filter)
        # What is sorted and filtered by moves with the sweep, every two seconds; the rules' order only with their set.
        self._made_of = (wanted, state.swept if look.sort or look.filter else None)
        self._places: Mapping[int, int] | None = None
        self._order: RowOrder
        alike = before is not None and before._made_of == self._made_of
        if before is not None and before._keys is not self._keys:
            alike = alike and held and before._keys == self._keys
        self._ranks: Ranks = before._ranks if before is not None else NO_RANKS
        if not (alike and held):
            self._ranks = of_services(self._table, tally, around.drifts, self._ranks)
        if before is not None and alike and (look.sort or before._ranks.by_row is self._ranks.by_row):
            self._order, self._places = before._order, before._places
        else:
            self._order = ordered(look, len(self._keys), FIELDS, VOCABULARY, self._table.texts, self._values)
            if not look.sort:
                self._order = self._order._replace(numbers=self._worst_first(look))

    def __len__(self) -> int:
        return len(self._order.numbers)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        if not len(self._keys):
            return "no virtual services: a adds one, R restores"
        where = _with_server(self._state, self._around.names, self._filter)
        return hides(self._filter, "service", where)

    @property
    def complaint(self) -> str:
        """The part of the filter that was not understood."""
        return self._order.complaint

    def key(self, index: int) -> ServiceKey:
        return self._keys[self._order.numbers[index]]

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, ServiceKey) or self._state.services.find(key) is None:
            return None
        number = bisect_left(self._keys, key)
        if isinstance(self._order.numbers, range):
            try:
                return self._order.numbers.index(number)
            except ValueError:
                return None
        if self._places is None:
            self._places = {number: place for place, number in enumerate(self._order.numbers)}
        return self._places.get(number)

    def _worst_first(self, look: Look) -> Sequence[int]:
        numbers = {}
        for key, rank in self._ranks.by_row.items():
            at = bisect_left(self._keys, key) if isinstance(key, ServiceKey) else len(self._keys)
            if at < len(self._keys) and self._keys[at] == key:
                numbers[at] = rank
        rows = self._order.numbers
        return first(rows[::-1], numbers)[::-1] if look.reverse else first(rows, numbers)

    def row(self, index: int) -> Row[ServiceKey]:
        reading = self._state.services[self._order.numbers[index]]
        row = ServiceCells(self._state, reading, self._history, self._table, self._around, self._exact)
        tone = toned(row.word)
        tones = {"state": tone, "since": tone} | ({"name": DOWN} if tone == DOWN else {})
        if tone != UP and not row.word.startswith("skew"):
            tones["live"] = tone
        drifts = self._around.drifts is not None and bool(self._around.drifts.of(row.key))
        mark = sign(row.word) or ("≠" if drifts else "")
        cells = tuple(cell(row) for cell in self._cells)
        return Row(row.key, cells, DOWN if tone == DOWN else "", "", tones, mark)

    def unseen(self, seen: range) -> str:
        return unseen(self._ranks.by_row, self.place, seen, OF_SERVICES)

    def _values(self, column: str) -> Sequence[Value]:
        return column_of(self._table, column)


def _with_server(state: State, names: OperatorNames, text: str) -> str:
    """Which services have a real server with this address or name; "" if none has, or if the table is too large to
    search."""
    if len(text) < _SHORTEST or (state.load is not None and state.load.servers > _MANY):
        return ""
    pools = ((key, state.servers(key)) for key in state.services.keys)
    owners = [key for key, pool in pools if pool is not None and _has(pool.servers(), names, text)]
    if not owners:
        return ""
    first = names.service(owners[0]) or service_name(owners[0])
    have = f"{first} and {len(owners) - 1} more have" if len(owners) > 1 else f"{first} has"
    return f"; {have} such a server (2, :servers)"


def _has(servers: Sequence[Server], names: OperatorNames, text: str) -> bool:
    """Whether a filter means one of these servers."""
    return any(text in server_text(server.key) or text == names.server(server.key).lower() for server in servers)


def prepared(state: State, look: Look, names: OperatorNames, before: ServiceTable | None) -> ServiceTable | None:
    """The columns of a sweep that a Look sorts and filters by; None if it does neither. With ten thousand services that
    takes a while, so it is done in the reading thread."""
    terms = parse(look.filter, VOCABULARY).terms
    wanted = {term.column for term in terms if term.column} | ({look.sort} & FIELDS.keys())
    if not wanted or look.inside is not None:
        return None
    table = ServiceTable(state, names, before)
    for column in wanted:
        column_of(table, column)
    return table


def column_of(table: ServiceTable, column: str) -> Sequence[Value]:
    """A whole column by its key; made once for each sweep."""
    made, values = table.made, FIELDS[column].values
    if column not in made:
        made[column] = values(table) if values is not None else [None] * len(table.keys)
    return made[column]
