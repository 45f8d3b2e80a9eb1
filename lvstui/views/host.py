"""One host's rules: a row for each service that it serves in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from lvstui.director.hosts import Host, HostKey, Hosts
from lvstui.director.model import Forward, ServerKey
from lvstui.director.rates import History, rates
from lvstui.director.state import Counters, ServerReading, State
from lvstui.views.column import Column, ColumnSet, Row
from lvstui.views.look import Look, keeps
from lvstui.views.number import UNKNOWN, WAITING, short
from lvstui.views.servers import NOTHING_DRAINED, Place, find
from lvstui.views.traffic import TRAFFIC, rate_cells
from lvstui.views.words import forward, service_name

COLUMNS = (
    Column("name", "virtual service", 23, right=False),
    Column("port", "port", 5),
    Column("forward", "forward", 7, right=False, drop=1),
    Column("persistent", "persist", 7, drop=3),
    Column("weight", "weight", 9),
    *TRAFFIC,
)

SORTS = ("active", "inactive", "weight", "cps", "in")


class _Spot(NamedTuple):
    """Where a rule stands: the number of its service, and which of the host's rules in that service it is."""

    number: int
    turn: int


class HostView:
    """The rules of one host. Its services are known by number; their pools are looked into where somebody looks."""

    sets = (ColumnSet("state", COLUMNS),)
    columns = COLUMNS
    complaint = ""

    def __init__(
        self,
        state: State,
        hosts: Hosts,
        key: HostKey,
        look: Look,
        history: History,
        drained: Mapping[Place, int] = NOTHING_DRAINED,
        before: HostView | None = None,
    ) -> None:
        """`before`: the view of the tick before, whose order is kept while nothing was swept."""
        self._state = state
        self._history = history
        self._drained = drained
        self._host = hosts.found.get(key, Host(key))
        self._made_of = (look.sort, look.reverse, look.filter)
        self._keys = hosts.keys
        same = before is not None and before._host is self._host and before._keys is self._keys
        if same and before is not None and before._made_of == self._made_of:
            self._order: Sequence[_Spot] = before._order
        else:
            self._order = self._sorted(look)

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        return "no service passes the filter" if self._host.places else "in no service any more"

    def key(self, index: int) -> Place:
        spot = self._order[index]
        reading = self._reading(spot)
        service = self._keys[spot.number]
        # A rule that went since the sweep keeps its line until the next.
        return Place(service, reading.server.key if reading else ServerKey(*self._host.key, -1 - spot.turn))

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, Place):
            return None
        return next(
            (i for i, spot in enumerate(self._order) if self._keys[spot.number] == key.service and self.key(i) == key),
            None,
        )

    def row(self, index: int) -> Row[Place]:
        spot = self._order[index]
        service = self._keys[spot.number]
        reading = self._reading(spot)
        name = service_name(service, "family" in self._state.unknown)
        if reading is None:
            return Row(self.key(index), (name, *[WAITING] * (len(COLUMNS) - 1)))
        server = reading.server
        place = Place(service, server.key)
        poor = "counters" in self._state.unknown
        own = None if poor else rates(self._series(place))
        remembered = self._drained.get(place)
        weight = short(server.weight) if server.weight else f"0 was {remembered}" if remembered else "0 drained"
        cells = (
            name,
            str(server.key.port),
            forward(server),
            UNKNOWN if poor else short(reading.persistent),
            weight,
            short(reading.active),
            short(reading.inactive),
            *rate_cells(own, reading.rates, poor, server.forward != Forward.MASQ),
            UNKNOWN if poor else short(reading.counters.connections),
        )
        return Row(place, cells, "" if server.weight else "drained")

    def _reading(self, spot: _Spot) -> ServerReading | None:
        """The rule as it was read last, None when it is not there any more."""
        pool = self._state.servers(self._keys[spot.number])
        turn = spot.turn
        for row in pool or ():
            if row.server.key[:2] == self._host.key:
                if not turn:
                    return row
                turn -= 1
        return None

    def _series(self, place: Place) -> list[tuple[float, Counters]]:
        series = []
        for sample in self._history:
            pool = sample.pools.get(place.service)
            there = find(pool, place.server) if pool is not None else None
            if pool is not None and there is not None:
                series.append((pool.at, pool[there].counters))
        return series

    def _sorted(self, look: Look) -> Sequence[_Spot]:
        spots = []
        turn, last = 0, -1
        for number in self._host.places:
            turn, last = (turn + 1 if number == last else 0), number
            if keeps(service_name(self._keys[number]), look.filter):
                spots.append(_Spot(number, turn))
        if look.sort:
            worth = {spot: _worth(self._reading(spot), look.sort) for spot in spots}
            spots.sort(key=worth.__getitem__, reverse=not look.reverse)
        elif look.reverse:
            spots.reverse()
        return spots


def _worth(row: ServerReading | None, column: str) -> float:
    if row is None:
        return -1.0
    if column == "weight":
        return row.server.weight
    if column in ("active", "inactive"):
        return float(getattr(row, column))
    return row.rates.connections if column == "cps" else row.rates.in_bytes
