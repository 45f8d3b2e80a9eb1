"""The rows of a world's State: each is computed when it is read, for the moment of the State."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from lvstui.demo.traffic import Life, Moment, grown, load, server_reading, service_reading
from lvstui.director.model import Rules, Server, Service, ServiceKey
from lvstui.director.remembered import Written, lines
from lvstui.director.state import Flow, Listed, Load, Pool, ServerReading, ServiceReading, flow, listed
from lvstui.values import NamedTuple


class RulePeriod(NamedTuple):
    """A world's rules between two changes. `lives` are added when they are first read, which changes no result: a
    service that was never changed has only one Life."""

    rules: Rules
    lives: dict[ServiceKey, Life]
    keys: tuple[ServiceKey, ...]
    numbers: Mapping[ServiceKey, int]
    seed: int

    def life(self, key: ServiceKey) -> Life:
        """What a service carries. Raises KeyError if there is no such service."""
        life = self.lives.get(key)
        if life is None:
            life = self.lives[key] = grown(self.rules[key], self.seed)
        return life


class WorldServices:
    """The services of a scene at a moment."""

    def __init__(self, scene: RulePeriod, now: Moment) -> None:
        self._scene = scene
        self._now = now
        self._made: dict[ServiceKey, ServiceReading] = {}

    @property
    def keys(self) -> Sequence[ServiceKey]:
        return self._scene.keys

    def __len__(self) -> int:
        return len(self._scene.keys)

    def __getitem__(self, index: int, /) -> ServiceReading:
        key = self._scene.keys[index]
        reading = self._made.get(key)
        if reading is None:
            reading = self._made[key] = service_reading(self._scene.life(key), self._now)
        return reading

    def __iter__(self) -> Iterator[ServiceReading]:
        return map(self.__getitem__, range(len(self)))

    def find(self, key: ServiceKey) -> ServiceReading | None:
        index = self._scene.numbers.get(key)
        return None if index is None else self[index]

    def services(self) -> Sequence[Service]:
        return [self._scene.rules[key].service for key in self._scene.keys]


class WorldPool:
    """The real servers of one service at a moment; `at` is the same moment by the clock."""

    def __init__(self, life: Life, now: Moment, at: float) -> None:
        self.at = at
        self._life = life
        self._now = now
        self._members = sorted(life.members.values(), key=lambda member: member.server.key)
        self._load: Load | None = None
        self._made: dict[int, ServerReading] = {}

    @property
    def load(self) -> Load:
        if self._load is None:
            self._load = load(self._life, self._now)
        return self._load

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, index: int, /) -> ServerReading:
        reading = self._made.get(index)
        if reading is None:
            reading = self._made[index] = server_reading(self._life, self._members[index], self._now)
        return reading

    def __iter__(self) -> Iterator[ServerReading]:
        return map(self.__getitem__, range(len(self)))

    def servers(self) -> Sequence[Server]:
        return [member.server for member in self._members]

    def listed(self, written: Written) -> Sequence[Listed]:
        return listed(self, written)

    def lines(self, written: Written) -> list[str]:
        return lines(self.servers(), written)

    def flows(self) -> Iterable[Flow]:
        return map(flow, self)


class WorldSweep(Mapping[ServiceKey, Pool]):
    """All pools of a scene at a moment."""

    def __init__(self, scene: RulePeriod, now: Moment, at: float) -> None:
        self.at = at
        self._scene = scene
        self._now = now
        self._made: dict[ServiceKey, Pool] = {}

    def __getitem__(self, key: ServiceKey) -> Pool:
        pool = self._made.get(key)
        if pool is None:
            pool = self._made[key] = WorldPool(self._scene.life(key), self._now, self.at)
        return pool

    def __contains__(self, key: object) -> bool:
        return key in self._scene.numbers

    def __iter__(self) -> Iterator[ServiceKey]:
        return iter(self._scene.keys)

    def __len__(self) -> int:
        return len(self._scene.keys)


class WorldPools(Mapping[ServiceKey, Pool]):
    """The pools in scope as they are now, over those of the last sweep."""

    def __init__(self, scope: AbstractSet[ServiceKey], now: WorldSweep, swept: WorldSweep | None) -> None:
        self._scope = frozenset(key for key in scope if key in now)
        self._fresh = now
        self._swept = swept

    def __getitem__(self, key: ServiceKey) -> Pool:
        if key in self._scope:
            return self._fresh[key]
        if self._swept is None:
            raise KeyError(key)
        return self._swept[key]

    def __contains__(self, key: object) -> bool:
        return key in self._scope or (self._swept is not None and key in self._swept)

    def __iter__(self) -> Iterator[ServiceKey]:
        if self._swept is None:
            return iter(self._scope)
        return iter(dict.fromkeys((*self._swept, *self._scope)))

    def __len__(self) -> int:
        return len(self._scope) if self._swept is None else len(self._scope | set(self._swept))
