"""Past: what the screen remembers of the last minutes: which weights and states moved, and how busy rows were.

Only of what is in sight, so that fifty thousand servers need no more memory than a screenful. The one thing in views
that is changed in place: it grows by a sample every few seconds, and forgets.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Hashable, Mapping
from math import isnan, nan
from typing import NamedTuple

from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.state import Load, Pool, State
from lvstui.views.place import Place

RECENT = 60.0
"""Seconds for which a change is marked."""
STEP = 15.0
"""Seconds that one bar of a trend stands for: trends move no more often, so that a table does not flicker."""
STEPS = 40
"""Bars kept: ten minutes."""
_SAMPLE = 4.0
"""Seconds between two samples of a trend at least."""
_DEEP = 64
"""Servers up to which a pool is compared one by one though its sums have not moved."""
_MOST = 2000
"""Servers that are sampled at a time, and trends that are kept."""


class Moved(NamedTuple):
    """The last change of a row: when, and which way: 1 up, -1 down, 0 not at all."""

    at: float
    weight: int = 0
    state: int = 0
    new: bool = False


_NOT = Moved(0.0)


class Trend:
    """Means of two numbers, active connections and connections per second, for each step of the clock."""

    __slots__ = ("_active", "_bucket", "_rate", "_samples", "seen")

    def __init__(self, bucket: int) -> None:
        self._bucket = bucket
        self._samples = 0
        self._active = array("f", [nan] * STEPS)
        self._rate = array("f", [nan] * STEPS)
        self.seen = 0.0

    def add(self, at: float, active: float, rate: float) -> None:
        bucket = int(at // STEP)
        for skipped in range(self._bucket + 1, min(bucket, self._bucket + STEPS) + 1):
            self._active[skipped % STEPS] = self._rate[skipped % STEPS] = nan
        if bucket != self._bucket:
            self._bucket, self._samples = bucket, 0
        place, n = bucket % STEPS, self._samples
        self._active[place] = ((self._active[place] if n else 0.0) * n + active) / (n + 1)
        self._rate[place] = ((self._rate[place] if n else 0.0) * n + rate) / (n + 1)
        self._samples, self.seen = n + 1, at

    def last(self, at: float, count: int, rate: bool) -> list[float | None]:
        """The last so many whole steps before `at`, oldest first; None where nothing is known."""
        now, ring = int(at // STEP), self._rate if rate else self._active
        found: list[float | None] = []
        for bucket in range(now - count, now):
            known = self._bucket - STEPS < bucket <= self._bucket and not isnan(ring[bucket % STEPS])
            found.append(ring[bucket % STEPS] if known else None)
        return found


class Past:
    """Told of every State that is read; asked by views."""

    def __init__(self) -> None:
        self._at = 0.0
        self._moved: dict[Hashable, Moved] = {}
        self._trends: dict[Hashable, Trend] = {}
        self._keys: Collection[ServiceKey] | None = None
        self._pools: dict[ServiceKey, tuple[Pool, Load]] = {}
        self._sampled = -_SAMPLE
        self._stood: dict[ServiceKey, float] = {}

    def see(self, state: State, fresh: Collection[ServiceKey]) -> None:
        """A State was read; `fresh` names the services whose servers were read with it."""
        self._at = state.at
        self._moved = {key: moved for key, moved in self._moved.items() if state.at - moved.at < RECENT}
        keys = state.services.keys
        if self._keys is not None and keys is not self._keys:
            for key in frozenset(keys).difference(self._keys):
                self._note(key, new=True)
        self._keys = keys
        sample = state.at - self._sampled >= _SAMPLE
        pools: dict[ServiceKey, tuple[Pool, Load]] = {}
        left = _MOST
        for key in fresh:
            pool = state.servers(key)
            if pool is None:
                continue
            pools[key] = pool, pool.load
            if key not in self._pools or self._compare(key, *self._pools[key], *pools[key]):
                self._stood[key] = pool.at
            if sample:
                left = self._sample(state, key, pool, left)
        self._pools = pools
        self._stood = {key: at for key, at in self._stood.items() if key in pools}
        if sample:
            self._sampled = state.at
            self._forget()

    def moved(self, key: Hashable) -> Moved:
        """What moved of a row within the last minute."""
        return self._moved.get(key, _NOT)

    def stood(self, key: ServiceKey) -> float | None:
        """Since when a service's servers and their weights are known to be as they are, in monotonic seconds; None for
        one that is not in sight."""
        return self._stood.get(key)

    def trend(self, key: Hashable, count: int, rate: bool = False) -> list[float | None]:
        """A row's last so many steps."""
        trend = self._trends.get(key)
        return trend.last(self._at, count, rate) if trend is not None else []

    def _note(self, key: Hashable, weight: int = 0, state: int = 0, new: bool = False) -> None:
        before = self._moved.get(key, _NOT)
        self._moved[key] = Moved(self._at, weight or before.weight, state or before.state, new or before.new)

    def _compare(self, key: ServiceKey, old: Pool, was: Load, new: Pool, now: Load) -> bool:
        """Whether other servers or weights are there than before."""
        if was[:3] == now[:3] and len(new) > _DEEP:
            return False
        if was[:3] != now[:3]:
            self._note(key, _sign(now.weight - was.weight), _sign(now.live - was.live))
        before, after = _weights(old), _weights(new)
        if before == after:
            return False
        for server, weight in after.items():
            earlier = before.get(server)
            if earlier is None:
                self._note(Place(key, server), new=True)
            elif earlier != weight:
                self._note(Place(key, server), _sign(weight - earlier), (weight > 0) - (earlier > 0))
        return True

    def _sample(self, state: State, key: ServiceKey, pool: Pool, left: int) -> int:
        reading = state.services.find(key)
        if reading is not None:
            self._add(key, pool.load.active, reading.rates.connections)
        if len(pool) > left:
            return left
        for row in pool:
            self._add(Place(key, row.server.key), row.active, row.rates.connections)
        return left - len(pool)

    def _add(self, key: Hashable, active: float, rate: float) -> None:
        trend = self._trends.get(key)
        if trend is None:
            trend = self._trends[key] = Trend(int(self._at // STEP))
        trend.add(self._at, active, rate)

    def _forget(self) -> None:
        """Those that were not in sight for longest go first."""
        if len(self._trends) > 2 * _MOST:
            latest = sorted(self._trends, key=lambda key: self._trends[key].seen)[-_MOST:]
            self._trends = {key: self._trends[key] for key in latest}


NOTHING_PAST = Past()
"""For those who remember nothing; never told anything."""


def _weights(pool: Pool) -> Mapping[ServerKey, int]:
    return {server.key: server.weight for server in pool.servers()}


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
