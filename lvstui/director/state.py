"""State: one reading of a director, frozen. Its rows are decoded only when they are used.

A State may have ten thousand services and fifty thousand real servers, so it does not keep them as objects: `services`
and the pools are sequences that make a row when asked for one. The kernel's sequences work on the bytes of its answer
(kernel/ipvs/services.py, pools.py); the simple ones here, over tuples, serve the demo, /proc and the tests.
"""

from __future__ import annotations

from _collections_abc import Iterable, Iterator, Mapping, Sequence
from _socket import AF_INET, AF_INET6
from types import MappingProxyType

from lvstui.director.model import IPV4, Entry, RuleSet, Server, Service, ServiceKey, SyncDaemon, Timeouts
from lvstui.values import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from typing import TypeAlias

    from lvstui.director.facts import Facts
    from lvstui.director.keepalived_state import KeepalivedState
    from lvstui.director.lazy_servers import Columns
    from lvstui.director.remembered import Written
    from lvstui.director.vrrp.instance_status import InstanceStatus


class Counters(NamedTuple):
    """Totals since the rule was made or zeroed. The kernel updates them every two seconds."""

    connections: int = 0
    in_packets: int = 0
    out_packets: int = 0
    in_bytes: int = 0
    out_bytes: int = 0


class Rates(NamedTuple):
    """Per second: connections, packets in and out, bytes in and out."""

    connections: float = 0
    in_packets: float = 0
    out_packets: float = 0
    in_bytes: float = 0
    out_bytes: float = 0


class ServiceReading(NamedTuple):
    """A virtual service with its counters and the kernel's own slow average rates."""

    service: Service
    counters: Counters
    rates: Rates


class ServerReading(NamedTuple):
    """A real server with its connections now, its counters and the kernel's own rates."""

    server: Server
    active: int
    inactive: int
    persistent: int
    counters: Counters
    rates: Rates


Flow: TypeAlias = "tuple[bytes, int, int, int, int, int, *tuple[float, ...]]"
"""The numbers of a real server, as the kernel sends them: its address in 16 bytes, weight, active, inactive,
persistent, family (AF_INET, AF_INET6), then its Counters and Rates."""


Listed: TypeAlias = "tuple[str, Any, int, int]"
"""A real server as a list shows it: its address as text, what is written after it, active and inactive connections."""


class Load(NamedTuple):
    """The sums of a pool: servers, servers with a weight above 0, their weight, and their connections."""

    servers: int
    live: int
    weight: int
    active: int
    inactive: int


def total(loads: Iterable[Load]) -> Load:
    """The sum of several loads."""
    columns = tuple(zip(*loads, strict=True))
    return Load(*map(sum, columns)) if columns else Load(0, 0, 0, 0, 0)


class Services(Protocol):
    """The virtual services of a State in the stable order of their keys. `keys` stays the same object from State to
    State while the set of services is the same, so a sorted order can be reused."""

    @property
    def keys(self) -> Sequence[ServiceKey]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> ServiceReading: ...
    def __iter__(self) -> Iterator[ServiceReading]: ...
    def find(self, key: ServiceKey) -> ServiceReading | None: ...
    def services(self) -> Sequence[Service]:
        """The rules alone, in the same order: all that saving and comparing need."""


class Pool(Protocol):
    """The real servers of one service, in the stable order of their keys, as read at `at` (monotonic seconds)."""

    @property
    def at(self) -> float: ...
    @property
    def load(self) -> Load: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> ServerReading: ...
    def __iter__(self) -> Iterator[ServerReading]: ...
    def servers(self) -> Sequence[Server]:
        """The rules alone, in the same order: all that saving and comparing need."""

    def listed(self, written: Written) -> Sequence[Listed]:
        """What a list of them shows, in the same order: all that printing needs."""

    def lines(self, written: Written) -> list[str]:
        """Each of them as a format writes it (remembered.py), in the same order: all that saving needs."""

    def flows(self) -> Iterable[Flow]:
        """The numbers alone, in any order: all that adding up needs."""


@runtime_checkable
class AtOnce(Protocol):
    """Pools that can write the servers of all of them in one go, many times faster than one pool after the other."""

    def all_listed(self, keys: Sequence[ServiceKey], written: Written) -> Iterator[Sequence[Listed]] | None:
        """`listed` of each pool, for exactly these services in their order; None where it cannot be made so."""

    def all_lines(self, keys: Sequence[ServiceKey], written: Written) -> Iterator[list[str]] | None:
        """`lines` of each pool, in the same way."""

    def all_columns(self, keys: Sequence[ServiceKey], written: Written) -> Iterator[Columns] | None:
        """Each pool as addresses and what is written after them, in the same way."""


class ServiceRows:
    """Services over a plain list of readings."""

    def __init__(self, readings: Sequence[ServiceReading], before: Services | None = None) -> None:
        """Reuses `before.keys` when the set of services has not changed."""
        self._rows = sorted(readings, key=lambda reading: reading.service.key)
        keys = tuple(row.service.key for row in self._rows)
        self._keys = before.keys if before is not None and before.keys == keys else keys
        self._index = {key: i for i, key in enumerate(keys)}

    @property
    def keys(self) -> Sequence[ServiceKey]:
        return self._keys

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int, /) -> ServiceReading:
        return self._rows[index]

    def __iter__(self) -> Iterator[ServiceReading]:
        return iter(self._rows)

    def find(self, key: ServiceKey) -> ServiceReading | None:
        index = self._index.get(key)
        return None if index is None else self._rows[index]

    def services(self) -> Sequence[Service]:
        return [row.service for row in self._rows]


class PoolRows:
    """A Pool over a plain list of readings."""

    def __init__(self, at: float, readings: Sequence[ServerReading]) -> None:
        self.at = at
        self._rows = sorted(readings, key=lambda reading: reading.server.key)

    @property
    def load(self) -> Load:
        return Load(
            len(self._rows),
            sum(row.server.weight > 0 for row in self._rows),
            sum(row.server.weight for row in self._rows),
            sum(row.active for row in self._rows),
            sum(row.inactive for row in self._rows),
        )

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int, /) -> ServerReading:
        return self._rows[index]

    def __iter__(self) -> Iterator[ServerReading]:
        return iter(self._rows)

    def servers(self) -> Sequence[Server]:
        return [row.server for row in self._rows]

    def listed(self, written: Written) -> Sequence[Listed]:
        return listed(self._rows, written)

    def lines(self, written: Written) -> list[str]:
        from lvstui.director.remembered import lines  # completion need not have it

        return lines(self.servers(), written)

    def flows(self) -> Iterable[Flow]:
        return map(flow, self._rows)


def listed(readings: Iterable[ServerReading], written: Written) -> list[Listed]:
    """Readings as a list shows them."""
    address, after = written.address, written.after
    return [
        (address(family, packed), after[port, server[1:]], active, inactive)
        for server, active, inactive, *_ in readings
        for family, packed, port in (server.key,)
    ]


def flow(reading: ServerReading) -> Flow:
    """The numbers of a reading."""
    server, active, inactive, persistent, counters, rates = reading
    family, address, _ = server.key
    number = AF_INET if family == IPV4 else AF_INET6
    return address.ljust(16, b"\0"), server.weight, active, inactive, persistent, number, *counters, *rates


NO_SERVICES = ServiceRows(())
NO_POOLS: Mapping[ServiceKey, Pool] = MappingProxyType({})
NO_SYSCTLS: Mapping[str, int] = MappingProxyType({})
NO_LINKS: Mapping[str, bool | None] = MappingProxyType({})


class Vrrp(NamedTuple):
    """What is known of VRRP. `role` is MASTER, BACKUP, PARTIAL, FAULT or "" (none, or not known). `held`: the virtual
    addresses on an interface here, None when the interfaces have not been read. `keepalived`: whether one runs in our
    network namespace (None: not known). `unread`: what has not been read so far, in words, "" when everything has.

    `instances`: the state of each instance. `source` says who reports it ("D-Bus", "dump", "configuration"),
    `reported_at` when (seconds of the epoch, None for a configuration), `trouble` why there is no better source.
    `stale`: the source was asked again since and did not answer. `searched_at`: when the last search for a keepalived
    began, of the first one and those after a change of the table, that found none; in monotonic seconds, None before.
    """

    role: str = ""
    held: tuple[str, ...] | None = None
    keepalived: bool | None = None
    instances: tuple[InstanceStatus, ...] = ()
    source: str = ""
    reported_at: float | None = None
    trouble: str = ""
    stale: bool = False
    unread: str = ""
    searched_at: float | None = None


class State(NamedTuple):
    """One reading of a director. `at` is in monotonic seconds, `taken` in seconds of the epoch. `pools` has the known
    real servers: fresh for the services in scope, from the last sweep for the others (each pool has its own `at`); a
    service missing from it has not been read yet. `swept`: when the last full sweep ended, None before the first.

    `load` is the sum of all pools of the last sweep; `traffic` the rates of the whole network namespace, by the
    kernel's own averages.

    `unknown` names what this source cannot read ("counters", "thresholds", "flags", "family"...): views show it as
    unknown, and verbs that need it refuse. `notes` are conditions that an operator must see (run_estimation=0).
    `read_only` says why nothing can be changed here, "" when it can.

    `owner` is the program that writes this table by itself ("keepalived", "ldirectord", "kube-proxy", "kube-router"),
    "" for none, None when it is not known. `schedulers` are those that this kernel has or can load, empty when not
    known. `sysctls` are the switches of net.ipv4.vs by name. `version` is the version of IPVS itself, "" when not
    known; `table_size` the number of buckets of the connection table. `keeping` has the configuration and check results
    of the keepalived that runs here, None when none is known. `links`: whether the interfaces used by sync daemons are
    up, None where there is no such interface; a missing name is not known. `facts`: the facts of the machine for the
    doctor, None where they were not asked for.
    """

    at: float
    taken: float
    host: str
    services: Services = NO_SERVICES
    pools: Mapping[ServiceKey, Pool] = NO_POOLS
    swept: float | None = None
    load: Load | None = None
    traffic: Rates | None = None
    timeouts: Timeouts | None = None
    sync: tuple[SyncDaemon, ...] | None = None
    vrrp: Vrrp = Vrrp()
    kernel: str = ""
    read_only: str = ""
    unknown: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    owner: str | None = None
    schedulers: tuple[str, ...] = ()
    sysctls: Mapping[str, int] = NO_SYSCTLS
    version: str = ""
    table_size: int = 0
    keeping: KeepalivedState | None = None
    links: Mapping[str, bool | None] = NO_LINKS
    facts: Facts | None = None

    @property
    def rules_read(self) -> float:
        """When the last of its rules was read, in monotonic seconds."""
        return max(self.at, self.swept or self.at)

    def servers(self, key: ServiceKey) -> Pool | None:
        """The real servers of a service, None when they have not been read."""
        return self.pools.get(key)


def with_known(state: State, last: State) -> State:
    """A State completed with what only sweeps read, taken from the last one."""
    return state._replace(
        vrrp=last.vrrp,
        load=last.load,
        traffic=last.traffic,
        owner=last.owner,
        schedulers=last.schedulers,
        sysctls=last.sysctls,
        keeping=last.keeping,
        timeouts=last.timeouts,
        sync=last.sync,
        links=last.links,
        facts=last.facts,
    )


def rules_of(state: State) -> RuleSet:
    """The rules of a State: every service with its servers as far as they were read. They are made into values when
    somebody looks at them."""
    from lvstui.director.lazy_servers import LazyServers

    pools = state.pools
    every: list[Columns] = []

    def columns(number: int) -> Columns:
        if not every:
            every.extend(_columns_of(state))
        return every[number]

    def later(key: ServiceKey, number: int) -> LazyServers:
        return LazyServers(lambda: {server.key: server for server in pools[key].servers()}, lambda: columns(number))

    rules: dict[ServiceKey, Entry] = {}
    for number, service in enumerate(state.services.services()):
        key = service.key
        rules[key] = tuple.__new__(Entry, (service, later(key, number) if key in pools else {}))
    return RuleSet(rules, state.timeouts, state.sync)


def _columns_of(state: State) -> Iterator[Columns]:
    """The real servers of each service in columns, in the order of the services; none where they were not read."""
    from lvstui.director.lazy_servers import after, columns
    from lvstui.director.remembered import Written

    keys, pools, written = state.services.keys, state.pools, Written(after)
    whole = pools.all_columns(keys, written) if isinstance(pools, AtOnce) else None
    if whole is not None:
        return whole
    return (columns(pool.servers() if (pool := pools.get(key)) is not None else (), written) for key in keys)


def lines_of(state: State, written: Written) -> Iterator[list[str] | None]:
    """The real servers of each service as a format writes them, in the order of the services; None where they were not
    read."""
    keys, pools = state.services.keys, state.pools
    whole = pools.all_lines(keys, written) if isinstance(pools, AtOnce) else None
    if whole is not None:
        return whole
    return (None if (pool := pools.get(key)) is None else pool.lines(written) for key in keys)


def listed_of(state: State, written: Written) -> Iterator[Sequence[Listed] | None]:
    """The same as a list shows them."""
    keys, pools = state.services.keys, state.pools
    whole = pools.all_listed(keys, written) if isinstance(pools, AtOnce) else None
    if whole is not None:
        return whole
    return (None if (pool := pools.get(key)) is None else pool.listed(written) for key in keys)
