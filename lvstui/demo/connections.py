"""The connections of a world, made up: each real server has as many as its counters say, from the same few networks.
The same counters make the same rows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

from lvstui.director.connections import Connection, ConnectionSample, ReadLimits
from lvstui.director.model import IPV4, UDP, ServerKey, Service, address_packed
from lvstui.director.state import State
from lvstui.values import NamedTuple

_NETWORKS = {
    4: [(address_packed(text), heads) for text, heads in (
        ("203.0.113.0", 40), ("198.51.100.0", 22), ("192.0.2.0", 9), ("198.18.7.0", 6), ("198.18.64.0", 4),
        ("198.19.12.0", 2),
    )],
    6: [(address_packed(text), heads) for text, heads in (
        ("2001:db8:c0::", 30), ("2001:db8:c1::", 12), ("2001:db8:7:4::", 5),
    )],
}  # fmt: skip
"""The networks of the clients, and each one's share of the traffic."""
_ACTIVE = (("ESTABLISHED", 900, 0.93), ("SYN_RECV", 60, 0.07))
_INACTIVE = (("FIN_WAIT", 120, 0.62), ("TIME_WAIT", 120, 0.35), ("CLOSE", 10, 0.03))
"""States with their timeouts, and the share of connections in each."""


_COST = 20e-6
"""The seconds that reading a row seems to take: about as long as a kernel takes."""


_ELSE = 993
"""The port for clients of a service with all ports: one that no other service has."""


class _Kind(NamedTuple):
    service: Service
    server: ServerKey
    active: bool
    template: bool = False


def connections(state: State, limits: ReadLimits, going: Callable[[], bool], seed: int) -> ConnectionSample:
    """A sample of the rows that a table with these counters has."""
    dice = random.Random(seed)
    kinds = [(kind, number) for kind, number in _kinds(state) if number]
    total = sum(number for _, number in kinds)
    whole = total <= limits.rows
    if whole:
        drawn = [kind for kind, number in kinds for _ in range(number)]
        dice.shuffle(drawn)
    else:
        drawn = dice.choices([kind for kind, _ in kinds], [number for _, number in kinds], k=limits.rows)
    synced = any(daemon.role == "backup" for daemon in state.sync or ()) and state.vrrp.role != "MASTER"
    rows = []
    for number, kind in enumerate(drawn):
        if not number % 1000 and not going():
            break
        row = _row(kind, dice, synced)
        if limits.clients is None or row.client in limits.clients:
            rows.append(row)
    return ConnectionSample(tuple(rows), len(drawn), 0, whole, time.time(), len(drawn) * _COST)


def _kinds(state: State) -> Iterator[tuple[_Kind, int]]:
    for service in state.services.services():
        for reading in state.servers(service.key) or ():
            key = reading.server.key
            yield _Kind(service, key, True), reading.active
            yield _Kind(service, key, False), reading.inactive
            yield _Kind(service, key, False, True), reading.persistent


def _row(kind: _Kind, dice: random.Random, synced: bool) -> Connection:
    key = kind.service.key
    networks = _NETWORKS[key.family]
    network, _ = dice.choices(networks, [heads for _, heads in networks])[0]
    head = min(int(dice.paretovariate(1.1)), 250)  # a few clients have most of the connections
    client = network[:-1] + bytes([head])
    protocol, virtual, port, server = key.protocol, key.address, key.port or _ELSE, kind.server
    if kind.template:
        left = dice.randrange(1, max(2, kind.service.persistence or 300))
        server = server if key.port else server._replace(port=0)
        if key.fwmark:
            mark = key.fwmark.to_bytes(4, "big").ljust(4 if key.family == IPV4 else 16, b"\0")
            return Connection(0, client, 0, mark, 0, server, "ASSURED", left, synced)
        return Connection(protocol, client, 0, virtual, key.port, server, "ASSURED", left, synced)
    if key.fwmark:
        protocol, virtual, port = 6, address_packed("192.0.2.77" if key.family == IPV4 else "2001:db8:ff::77"), 443
    as_asked = not server.port or (not key.port and kind.service.persistence is not None)
    server = server._replace(port=port) if as_asked else server
    if protocol == UDP:
        state, longest = "UDP", 300
    else:
        states = _ACTIVE if kind.active else _INACTIVE
        state, longest, _ = dice.choices(states, [share for *_, share in states])[0]
    client_port = dice.randrange(32768, 61000)
    return Connection(protocol, client, client_port, virtual, port, server, state, dice.randrange(1, longest), synced)
