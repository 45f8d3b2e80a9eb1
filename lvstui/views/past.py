"""Past: the memory of the screen: which weights and states changed recently, and the load of rows for half an hour.

Every service is remembered, and every real server of a table of up to 5,000; of a larger one the 5,000 that were
shown last. A row takes about a kilobyte. The one thing in views that is changed in place: it grows by a sample every
few seconds, and forgets.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from math import expm1, log1p

from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.source import TrafficMemory
from lvstui.director.state import Load, Pool, State
from lvstui.values import NamedTuple
from lvstui.views.place import Place

RECENT = 60.0
"""Seconds for which a change is marked."""
STEP = 10.0
"""The seconds that one mean covers."""
STEPS = 192
"""The number of means: half an hour, and what two columns of a graph need beyond it."""
BAR = 15.0
"""The seconds of one bar of a trend. Trends change no more often, so a table does not flicker."""
_SAMPLE = 4.0
"""The longest time between two samples of a visible row, in seconds."""
_DEEP = 64
"""The largest pool whose servers are compared one by one even if its sums have not changed."""
MOST = 5000
"""The most servers that are remembered."""


class RowChange(NamedTuple):
    """The last change of a row: when, and in which direction: 1 up, -1 down, 0 none."""

    at: float
    weight: int = 0
    state: int = 0
    new: bool = False


_NOT = RowChange(0.0)

_UNKNOWN = 65_535
_FINE = 3000
"""Codes for a number that grows by a factor of e: precise to a sixtieth of a percent, up to two thousand million."""


def _code(value: float | None) -> int:
    return _UNKNOWN if value is None else min(_UNKNOWN - 1, round(log1p(max(0.0, value)) * _FINE))


def _value(code: int) -> float | None:
    if code == _UNKNOWN:
        return None
    value = expm1(code / _FINE)
    return float(round(value)) if abs(value - round(value)) <= value / _FINE else value


class Trend:
    """Means of two numbers, active connections and connections per second, for each step of the clock."""

    __slots__ = ("_active", "_bucket", "_means", "_rate", "_rated", "_samples", "filled", "seen")

    def __init__(self, bucket: int) -> None:
        self._bucket = bucket
        self._samples = self._rated = 0
        self._active = self._rate = 0.0
        self._means = array("H", [_UNKNOWN]) * (2 * STEPS)
        self.seen = 0.0
        self.filled = False

    def add(self, at: float, active: float, rate: float | None) -> None:
        """Adds a sample. `rate`: None if it is not known."""
        bucket = int(at // STEP)
        if bucket != self._bucket:
            self._turn(bucket)
        self._active += active
        self._samples += 1
        if rate is not None:
            self._rate += rate
            self._rated += 1
        self.seen = at

    def mean(self, bucket: int, rate: bool) -> float | None:
        """The mean of one step, None if nothing is known."""
        if bucket == self._bucket:
            total, number = (self._rate, self._rated) if rate else (self._active, self._samples)
            return total / number if number else None
        if not self._bucket - STEPS < bucket < self._bucket:
            return None
        return _value(self._means[2 * (bucket % STEPS) + rate])

    def fill(self, earlier: Callable[[float], tuple[float, float] | None]) -> None:
        """Fills the steps of which nothing is known with what is known otherwise: active connections and connections
        per second at the middle of each, by monotonic seconds."""
        self.filled = True
        for bucket in range(self._bucket - STEPS + 1, self._bucket):
            place = 2 * (bucket % STEPS)
            if self._means[place] == _UNKNOWN and (known := earlier((bucket + 0.5) * STEP)) is not None:
                self._means[place], self._means[place + 1] = map(_code, known)

    def _turn(self, bucket: int) -> None:
        """Stores the means of the step that has ended, and begins another."""
        place = 2 * (self._bucket % STEPS)
        self._means[place] = _code(self.mean(self._bucket, False))
        self._means[place + 1] = _code(self.mean(self._bucket, True))
        for skipped in range(self._bucket + 1, min(bucket, self._bucket + STEPS)):
            self._means[2 * (skipped % STEPS)] = self._means[2 * (skipped % STEPS) + 1] = _UNKNOWN
        self._bucket, self._samples, self._rated = bucket, 0, 0
        self._active = self._rate = 0.0

    def last(self, at: float, count: int, rate: bool, seconds: float = STEP, even: int = 1) -> list[float | None]:
        """The last `count` whole columns of `seconds` seconds before `at`, oldest first; None for a column of which
        nothing is known. A column does not change once it is whole. They are added `even` at a time."""
        now = int(at // STEP * STEP // (seconds * even)) * even
        return [self._column(number * seconds, seconds, rate) for number in range(now - count, now)]

    def _column(self, begins: float, seconds: float, rate: bool) -> float | None:
        """The mean of a column from a moment on: each step counts for the part that lies within."""
        total = weight = 0.0
        ends = begins + seconds
        bucket = int(begins // STEP)
        while bucket * STEP < ends:
            mean = self.mean(bucket, rate)
            if mean is not None:
                part = min(ends, (bucket + 1) * STEP) - max(begins, bucket * STEP)
                total, weight = total + mean * part, weight + part
            bucket += 1
        return total / weight if weight else None


class Past:
    """Receives each State that is read, and answers questions about rows. Times are those of the States, in monotonic
    seconds."""

    def __init__(self, earlier: TrafficMemory | None = None) -> None:
        """`earlier`: what rows carried before they were watched, asked for those that are drawn; None where nobody
        knows."""
        self._earlier = earlier
        self._at = 0.0
        self._moved: dict[Hashable, RowChange] = {}
        self._trends: dict[Hashable, Trend] = {}
        self._keys: Collection[ServiceKey] | None = None
        self._pools: dict[ServiceKey, tuple[Pool, Load]] = {}
        self._sampled = -_SAMPLE
        self._stood: dict[ServiceKey, float] = {}
        self._changed: dict[ServiceKey, frozenset[ServerKey]] = {}
        self._looked: dict[ServiceKey, int] = {}
        self._step = -1

    def see(self, state: State, fresh: Collection[ServiceKey]) -> None:
        """Takes a State that was read; `fresh` names the services whose servers were read with it."""
        self._at = state.at
        self._moved = {key: moved for key, moved in self._moved.items() if state.at - moved.at < RECENT}
        keys = state.services.keys
        if self._keys is not None and keys is not self._keys:
            for key in frozenset(keys).difference(self._keys):
                self._note(key, new=True)
        self._keys = keys
        sample = state.at - self._sampled >= _SAMPLE
        pools: dict[ServiceKey, tuple[Pool, Load]] = {}
        left = MOST
        for key in fresh:
            pool = state.servers(key)
            if pool is None:
                continue
            pools[key] = pool, pool.load
            self._looked.pop(key, None)
            self._looked[key] = len(pool)  # the latest last
            if key not in self._pools:
                self._stood[key] = pool.at
            elif changed := self._compare(key, *self._pools[key], *pools[key]):
                self._change(key, changed, pool.at, state)
            if sample:
                left = self._sample(state, key, pool, left)
        self._pools = pools
        self._stood = {key: at for key, at in self._stood.items() if key in pools}
        self._changed = {key: servers for key, servers in self._changed.items() if key in pools}
        if sample:
            self._sampled = state.at
            self._forget()

    def sweep(self, state: State) -> None:
        """Takes a sweep: rows that are not visible are sampled once a step."""
        if (step := int(state.at // STEP)) == self._step:
            return
        self._step = step
        counted = "counters" not in state.unknown
        for reading in state.services:
            pool = state.pools.get(reading.service.key)
            if pool is not None:
                self._add(
                    reading.service.key, state.at, pool.load.active, reading.rates.connections if counted else None
                )
        for key in self._to_sample(state):
            pool = state.pools.get(key)
            for row in pool or ():
                rate = row.rates.connections if counted else None
                self._add(Place(key, row.server.key), state.at, row.active, rate)
        self._forget(len(state.services))

    def _to_sample(self, state: State) -> Sequence[ServiceKey]:
        """The services whose servers are remembered: all in a small table, else those that were shown, the latest
        first."""
        if state.load is not None and state.load.servers <= MOST:
            return state.services.keys
        remembered: list[ServiceKey] = []
        left = MOST
        for key in reversed(list(self._looked)):
            left -= self._looked[key]
            if left < 0:
                break
            remembered.append(key)
        return remembered

    def moved(self, key: Hashable) -> RowChange:
        """What changed in a row within the last minute."""
        return self._moved.get(key, _NOT)

    def stood(self, key: ServiceKey) -> float | None:
        """Since when a service's servers and their weights are known to be unchanged, in monotonic seconds; None for a
        service that is not visible."""
        return self._stood.get(key)

    def changed(self, key: ServiceKey) -> frozenset[ServerKey] | None:
        """The servers of a service whose place in the table or weight may have changed since keepalived's report that
        was known when one last did; None where all may have."""
        return self._changed.get(key)

    def trend(
        self, key: Hashable, count: int, rate: bool = False, seconds: float = STEP, even: int = 1
    ) -> list[float | None]:
        """A row's last so many columns of so many seconds, `even` at a time."""
        trend = self._trend(key)
        return trend.last(self._at, count, rate, seconds, even) if trend is not None else []

    def before(self, key: Hashable, at: float) -> float | None:
        """How many active connections a row had in the step before a moment, None where that is not known."""
        trend = self._trend(key)
        return trend.mean(int(at // STEP) - 1, False) if trend is not None else None

    def _trend(self, key: Hashable) -> Trend | None:
        """A row's means. Where somebody knows what it carried before, also those of a row that is gone."""
        trend, earlier = self._trends.get(key), self._earlier
        if earlier is None or (trend is not None and trend.filled) or not isinstance(key, Place | ServiceKey):
            return trend
        if trend is None:
            trend = self._trends[key] = Trend(int(self._at // STEP))
        service, server = (key.service, key.server) if isinstance(key, Place) else (key, None)
        trend.fill(lambda at: earlier(service, server, at))
        return trend

    def _note(self, key: Hashable, weight: int = 0, state: int = 0, new: bool = False) -> None:
        before = self._moved.get(key, _NOT)
        self._moved[key] = RowChange(self._at, weight or before.weight, state or before.state, new or before.new)

    def _change(self, key: ServiceKey, servers: frozenset[ServerKey], at: float, state: State) -> None:
        """Remembers that servers of a service were seen changed at a moment."""
        reported = state.keeping.reported_by(state.taken, state.at) if state.keeping is not None else None
        if reported is not None and reported > self._stood[key]:
            self._changed[key] = servers
        elif key in self._changed:
            self._changed[key] |= servers
        self._stood[key] = at

    def _compare(self, key: ServiceKey, old: Pool, was: Load, new: Pool, now: Load) -> frozenset[ServerKey]:
        """The servers that have come, gone or changed their weight."""
        if was[:3] == now[:3] and len(new) > _DEEP:
            return frozenset()
        if was[:3] != now[:3]:
            self._note(key, _sign(now.weight - was.weight), _sign(now.live - was.live))
        before, after = _weights(old), _weights(new)
        if before == after:
            return frozenset()
        for server, weight in after.items():
            earlier = before.get(server)
            if earlier is None:
                self._note(Place(key, server), new=True)
            elif earlier != weight:
                self._note(Place(key, server), _sign(weight - earlier), (weight > 0) - (earlier > 0))
        return frozenset(server for server, _ in before.items() ^ after.items())

    def _sample(self, state: State, key: ServiceKey, pool: Pool, left: int) -> int:
        counted = "counters" not in state.unknown
        reading = state.services.find(key)
        if reading is not None:
            self._add(key, state.at, pool.load.active, reading.rates.connections if counted else None)
        if len(pool) > left:
            return left
        for row in pool:
            self._add(Place(key, row.server.key), state.at, row.active, row.rates.connections if counted else None)
        return left - len(pool)

    def _add(self, key: Hashable, at: float, active: float, rate: float | None) -> None:
        trend = self._trends.get(key)
        if trend is None:
            trend = self._trends[key] = Trend(int(at // STEP))
        trend.add(at, active, rate)

    def _forget(self, services: int = 0) -> None:
        """Forgets the servers that have been out of sight for longest."""
        most = MOST + max(services, len(self._keys or ()))
        if len(self._trends) > most + MOST // 5:
            latest = sorted(self._trends, key=lambda key: self._trends[key].seen)[-most:]
            self._trends = {key: self._trends[key] for key in latest}
        while len(self._looked) > MOST:
            del self._looked[next(iter(self._looked))]


NOTHING_PAST = Past()
"""An empty history that never receives a State."""


def _weights(pool: Pool) -> Mapping[ServerKey, int]:
    return {server.key: server.weight for server in pool.servers()}


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
