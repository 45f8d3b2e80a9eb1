"""The virtual services, one row each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence

from lvstui.director.model import ServiceKey
from lvstui.director.rates import History
from lvstui.director.state import Load, State
from lvstui.views.around import ALONE, Around, noted
from lvstui.views.column import ColumnSet, Row, in_set
from lvstui.views.filter import Value
from lvstui.views.look import Look
from lvstui.views.order import Order, ordered
from lvstui.views.service_fields import FIELDS, SETS, VOCABULARY, ServiceCells
from lvstui.views.service_table import ServiceTable


class ServicesView:
    """The services of a State as a Look wants them. Rows are made when they are asked for."""

    def __init__(
        self,
        state: State,
        look: Look,
        history: History,
        before: ServicesView | None = None,
        around: Around = ALONE,
        sets: Sequence[ColumnSet] = SETS,
    ) -> None:
        """`before`: the view of the tick before, whose order is kept where nothing can have moved in it."""
        self._state = state
        self._history = history
        self._around = around
        self._exact = look.exact
        self.sets = sets
        self.columns = noted(in_set(sets, look.columns).columns, around.names)
        self._cells = [FIELDS[column.key].cell for column in self.columns]
        self._keys = state.services.keys
        table: ServiceTable | None = before._table if before is not None else None
        self._table: ServiceTable = (
            table if table is not None and table.holds(state) else ServiceTable(state, around.names, table)
        )
        wanted = (look.sort, look.reverse, look.filter)
        # What is sorted and filtered by moves with the sweep, every two seconds; the rules' order only with their set.
        self._made_of = (wanted, state.swept if look.sort or look.filter else None)
        self._places: Mapping[int, int] | None = None
        self._order: Order
        if before is not None and before._keys is self._keys and before._made_of == self._made_of:
            self._order, self._places = before._order, before._places
        else:
            self._order = ordered(look, len(self._keys), FIELDS, VOCABULARY, self._table.texts, self._values)

    def __len__(self) -> int:
        return len(self._order.numbers)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        return "no service passes the filter" if len(self._keys) else "no virtual services: a adds one, R restores"

    @property
    def complaint(self) -> str:
        """What of the filter was not understood."""
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

    def row(self, index: int) -> Row[ServiceKey]:
        reading = self._state.services[self._order.numbers[index]]
        row = ServiceCells(self._state, reading, self._history, self._table, self._around, self._exact)
        load = row.load
        return Row(
            row.key,
            tuple(cell(row) for cell in self._cells),
            tone(load),
            "live" if load and load.live < load.servers else "",
        )

    def _values(self, column: str) -> Sequence[Value]:
        made, values = self._table.made, FIELDS[column].values
        if column not in made:
            made[column] = values(self._table) if values is not None else [None] * len(self._keys)
        return made[column]


def tone(load: Load | None) -> str:
    """`down` where nobody serves; the live column says so too: `0/2`."""
    return "down" if load is not None and load.live == 0 else ""
