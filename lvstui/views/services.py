"""The virtual services, one row each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence

from lvstui.director.model import ServiceKey
from lvstui.director.rates import History, service_rates
from lvstui.director.state import Load, Rates, State
from lvstui.views.column import Column, Row
from lvstui.views.look import Look, keeps
from lvstui.views.number import NOTHING, UNKNOWN, WAITING, short
from lvstui.views.words import options, service_name

COLUMNS = (
    Column("name", "virtual service", 24, right=False),
    Column("scheduler", "sched", 5, right=False),
    Column("options", "options", 9, right=False, from_width=90),
    Column("live", "live", 5),
    Column("weight", "weight", 6, from_width=110),
    Column("active", "active", 6),
    Column("inactive", "inact", 6),
    Column("conns", "conn/s", 6),
    Column("in", "in B/s", 6),
    Column("out", "out B/s", 7),
    Column("in_packets", "in p/s", 6, from_width=120),
    Column("out_packets", "out p/s", 7, from_width=120),
    Column("total", "conns", 7, from_width=100),
)

SORTS = ("active", "inactive", "conns", "in", "out", "live", "scheduler")
"""The columns that `o` goes through. Rates sort by the kernel's own averages: ours are kept for what is on screen."""


class ServicesView:
    """The services of a State as a Look wants them. Rows are made when they are asked for."""

    columns = COLUMNS
    _keys: Sequence[ServiceKey]
    _order: Sequence[int]
    _places: Mapping[int, int] | None
    _still: tuple[str, bool, str]

    def __init__(self, state: State, look: Look, history: History, before: ServicesView | None = None) -> None:
        """`before`: the view of the tick before, whose order is kept where nothing can have moved in it."""
        self._state = state
        self._history = history
        self._look = look
        keys = state.services.keys
        still = (look.sort, look.reverse, look.filter)
        if before is not None and before._keys is keys and not look.sort and before._still == still:
            self._order, self._places = before._order, before._places
        else:
            self._order = _order(state, look)
            self._places = None
        self._keys = keys
        self._still = still

    def __len__(self) -> int:
        return len(self._order)

    def key(self, index: int) -> ServiceKey:
        return self._keys[self._order[index]]

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, ServiceKey) or self._state.services.find(key) is None:
            return None
        if self._places is None:
            self._places = {number: place for place, number in enumerate(self._order)}
        return self._places.get(bisect_left(self._keys, key))

    def row(self, index: int) -> Row:
        number = self._order[index]
        reading = self._state.services[number]
        service, unknown = reading.service, self._state.unknown
        key = service.key
        pool = self._state.servers(key)
        load = pool.load if pool is not None else None
        rates = None if "counters" in unknown else service_rates(self._history, key)
        routed = _only_routed(self._state, key)
        cells = (
            service_name(key, "family" in unknown),
            service.scheduler,
            options(service) + (UNKNOWN if "flags" in unknown else ""),
            f"{load.live}/{load.servers}" if load else WAITING,
            str(load.weight) if load else WAITING,
            short(load.active) if load else WAITING,
            short(load.inactive) if load else WAITING,
            *rate_cells(rates, "counters" in unknown, routed),
            UNKNOWN if "counters" in unknown else short(reading.counters.connections),
        )
        return Row(key, cells, tone(load))


def rate_cells(rates: Rates | None, unknown: bool, routed: bool) -> tuple[str, str, str, str, str]:
    """Connections, bytes in and out, packets in and out, per second. What leaves servers that are only routed or
    tunnelled to does not pass the director."""
    if unknown or rates is None:
        mark = UNKNOWN if unknown else WAITING
        return (mark,) * 5
    out_bytes, out_packets = (NOTHING, NOTHING) if routed else (short(rates.out_bytes), short(rates.out_packets))
    return short(rates.connections), short(rates.in_bytes), out_bytes, short(rates.in_packets), out_packets


def tone(load: Load | None) -> str:
    """`down` where nobody serves; the live column says so too: 0/2."""
    return "down" if load is not None and load.live == 0 else ""


def _only_routed(state: State, key: ServiceKey) -> bool:
    pool = state.servers(key)
    if pool is None or not len(pool):
        return False
    return all(server.forward for server in pool.servers()[:8])


def _order(state: State, look: Look) -> Sequence[int]:
    """Numbers of the services to show, in the order to show them."""
    keys = state.services.keys
    if not look.sort and not look.filter:
        return range(len(keys) - 1, -1, -1) if look.reverse else range(len(keys))
    numbers = [n for n, key in enumerate(keys) if keeps(service_name(key), look.filter)]
    if look.sort:
        worth = {n: _worth(state, n, look.sort) for n in numbers}
        # The largest first is what one looks for; names go the other way.
        numbers.sort(key=worth.__getitem__, reverse=(look.sort not in ("scheduler", "live")) is not look.reverse)
    elif look.reverse:
        numbers.reverse()
    return numbers


def _worth(state: State, number: int, column: str) -> float | str:
    if column in ("active", "inactive", "live"):
        pool = state.servers(state.services.keys[number])
        return getattr(pool.load, column) if pool is not None else -1.0
    reading = state.services[number]
    if column == "scheduler":
        return reading.service.scheduler
    field = {"conns": "connections", "in": "in_bytes", "out": "out_bytes"}[column]
    return float(getattr(reading.rates, field))
