"""The connection table: rows as the kernel tells them, a sample of them, and what the sample says.

The table may hold a million rows and is never read whole, so what is known of single connections is a sample of its
first rows. They lie in the order of a hash with a secret seed: a sample is fair, its shares are those of the table. How
many rows there are in all is told by the counters of the real servers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from lvstui.director.model import IPV4, IPV6, ServerKey, ServiceKey, family_of
from lvstui.director.state import State
from lvstui.values import Any, NamedTuple

ROWS, SECONDS = 10_000, 0.2
"""What one look reads at most, unless more is asked for."""
MORE = ((ROWS, SECONDS), (30_000, 2.0), (60_000, 10.0))
"""What a look reads at most, and what one that is to read more does: a row takes about 300 bytes here, and before
Linux 6.14 the time grows with the square of the rows."""
_ENDED = 0xFFFF
"""Both ports of a template that the kernel no longer goes by (ip_vs_conn.c, ip_vs_check_template)."""


class Connection(NamedTuple):
    """A row. `protocol` is 0 and `virtual` the mark for a template of a firewall mark. `left`: seconds until it
    expires, as of its last packet. `synced`: a sync daemon told of it, None where that is not known. `engine` and
    `data`: the persistence engine of a template, and what it recognises a client by."""

    protocol: int
    client: bytes
    client_port: int
    virtual: bytes
    virtual_port: int
    server: ServerKey
    state: str
    left: int
    synced: bool | None = None
    engine: str = ""
    data: str = ""

    @property
    def template(self) -> bool:
        """Whether it is no connection: it binds a client to a server. A client's port is never 0 but there, and on a
        data connection of FTP that is awaited."""
        return not self.client_port

    @property
    def ended(self) -> bool:
        """Whether it is a template that the kernel no longer goes by, and keeps until it expires."""
        return self.virtual_port == _ENDED == self.server.port and not self.client_port

    @property
    def mark(self) -> int:
        """The firewall mark of its template, 0 where it has none: IPv6 has it in the first four bytes."""
        return int.from_bytes(self.virtual[:4], "big") if not self.protocol else 0


class Wanted(NamedTuple):
    """What is to be read: at most so many rows, for so many seconds. `clients`: the addresses whose rows alone are
    kept, None for all. `engines`: templates may have an engine."""

    rows: int = ROWS
    seconds: float = SECONDS
    clients: frozenset[bytes] | None = None
    engines: bool = False


class Sample(NamedTuple):
    """What was read: the rows that were kept, how many were looked at, how many of the lines no one could read, whether
    that was the whole table, when (seconds of the epoch) and for how long."""

    rows: tuple[Connection, ...]
    seen: int
    mangled: int
    whole: bool
    taken: float
    seconds: float


class Group(NamedTuple):
    """Rows that have something in common: `of` is that, `rows` are their numbers in the sample."""

    of: Any
    rows: Sequence[int]


class Known(NamedTuple):
    """What the kernel counts by itself, as of the sample: rows of the whole table, active, inactive and persistent ones
    of all (`parts`), of each real server and of each service, and the weights of the servers."""

    total: int | None = None
    parts: tuple[int, int, int] = (0, 0, 0)
    servers: Mapping[tuple[ServiceKey, ServerKey], tuple[int, int, int]] = MappingProxyType({})
    services: Mapping[ServiceKey, tuple[int, int, int]] = MappingProxyType({})
    weights: Mapping[tuple[ServiceKey, ServerKey], int] = MappingProxyType({})


class Summary(NamedTuple):
    """A sample in figures. `connections` and `templates` are numbers of rows; groups have the largest first.
    `services`: the service of each row, None where there is none any more."""

    sample: Sample
    services: tuple[ServiceKey | None, ...]
    known: Known
    connections: Sequence[int]
    templates: Sequence[int]
    by_state: Sequence[Group]
    by_service: Sequence[Group]
    by_server: Sequence[Group]
    by_network: Sequence[Group]

    @property
    def synced(self) -> int | None:
        """Connections that a sync daemon told of; None where that is not known of any."""
        told = [row.synced for row in (self.sample.rows[n] for n in self.connections)]
        return sum(map(bool, told)) if any(one is not None for one in told) else None


class Network(NamedTuple):
    """Neighbours of a client: its /24, of IPv6 its /64."""

    address: bytes
    bits: int


def network(client: bytes) -> Network:
    """The network that a client is told of with."""
    return Network(client[:3] + b"\0", 24) if len(client) == 4 else Network(client[:8].ljust(16, b"\0"), 64)


def summary(sample: Sample, state: State, numbers: Sequence[int] | None = None) -> Summary:
    """What a sample says; with `numbers` what those of its rows do."""
    services = owners(sample.rows, state)
    return summed(sample, services, known(sample, services, state), numbers)


def summed(
    sample: Sample, services: tuple[ServiceKey | None, ...], known: Known, numbers: Sequence[int] | None = None
) -> Summary:
    """The same, where the services of the rows and what the kernel counts are known already."""
    rows = sample.rows
    wanted: Sequence[int] = range(len(rows)) if numbers is None else numbers
    connections = [n for n in wanted if rows[n].client_port]
    owners = [services[n] or where(rows[n]) for n in connections]
    return Summary(
        sample,
        services,
        known,
        connections,
        [n for n in wanted if not rows[n].client_port],
        grouped(connections, [rows[n].state for n in connections]),
        grouped(connections, owners),
        grouped(connections, [(owner, rows[n].server) for n, owner in zip(connections, owners, strict=True)]),
        _networks(grouped(connections, [_neighbours(rows[n].client) for n in connections])),
    )


def _neighbours(client: bytes) -> bytes:
    return client[:3] if len(client) == 4 else client[:8]


def _networks(groups: Sequence[Group]) -> Sequence[Group]:
    """Groups of the first bytes of addresses as groups of networks."""
    return [Group(network(of if len(of) == 8 else of + b"\0"), rows) for of, rows in groups]


def grouped(numbers: Sequence[int], of: Sequence[Any]) -> Sequence[Group]:
    """Rows by what is said of each, the largest group first."""
    members: dict[Any, list[int]] = {}
    for n, key in zip(numbers, of, strict=True):
        if key in members:
            members[key].append(n)
        else:
            members[key] = [n]
    return [Group(*one) for one in sorted(members.items(), key=lambda one: (-len(one[1]), one[0]))]


def where(row: Connection) -> ServiceKey:
    """Where a row goes to, as the key that a service for it would have."""
    if row.protocol:
        return ServiceKey(0, family_of(row.virtual), row.protocol, row.virtual, row.virtual_port)
    return ServiceKey(row.mark, family_of(row.client), 0, b"", 0)


def owners(rows: Sequence[Connection], state: State) -> tuple[ServiceKey | None, ...]:
    """The service of each row: the one of its address and port, of its address and all ports, or the one of a firewall
    mark that has its server, where no other has. None where there is none: the kernel does not tell by which mark a
    connection came."""
    keys = frozenset(state.services.keys)
    marked: dict[ServerKey, set[ServiceKey]] | None = None
    found: dict[tuple[int, bytes, int, ServerKey], ServiceKey | None] = {}
    services = []
    for row in rows:
        at = row.protocol, row.virtual, row.virtual_port, row.server
        if at not in found:
            if marked is None:
                marked = _marked(state)
            found[at] = _owner(row, keys, marked)
        services.append(found[at])
    return tuple(services)


def _marked(state: State) -> dict[ServerKey, set[ServiceKey]]:
    found: dict[ServerKey, set[ServiceKey]] = {}
    for key in state.services.keys:
        if key.fwmark:
            for server in state.servers(key) or ():
                found.setdefault(server.server.key, set()).add(key)
    return found


def _owner(
    row: Connection, keys: frozenset[ServiceKey], marked: Mapping[ServerKey, set[ServiceKey]]
) -> ServiceKey | None:
    exact = where(row)
    if exact in keys:
        return exact
    if not row.protocol:
        other = exact._replace(family=IPV6 if exact.family == IPV4 else IPV4)  # /proc does not tell a mark's family
        return other if other in keys else None
    every = exact._replace(port=0)
    if every in keys:
        return every
    if row.ended:  # its ports are gone
        own = [key for key in keys if key[:4] == exact[:4]]
        if len(own) == 1:
            return own[0]
    by_mark = {key for (_, address, port), of in marked.items() if address == row.server.address for key in of
               if port in (0, row.server.port)}  # fmt: skip
    return next(iter(by_mark)) if len(by_mark) == 1 else None


def known(sample: Sample, services: Sequence[ServiceKey | None], state: State) -> Known:
    """What the kernel counts: of the whole table, and of the services that the sample has rows of."""
    parts, unread = [0, 0, 0], False
    for key in state.services.keys:
        pool = state.servers(key)
        unread = unread or pool is None
        for flow in pool.flows() if pool is not None else ():
            parts = [parts[0] + flow[2], parts[1] + flow[3], parts[2] + flow[4]]
    total = None if unread else sum(parts)
    servers: dict[tuple[ServiceKey, ServerKey], tuple[int, int, int]] = {}
    sums: dict[ServiceKey, tuple[int, int, int]] = {}
    weights: dict[tuple[ServiceKey, ServerKey], int] = {}
    for key in {key for key in services if key is not None}:
        active = inactive = persistent = 0
        for reading in state.servers(key) or ():
            place = key, reading.server.key
            servers[place] = reading.active, reading.inactive, reading.persistent
            weights[place] = reading.server.weight
            active, inactive = active + reading.active, inactive + reading.inactive
            persistent += reading.persistent
        sums[key] = active, inactive, persistent
    whole = sample.seen if sample.whole else total
    active, inactive, persistent = parts
    total = whole if whole is None else max(whole, sample.seen)
    return Known(total, (active, inactive, persistent), servers, sums, weights)
