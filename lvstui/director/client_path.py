"""Where a client goes: its rows in the connection table, and where its next connection goes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from ipaddress import ip_network

from lvstui.director.connections import Connection, ConnectionSample, Places
from lvstui.director.hashing import HASHING, HashMember, chosen
from lvstui.director.model import IPV6, ServerKey, Service, ServiceKey, address_text, family_of, server_text
from lvstui.director.state import ServerReading, State
from lvstui.values import NamedTuple

_MOST = 40
"""The most services reported, those with rows of the client first."""
FALLBACK, BY_PORT = 1, 2
"""Flags of sh and mh."""


class ClientPath(NamedTuple):
    """A client and a service. `now`: the servers of its connections, with their number by state and the longest time
    left. `server`: where its next connection goes, None where that is not known or it is refused; `why` gives the
    reason. `refused`: it is refused. `bound`: the template that binds it, None for none."""

    service: ServiceKey
    now: Sequence[tuple[ServerKey, Mapping[str, int], int]]
    server: ServerKey | None
    why: str
    refused: bool = False
    bound: Connection | None = None


def masks(client: bytes, state: State) -> frozenset[bytes]:
    """The addresses under which the table may list a client: its own, and the ones that persistence masks produce."""
    addresses = {client}
    for service in state.services.services():
        if service.persistence is not None and service.key.family == family_of(client):
            addresses.add(masked(client, service))
    return frozenset(addresses)


def masked(client: bytes, service: Service) -> bytes:
    """The address of a client in the templates of a service."""
    if service.netmask is None:
        return client
    if service.key.family == IPV6:
        network = ip_network(f"{address_text(client)}/{service.netmask}", strict=False)
        return network.network_address.packed
    return (int.from_bytes(client, "big") & service.netmask).to_bytes(4, "big")


def candidates(
    client: bytes, places: Places, state: State, only: ServiceKey | None = None
) -> tuple[list[Service], int]:
    """The services to report for a client, those with its rows first, and the number of services left out."""
    here = [service for service in state.services.services() if service.key.family == family_of(client)]
    if only is not None:
        return [service for service in here if service.key == only], 0
    known = set(places.services)
    ordered = sorted(here, key=lambda service: service.key not in known)
    return ordered[:_MOST], len(ordered[_MOST:])


def unowned(client: bytes, sample: ConnectionSample, places: Places) -> int:
    """The number of a client's connections whose service is not known."""
    each = zip(sample.rows, places.services, strict=True)
    return sum(key is None and not row.template and row.client == client for row, key in each)


def way(
    client: bytes,
    service: Service,
    sample: ConnectionSample,
    places: Places,
    state: State,
    order: Sequence[ServerKey],
    drained: Mapping[tuple[ServiceKey, ServerKey], int],
) -> ClientPath:
    """Where a client goes in one service. `places`: where the rows of the sample go; `order`: its servers in the
    kernel's order; `drained`: weights from before a drain."""
    each = zip(sample.rows, places.services, places.servers, strict=True)
    rows = [(row, server) for row, key, server in each if key == service.key]
    mask = masked(client, service)
    templates = [row for row in rows if row[0].template and not row[0].ended and row[0].client == mask]
    bound, to = max(templates, key=lambda row: row[0].left, default=(None, None))
    at: dict[ServerKey, list[Connection]] = {}
    for row, server in rows:
        if not row.template and row.client == client:
            at.setdefault(server, []).append(row)
    now = tuple((key, Counter(row.state for row in of), max(row.left for row in of)) for key, of in at.items())
    pool = {reading.server.key: reading for reading in state.servers(service.key) or ()}
    if service.engine and service.persistence is not None:
        return ClientPath(service.key, now, None, _by_engine(service.engine, len(templates), sample.whole))
    server_key, why, refused = _next(client, service, bound, to, pool, order, drained, state, sample.whole)
    return ClientPath(service.key, now, server_key, why, refused, bound)


def _by_engine(engine: str, bound: int, whole: bool) -> str:
    """What is known where a template binds a call and not a client."""
    reason = f"{bound} bound" if whole else f"{bound} bound in what was read"
    return f"the {engine} engine binds each call by itself: {reason}, a new one is scheduled"


def _next(
    client: bytes,
    service: Service,
    bound: Connection | None,
    to: ServerKey | None,
    pool: Mapping[ServerKey, ServerReading],
    order: Sequence[ServerKey],
    drained: Mapping[tuple[ServiceKey, ServerKey], int],
    state: State,
    whole: bool,
) -> tuple[ServerKey | None, str, bool]:
    before = ""
    if service.persistence is not None and bound is not None and to is not None:
        reading = pool.get(to)
        if reading is None:
            before = "its template binds it to a server that is gone; "
        elif not reading.server.weight and state.sysctls.get("expire_quiescent_template", 0):
            before = "its template ends with its next packet (weight 0, expire_quiescent_template=1); "
        else:
            rest = "; at weight 0, but expire_quiescent_template=0" if not reading.server.weight else ""
            return reading.server.key, f"a persistence template binds it{rest}", False
    elif service.persistence is not None and not whole:
        return (
            None,
            "persistent, and no template of this client was found in the part of the table that was read",
            False,
        )
    takes = [key for key, reading in pool.items() if _takes(reading) is not False]
    if not takes:
        return None, f"{before}no server takes connections", True
    if service.scheduler not in HASHING:
        if len(takes) == 1:
            if not _takes(pool[takes[0]]):
                return None, f"{before}no other server takes connections, but {_perhaps_full(pool[takes[0]])}", False
            return takes[0], f"{before}no other server takes connections", False
        return None, f"{before}{service.scheduler} chooses by load or by turn, not by client", False
    return _hashed(client, service, pool, order, drained, before)


def _hashed(
    client: bytes,
    service: Service,
    pool: Mapping[ServerKey, ServerReading],
    order: Sequence[ServerKey],
    drained: Mapping[tuple[ServiceKey, ServerKey], int],
    before: str,
) -> tuple[ServerKey | None, str, bool]:
    name = service.scheduler
    if name != "dh" and service.flags & BY_PORT:
        return None, f"{before}{name}-port: each of its ports is hashed by itself", False
    if name == "dh" and service.key.fwmark:
        return None, f"{before}dh hashes the destination address, which a firewall mark does not give", False
    if set(order) != set(pool):
        return None, f"{before}the order of the servers, which {name} goes by, changed while it was read", False
    members = []
    for key in order:
        reading = pool[key]
        weight = reading.server.weight
        filled = weight or drained.get((service.key, key), 0)
        if name == "mh" and not filled:
            return (
                None,
                f"{before}mh still uses the weight from before the drain, and the kernel does not report it",
                False,
            )
        members.append(HashMember(key, weight, _takes(reading) is not False, filled))
    fallback = bool(service.flags & FALLBACK) and name != "dh"
    server_key = chosen(name, members, client, service.key.address, fallback)
    what = "the virtual address" if name == "dh" else "its address"
    if server_key is not None and not _takes(pool[server_key]):
        return (
            None,
            f"{before}the hash of {what} ({name}) chooses a server, but {_perhaps_full(pool[server_key])}",
            False,
        )
    if server_key is not None:
        return server_key, f"{before}by the hash of {what} ({name})", False
    mend = "" if name == "dh" else f"; {name}-fallback would send it elsewhere"
    return None, f"{before}the server of the hash of {what} ({name}) takes no connections{mend}", True


def _takes(reading: ServerReading) -> bool | None:
    """Whether a server takes connections. None: it may still count as full. A server that was full stays so until its
    connections are below its lower threshold (ip_vs_conn.c, ip_vs_unbind_dest), and the kernel does not report that."""
    upper, held = reading.server.upper or 0, reading.active + reading.inactive
    if not reading.server.weight or (upper and held >= upper):
        return False
    return None if upper and held >= _reopens(reading) else True


def _reopens(reading: ServerReading) -> int:
    """The number of connections below which a full server takes some again: the lower threshold, or 75 % of the upper
    one."""
    return reading.server.lower or -(-(reading.server.upper or 0) * 3 // 4)


def _perhaps_full(reading: ServerReading) -> str:
    name, held = server_text(reading.server.key), reading.active + reading.inactive
    return f"{name} may still be full: it has {held}, and reopens below {_reopens(reading)} connections"
