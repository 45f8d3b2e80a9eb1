"""The virtual services, one row each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence

from lvstui.director.model import ServiceKey
from lvstui.director.rates import History, service_rates
from lvstui.director.state import Load, State
from lvstui.views.column import Column, ColumnSet, Row
from lvstui.views.look import Look, keeps
from lvstui.views.number import UNKNOWN, WAITING, short
from lvstui.views.traffic import TRAFFIC, rate_cells
from lvstui.views.words import options, service_name

COLUMNS = (
    Column("name", "virtual service", 23, right=False),
    Column("scheduler", "sched", 5, right=False),
    Column("options", "options", 16, right=False, drop=3),
    Column("weight", "weight", 6, drop=5),
    Column("live", "live", 7),
    *TRAFFIC,
)
"""The traffic columns end both tables, so that they stand under each other."""

_ROUTED = 8
"""Servers looked at to tell whether a service is only routed to: a pool is of one kind in practice."""

SORTS = ("active", "inactive", "conns", "in", "out", "live", "scheduler")
"""The columns that `o` goes through. Rates sort by the kernel's own averages: ours are kept for what is on screen."""


class ServicesView:
    """The services of a State as a Look wants them. Rows are made when they are asked for."""

    sets = (ColumnSet("state", COLUMNS),)
    columns = COLUMNS
    complaint = ""

    def __init__(self, state: State, look: Look, history: History, before: ServicesView | None = None) -> None:
        """`before`: the view of the tick before, whose order is kept where nothing can have moved in it."""
        self._state = state
        self._history = history
        self._keys = state.services.keys
        wanted = (look.sort, look.reverse, look.filter)
        # What is sorted and filtered by moves with the sweep, every two seconds; the rules' order only with their set.
        self._made_of = (wanted, state.swept if look.sort or look.filter else None)
        same_sweep = before is not None and before._state.swept == state.swept
        self._routed: dict[ServiceKey, bool] = before._routed if before is not None and same_sweep else {}
        self._order: Sequence[int]
        self._places: Mapping[int, int] | None = None
        if before is not None and before._keys is self._keys and before._made_of == self._made_of:
            self._order, self._places = before._order, before._places
        else:
            self._order = _order(state, look)

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        return "no service passes the filter" if len(self._keys) else "no virtual services: a adds one, R restores"

    def key(self, index: int) -> ServiceKey:
        return self._keys[self._order[index]]

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, ServiceKey) or self._state.services.find(key) is None:
            return None
        if self._places is None:
            self._places = {number: place for place, number in enumerate(self._order)}
        return self._places.get(bisect_left(self._keys, key))

    def row(self, index: int) -> Row[ServiceKey]:
        number = self._order[index]
        reading = self._state.services[number]
        service, unknown = reading.service, self._state.unknown
        key = service.key
        pool = self._state.servers(key)
        load = pool.load if pool is not None else None
        rates = None if "counters" in unknown else service_rates(self._history, key)
        cells = (
            service_name(key, "family" in unknown),
            service.scheduler,
            options(service) + (UNKNOWN if "flags" in unknown else ""),
            short(load.weight) if load else WAITING,
            f"{load.live}/{load.servers}" if load else WAITING,
            short(load.active) if load else WAITING,
            short(load.inactive) if load else WAITING,
            *rate_cells(rates, reading.rates, "counters" in unknown, self._only_routed(key)),
            UNKNOWN if "counters" in unknown else short(reading.counters.connections),
        )
        return Row(key, cells, tone(load), "live" if load and load.live < load.servers else "")

    def _only_routed(self, key: ServiceKey) -> bool:
        if key not in self._routed:
            pool = self._state.servers(key)
            few = range(min(_ROUTED, len(pool))) if pool is not None else ()
            self._routed[key] = bool(few) and all(pool[i].server.forward for i in few) if pool is not None else False
        return self._routed[key]


def tone(load: Load | None) -> str:
    """`down` where nobody serves; the live column says so too: `0/2`."""
    return "down" if load is not None and load.live == 0 else ""


def _order(state: State, look: Look) -> Sequence[int]:
    """Numbers of the services to show, in the order to show them."""
    keys = state.services.keys
    if not look.sort and not look.filter:
        return range(len(keys) - 1, -1, -1) if look.reverse else range(len(keys))
    numbers = [n for n in range(len(keys)) if keeps(_filtered_by(state, n, look.filter), look.filter)]
    if look.sort:
        worth = {n: _worth(state, n, look.sort) for n in numbers}
        # The largest first is what one looks for; names go the other way.
        numbers.sort(key=worth.__getitem__, reverse=(look.sort not in ("scheduler", "live")) is not look.reverse)
    elif look.reverse:
        numbers.reverse()
    return numbers


def _filtered_by(state: State, number: int, pattern: str) -> str:
    """What a filter is held against: the name, and the scheduler where the filter could be one. The name is made of
    the key alone; the rule must be decoded."""
    name = service_name(state.services.keys[number])
    if not pattern.strip("! ").isalpha():
        return name
    return f"{name} {state.services[number].service.scheduler}"


def _worth(state: State, number: int, column: str) -> float | str:
    if column in ("active", "inactive", "live"):
        pool = state.servers(state.services.keys[number])
        return getattr(pool.load, column) if pool is not None else -1.0
    reading = state.services[number]
    if column == "scheduler":
        return reading.service.scheduler
    field = {"conns": "connections", "in": "in_bytes", "out": "out_bytes"}[column]
    return float(getattr(reading.rates, field))
