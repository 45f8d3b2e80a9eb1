"""Random rule sets: everything a kernel may hold, and what of it survives ipvsadm's text."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from lvstui.director.model import (
    IPIP,
    IPV4,
    IPV6,
    PERSISTENCE_MAX,
    SCHEDULERS,
    SCTP,
    TCP,
    UDP,
    WEIGHT_MAX,
    Entry,
    Forward,
    RuleSet,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    Tunnel,
)
from lvstui.formats.contents import Header

ports = st.one_of(st.sampled_from([80, 443, 8080]), st.integers(1, 65535))
v4 = st.one_of(st.sampled_from([bytes((10, 0, 0, n)) for n in range(1, 5)]), st.binary(min_size=4, max_size=4))
v6 = st.one_of(
    st.sampled_from([bytes.fromhex("20010db8") + bytes(11) + bytes((n,)) for n in range(1, 5)]),
    st.binary(min_size=16, max_size=16),
)
words = st.text(string.ascii_lowercase + string.digits + "_-", min_size=1, max_size=15)
names = st.text(string.printable[:95] + "äλ\u2603", max_size=30)


def _addressed(
    family: int, protocols: st.SearchStrategy[int], port: st.SearchStrategy[int]
) -> st.SearchStrategy[ServiceKey]:
    address = v4 if family == IPV4 else v6
    return st.builds(ServiceKey, st.just(0), st.just(family), protocols, address, port)


def _marked(family: int) -> st.SearchStrategy[ServiceKey]:
    return st.builds(ServiceKey, st.integers(1, 2**32 - 1), st.just(family), st.just(0), st.just(b""), st.just(0))


def _keys(protocols: st.SearchStrategy[int], port: st.SearchStrategy[int]) -> st.SearchStrategy[ServiceKey]:
    families = (IPV4, IPV6)
    return st.one_of(*(_addressed(f, protocols, port) for f in families), *(_marked(f) for f in families))


def _netmasks(family: int) -> st.SearchStrategy[int | None]:
    return st.none() | (st.integers(0, 2**32 - 2) if family == IPV4 else st.integers(1, 127))


tunnels = st.one_of(
    st.just(IPIP),
    st.builds(Tunnel, st.just(1), st.integers(1, 65535), st.integers(0, 2)),
    st.builds(Tunnel, st.just(2), st.just(0), st.integers(0, 1)),
)


@st.composite
def text_services(draw: st.DrawFn) -> Service:
    """A service that ipvsadm text holds."""
    key = draw(_keys(st.sampled_from([TCP, UDP, SCTP]), ports))
    persistence = draw(st.none() | st.integers(1, PERSISTENCE_MAX))
    if persistence is not None and draw(st.booleans()):
        key = key._replace(port=0)
    return Service(
        key,
        draw(st.sampled_from(SCHEDULERS)),
        draw(st.integers(0, 7)),
        persistence,
        draw(_netmasks(key.family)) if persistence is not None else None,
        draw(st.sampled_from(["", "sip"])),
        draw(st.booleans()) if key.protocol not in (TCP, SCTP) else False,
    )


@st.composite
def text_servers(draw: st.DrawFn, key: ServiceKey) -> Server:
    """A server that ipvsadm text holds; thresholds stated, both above 0 or both 0."""
    forward = draw(st.sampled_from([Forward.MASQ, Forward.TUNNEL, Forward.ROUTE]))
    family = draw(st.sampled_from([IPV4, IPV6])) if forward == Forward.TUNNEL else key.family
    free = forward == Forward.MASQ or key.fwmark
    upper = draw(st.just(0) | st.integers(1, WEIGHT_MAX))
    return Server(
        ServerKey(family, draw(v4 if family == IPV4 else v6), draw(ports) if free else key.port),
        int(forward),
        draw(st.integers(0, 10) | st.integers(0, WEIGHT_MAX)),
        upper,
        draw(st.integers(0, upper)),
        draw(tunnels) if forward == Forward.TUNNEL else IPIP,
    )


@st.composite
def any_services(draw: st.DrawFn) -> Service:
    """A service that a kernel may hold."""
    key = draw(_keys(st.integers(0, 255), st.integers(0, 65535)))
    return Service(
        key,
        draw(st.sampled_from(SCHEDULERS) | words),
        draw(st.integers(0, 7)),
        draw(st.none() | st.integers(0, 2**32 - 1)),
        draw(_netmasks(key.family)),
        draw(st.just("") | words),
        draw(st.booleans()),
    )


@st.composite
def any_servers(draw: st.DrawFn, key: ServiceKey) -> Server:
    """A server that a kernel may hold; what it keeps about a tunnel counts with that method only."""
    family = draw(st.sampled_from([IPV4, IPV6]))
    forward = draw(st.integers(0, 7))
    upper = draw(st.just(0) | st.integers(0, 2**32 - 1))
    return Server(
        ServerKey(family, draw(v4 if family == IPV4 else v6), draw(st.integers(0, 65535))),
        forward,
        draw(st.integers(0, WEIGHT_MAX)),
        upper,
        draw(st.integers(0, upper)),
        draw(tunnels | st.builds(Tunnel, st.integers(0, 255), st.integers(0, 65535), st.integers(0, 65535)))
        if forward == Forward.TUNNEL
        else IPIP,
    )


daemons = st.builds(
    SyncDaemon,
    st.sampled_from(["master", "backup"]),
    words,
    st.integers(0, 255),
    st.integers(0, 65507),
    st.sampled_from(["", "224.0.0.81", "ff02::81"]),
    st.integers(0, 65535),
    st.integers(0, 255),
)
timeouts = st.builds(Timeouts, *(st.integers(1, PERSISTENCE_MAX) for _ in range(3)))
headers = st.builds(Header, names, st.none() | st.integers(0, 4 * 10**9).map(float), names)


@st.composite
def _entries(draw: st.DrawFn, *, any_rule: bool) -> dict[ServiceKey, Entry]:
    entries = {}
    for service in draw(st.lists(any_services() if any_rule else text_services(), max_size=5)):
        servers = any_servers(service.key) if any_rule else text_servers(service.key)
        entries[service.key] = Entry(service, {server.key: server for server in draw(st.lists(servers, max_size=5))})
    return entries


text_rule_sets = st.builds(RuleSet, _entries(any_rule=False), st.none(), st.none())
"""Rule sets that ipvsadm text holds whole."""

any_rule_sets = st.builds(
    RuleSet,
    _entries(any_rule=True),
    st.none() | timeouts,
    st.none() | st.lists(daemons, max_size=2, unique_by=lambda daemon: daemon.role).map(tuple),
)
"""Rule sets that a kernel may hold, with settings."""
