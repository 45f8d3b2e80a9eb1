"""The load of services and their servers during an incident, as curves of a limited number of points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil

from lvstui.director.model import ServerKey, ServiceKey, server_text
from lvstui.director.state import State
from lvstui.views.operator_names import OperatorNames
from lvstui.views.place import Place, find
from lvstui.views.report_parts import AffectedService, Curves, TimeSeries
from lvstui.views.rule_words import service_name

POINTS = 400
"""The most points of a picture: if there are more frames, several become one point."""
SERVERS = 24
"""The most servers of a service that are shown; the others are counted."""
GAP_SECONDS = 60.0
"""Seconds without a frame after which the report says that nothing was recorded."""
_RATES = 4.0
"""Seconds at the beginning of a recording, and after a gap, for which no rate is known yet."""


class _Curve:
    """A quantity over time; each of its points stands for several frames."""

    def __init__(self, together: int) -> None:
        self.points: list[tuple[float, float | None]] = []
        self.peak = 0.0
        self.last: float | None = None
        self._together = together
        self._held: list[tuple[float, float]] = []

    def add(self, at: float, value: float | None, broken: bool = False) -> None:
        """Adds a frame. `broken`: nothing is known of the time before it."""
        if value is None or broken:
            self._put()
            if self.points and self.points[-1][1] is not None:
                self.points.append((at, None))
        self.last = value
        if value is not None:
            self.peak = max(self.peak, value)
            self._held.append((at, value))
            if len(self._held) >= self._together:
                self._put()

    def _put(self) -> None:
        if self._held:
            number = len(self._held)
            self.points.append((sum(at for at, _ in self._held) / number, sum(v for _, v in self._held) / number))
            self._held = []

    def line(self) -> TimeSeries:
        self._put()
        return TimeSeries(self.points, self.peak, self.last)


class _Both:
    """The active connections and the rate of one row."""

    def __init__(self, together: int) -> None:
        self.active, self.rate = _Curve(together), _Curve(together)

    def add(self, at: float, active: float | None, rate: float | None, broken: bool) -> None:
        self.active.add(at, active, broken)
        self.rate.add(at, rate, broken)


def carried(
    states: Iterable[State],
    marks: Mapping[ServiceKey, Sequence[float]],
    pools: Mapping[ServiceKey, Sequence[ServerKey]],
    frames: int,
    names: OperatorNames,
) -> list[AffectedService]:
    """The load of services and their servers, over so many frames. `marks`: the moments at which something happened to
    each service; `pools`: its servers, first those to which something happened."""
    together = max(1, ceil(frames / POINTS))
    services = {key: _Both(together) for key in marks}
    servers: dict[Place, _Both] = {}
    for key in marks:
        servers |= {Place(key, server): _Both(together) for server in pools[key][:SERVERS]}
    before: float | None = None
    began = 0.0
    for state in states if marks else ():
        at = state.taken
        broken = before is not None and at - before > GAP_SECONDS
        began = at if before is None or broken else began
        before = at
        for key, both in services.items():
            reading, pool = state.services.find(key), state.pools.get(key)
            rated = reading is not None and at - began >= _RATES and "counters" not in state.unknown
            both.add(
                at,
                pool.load.active if pool is not None else None,
                reading.rates.connections if rated and reading is not None else None,
                broken,
            )
        for place, both in servers.items():
            pool = state.pools.get(place.service)
            number = find(pool, place.server) if pool is not None else None
            row = pool[number] if pool is not None and number is not None else None
            rated = row is not None and at - began >= _RATES and "counters" not in state.unknown
            both.add(
                at,
                row.active if row is not None else None,
                row.rates.connections if rated and row is not None else None,
                broken,
            )
    return [
        AffectedService(
            Curves(
                names.service(key) or service_name(key),
                service_name(key),
                services[key].active.line(),
                services[key].rate.line(),
            ),
            marks[key],
            list(_pool(key, servers, names)),
            max(0, len(pools[key]) - SERVERS),
        )
        for key in marks
    ]


def _pool(key: ServiceKey, servers: dict[Place, _Both], names: OperatorNames) -> Iterator[Curves]:
    for place, both in servers.items():
        if place.service == key:
            address = server_text(place.server)
            yield Curves(names.server(place.server) or address, address, both.active.line(), both.rate.line())
