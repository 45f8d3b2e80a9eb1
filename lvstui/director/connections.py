"""The connection table: its rows, a sample of them, and where each of them goes.

The table may have a million rows and is never read whole, so lvstui knows single connections only from a sample of the
first rows. Their order comes from a hash with a secret seed, so the sample is fair: its shares are those of the table.
The total number of rows comes from the counters of the real servers. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lvstui.director.model import IPV4, IPV6, TCP, ServerKey, ServiceKey, family_of
from lvstui.director.state import State
from lvstui.values import NamedTuple

ROWS, SECONDS = 10_000, 0.2
"""The limits of one read, in rows and seconds, unless more is asked for."""
MORE = ((ROWS, SECONDS), (30_000, 2.0), (60_000, 10.0))
"""The limits of the first read and of each larger one, in rows and seconds. A row takes about 300 bytes of memory, and
before Linux 6.14 the time grows with the square of the rows."""
_ENDED = 0xFFFF
"""Both ports of a template that the kernel no longer uses (ip_vs_conn.c, ip_vs_check_template)."""


OPENING = frozenset(
    ("SYN_RECV", "SYN_SENT", "SYNACK", "INIT1", "INIT", "C-SENT", "C-REPLIED", "C-WAIT", "COOKIE", "C-ECHOED")
)
"""States of connections that are not open yet (ip_vs_proto_tcp.c, ip_vs_proto_sctp.c)."""
CLOSING = frozenset(
    (
        "FIN_WAIT",
        "TIME_WAIT",
        "CLOSE",
        "CLOSE_WAIT",
        "LAST_ACK",
        "S-SENT",
        "S-RECEIVED",
        "S-ACK-SENT",
        "REJECTED",
        "CLOSED",
    )
)
"""States of connections that are being closed, were closed or were refused."""


class Connection(NamedTuple):
    """A row of the connection table. For a template of a firewall mark, `protocol` is 0 and `virtual` is the mark.
    `left`: seconds until it expires, counted from its last packet. `synced`: whether it came from a sync daemon, None
    where that is not known. `engine` and `data`: the persistence engine of a template, and how it identifies a
    client."""

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
        """Whether it is a persistence template and not a connection. Only a template has client port 0, apart from an
        expected FTP data connection, which has the state LISTEN (ip_vs_ftp.c)."""
        return not self.client_port and self.state != _EXPECTED

    @property
    def ended(self) -> bool:
        """Whether it is a template that the kernel no longer uses, but keeps until it expires."""
        return self.virtual_port == _ENDED == self.server.port and not self.client_port

    @property
    def mark(self) -> int:
        """The firewall mark of its template, 0 for none. An IPv6 template has it in the first four bytes of the
        address."""
        return int.from_bytes(self.virtual[:4], "big") if not self.protocol else 0


class ReadLimits(NamedTuple):
    """The limits of a read: rows and seconds. `clients`: keep only the rows of these addresses, None for all.
    `engines`: whether templates may have an engine."""

    rows: int = ROWS
    seconds: float = SECONDS
    clients: frozenset[bytes] | None = None
    engines: bool = False


class ConnectionSample(NamedTuple):
    """The result of a read: the rows kept, the number of rows seen, the lines that could not be parsed, whether it was
    the whole table, when it was read (seconds of the epoch), and how long it took in seconds."""

    rows: tuple[Connection, ...]
    seen: int
    mangled: int
    whole: bool
    taken: float
    seconds: float


class Places(NamedTuple):
    """Where each row of a sample goes: its service, None where none is known, and its real server as the service names
    it, else as the row does. `doubtful`: services (as `where` returns them, where none is known) and servers of rows
    that may or may not be lost."""

    services: tuple[ServiceKey | None, ...]
    servers: tuple[ServerKey, ...]
    doubtful: frozenset[tuple[ServiceKey, ServerKey]] = frozenset()


class Network(NamedTuple):
    """The network of a client: its /24, or its /64 for IPv6."""

    address: bytes
    bits: int


def network(client: bytes) -> Network:
    """The network that a client belongs to."""
    return Network(client[:3] + b"\0", 24) if len(client) == 4 else Network(client[:8].ljust(16, b"\0"), 64)


def where(row: Connection) -> ServiceKey:
    """The key that the service of a row would have."""
    if row.protocol:
        return ServiceKey(0, family_of(row.virtual), row.protocol, row.virtual, row.virtual_port)
    return ServiceKey(row.mark, family_of(row.client), 0, b"", 0)


_EXPECTED = "LISTEN"
_FTP, _FTP_DATA, _FIRST_PASSIVE = 21, 20, 1024
"""An FTP data connection uses the service of port 21 (ip_vs_ctl.c, ip_vs_service_find)."""


class _Rule(NamedTuple):
    """A real server of a firewall mark service. `as_asked`: connections keep the port that the client used."""

    service: ServiceKey
    port: int
    as_asked: bool


class _Table(NamedTuple):
    """The rules that rows are matched with: the servers of each service (None where they were not read), and those of
    firewall marks by address."""

    pools: Mapping[ServiceKey, frozenset[ServerKey] | None]
    marked: Mapping[bytes, Sequence[_Rule]]
    unread: frozenset[int]
    """The families that have a firewall mark whose servers were not read."""


def places(rows: Sequence[Connection], state: State) -> Places:
    """Where each row goes: to the service of its address and port, to the service of port 21 for FTP data, to the
    service of its address and all ports, or to the only firewall mark that has its server. The kernel does not report
    which mark a connection matched, so the service of many rows cannot be known."""
    if not rows:
        return Places((), ())
    table = _table(state)
    by_destination: dict[tuple[int, bytes, int, ServerKey], tuple[ServiceKey | None, ServerKey]] = {}
    doubtful: set[tuple[ServiceKey, ServerKey]] = set()
    services, servers = [], []
    for row in rows:
        at = row.protocol, row.virtual, row.virtual_port, row.server
        known = by_destination.get(at)
        if known is None:
            service, server, certain = _place(row, table)
            known = by_destination[at] = service, server
            if not certain:
                doubtful.add((service or where(row), server))
        services.append(known[0])
        servers.append(known[1])
    return Places(tuple(services), tuple(servers), frozenset(doubtful))


def _table(state: State) -> _Table:
    pools: dict[ServiceKey, frozenset[ServerKey] | None] = {}
    marked: dict[bytes, list[_Rule]] = {}
    for service in state.services.services():
        key, pool = service.key, state.servers(service.key)
        pools[key] = frozenset(server.key for server in pool.servers()) if pool is not None else None
        for server in (pools[key] or ()) if key.fwmark else ():
            as_asked = not server.port or service.persistence is not None
            marked.setdefault(server.address, []).append(_Rule(key, server.port, as_asked))
    return _Table(pools, marked, frozenset(key.family for key, pool in pools.items() if key.fwmark and pool is None))


def _place(row: Connection, table: _Table) -> tuple[ServiceKey | None, ServerKey, bool]:
    """The service and the real server of a row, and whether they are certain."""
    if row.ended and row.protocol:  # its ports were overwritten
        exact = where(row)
        same = {key: pool for key, pool in table.pools.items() if key[:4] == exact[:4]}
        having = [
            key
            for key, pool in same.items()
            if any(server_key.address == row.server.address for server_key in pool or ())
        ]
        if len(keys := having or list(same)) == 1:
            return keys[0], *ruled(keys[0], row.server, row.virtual_port, same[keys[0]] or ())
        return None, row.server, False
    own = [key for key in _candidates(row) if key in table.pools]
    for key in own:
        pool = table.pools[key]
        if pool is None:
            return key, row.server, False
        server, certain = ruled(key, row.server, row.virtual_port, pool)
        if server in pool or not certain:
            return key, server, certain
    if not row.protocol:
        return (own[0] if own else None), row.server, True
    by_mark = {rule.service for rule in table.marked.get(row.server.address, ()) if _fits(rule, row)}
    if len(by_mark) == 1:
        (mark,) = by_mark
        return mark, *ruled(mark, row.server, row.virtual_port, table.pools[mark] or ())
    if own and not by_mark:
        return own[0], row.server, True
    family = family_of(row.virtual)
    perhaps = any(rule.service.family == family for rule in table.marked.get(row.server.address, ()))
    return None, row.server, not perhaps and family not in table.unread


def _candidates(row: Connection) -> list[ServiceKey]:
    """The services that a row may belong to, in the kernel's order, without firewall marks."""
    exact = where(row)
    if not row.protocol:  # /proc does not show the family of a mark
        return [exact, exact._replace(family=IPV6 if exact.family == IPV4 else IPV4)]
    port = row.virtual_port
    data = row.protocol == TCP and (port in (0, _FTP_DATA) or port >= _FIRST_PASSIVE)
    return [exact, *([exact._replace(port=_FTP)] if data else ()), exact._replace(port=0)]


def _fits(rule: _Rule, row: Connection) -> bool:
    """Whether a connection through this firewall mark could have the server of the row."""
    same = rule.service.family == family_of(row.virtual)
    return same and row.server.port in ((rule.port, row.virtual_port) if rule.as_asked else (rule.port,))


def ruled(service: ServiceKey, server: ServerKey, port: int, pool: Collection[ServerKey]) -> tuple[ServerKey, bool]:
    """The real server of a row as its service names it, and whether that is certain. A server without a port takes the
    `port` of the connection, and so do persistent ones of a mark or of all ports (ip_vs_core.c, ip_vs_sched_persist).
    The server of the row itself where the service has no match."""
    if server in pool:
        return server, True
    if (every := server._replace(port=0)) in pool:
        return every, True
    if not service.port or port != service.port:
        same = [server_key for server_key in pool if server_key.address == server.address]
        if same:
            return (same[0] if len(same) == 1 else server), len(same) == 1
    return server, True
