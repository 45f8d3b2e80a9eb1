"""Case: everything that the findings of one examination are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from lvstui.director.drift.all import Drifts
from lvstui.director.facts import Facts, Flowing, Sample
from lvstui.director.model import Forward, Server, ServerKey, Service, ServiceKey
from lvstui.director.probe import Probed
from lvstui.director.serving import Tally
from lvstui.director.state import Counters, Pool, State
from lvstui.doctor.thresholds import USUAL, Thresholds
from lvstui.values import NamedTuple

NO_FACTS = Facts(0.0)
_OLD = 60.0
"""Seconds from which the age of a sample is told; that of a large table may be ten minutes old."""


class Shape(NamedTuple):
    """What follows from the rules of one service: its forwarding methods, and the hosts of its servers."""

    service: Service
    forwards: frozenset[int]
    hosts: frozenset[bytes]
    families: frozenset[int]


def shape(service: Service, servers: Iterable[Server]) -> Shape:
    listed = list(servers)
    return Shape(
        service,
        frozenset(server.forward for server in listed),
        frozenset(server.key.address for server in listed),
        frozenset(server.key.family for server in listed if server.forward == Forward.MASQ),
    )


class Shapes:
    """The shapes of all services and what follows from them, computed once while no rule changes."""

    def __init__(self, of: Mapping[ServiceKey, Shape]) -> None:
        self.of = of

    @cached_property
    def masq(self) -> frozenset[int]:
        """The address families of servers reached by NAT."""
        return frozenset(family for shape in self.of.values() for family in shape.families)

    @cached_property
    def hosts(self) -> Mapping[bytes, Sequence[ServiceKey]]:
        """The addresses of all real servers, each with its services."""
        services: dict[bytes, list[ServiceKey]] = {}
        for key, shape in self.of.items():
            for host in shape.hosts:
                services.setdefault(host, []).append(key)
        return services

    def by(self, forward: int) -> Iterator[Shape]:
        """The services with a server of this forwarding method."""
        return (shape for shape in self.of.values() if forward in shape.forwards)


class Case(NamedTuple):
    """`state` with its counts (`tally`), its drifts, the `facts` of the machine, and the `shapes` of its services.
    `grown`: the growth of the servers' counters over about a minute, where that is known; `jump`: how many seconds the
    clock was recently set by; `probed`: probe results, None for none; `limits`: the thresholds of findings."""

    state: State
    facts: Facts
    tally: Tally
    drifts: Drifts | None
    shapes: Shapes
    grown: Mapping[tuple[ServiceKey, ServerKey], Counters] = MappingProxyType({})
    jump: float = 0.0
    probed: Probed | None = None
    limits: Thresholds = USUAL
    compared: bool = False

    @property
    def sample(self) -> Sample | None:
        return self.facts.sample

    @property
    def sampled(self) -> str:
        """`4213 rows of more, 75 s ago`: the size and the age of the sample, in words."""
        sample = self.sample
        if sample is None:
            return "none"
        age = self.state.taken - sample.at
        when = f", {age:.0f} s ago" if age >= _OLD else ""
        return f"{sample.rows} rows" + (", all there are" if sample.whole else " of more") + when

    def flowing(self, key: ServiceKey, server: ServerKey) -> Flowing | None:
        """The sampled connections of a server."""
        return self.facts.sample.flowing.get((key, server)) if self.facts.sample is not None else None

    def number(self, name: str) -> int | None:
        return self.facts.numbers.get(name)

    def ipvs(self, name: str) -> int | None:
        """A switch of net.ipv4.vs."""
        return self.state.sysctls.get(name)

    def pool(self, key: ServiceKey) -> Pool | None:
        return self.state.pools.get(key)

    def has(self, key: ServiceKey, fits: Callable[[Server], bool]) -> bool:
        """Whether a service has a real server like this."""
        pool = self.pool(key)
        return pool is not None and any(map(fits, pool.servers()))
