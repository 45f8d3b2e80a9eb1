"""A sample of the connection table: its first rows, which are in random order (a hash with a secret seed).

Before Linux 6.14 each read(2) of /proc/net/ip_vs_conn walks the table from its beginning, so reading all of a large one
takes minutes. The first rows take milliseconds whatever its size.
"""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from socket import AF_INET6, inet_pton

from lvstui.director.connections import ruled
from lvstui.director.facts import Flowing, Sample
from lvstui.director.model import IPV4, IPV6, SCTP, TCP, UDP, ServerKey, ServiceKey
from lvstui.director.state import Pool

FILE = "/proc/net/ip_vs_conn"
MOST = 2000
"""Rows of a sample."""
_PROTOCOLS = {b"TCP": TCP, b"UDP": UDP, b"SCTP": SCTP}
_TEMPLATE, _EXPIRED = 0, 0xFFFF
"""The client port of a persistence template, and the ports of one that is no longer used."""


def sampled(
    keys: Collection[ServiceKey], pools: Mapping[ServiceKey, Pool], budget: float, name: str = FILE, most: int = MOST
) -> Sample:
    """Samples the first rows, as many as fit into `budget` seconds. A connection to a server of a firewall mark is not
    an orphan, because it may have matched the mark. Raises OSError."""
    began = time.monotonic()
    tcp: Counter[tuple[ServiceKey, ServerKey]] = Counter()
    unanswered: Counter[tuple[ServiceKey, ServerKey]] = Counter()
    clients: defaultdict[tuple[ServiceKey, ServerKey], Counter[bytes]] = defaultdict(Counter)
    orphans: Counter[tuple[ServiceKey, ServerKey]] = Counter()
    servers: dict[ServiceKey, frozenset[ServerKey]] = {}
    by_mark = {server.key.address for key, pool in pools.items() if key.fwmark for server in pool.servers()}
    rows, whole, rest = 0, False, b""
    file = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while rows < most and time.monotonic() - began < budget:
            chunk = os.read(file, 65536)
            if not chunk:
                whole = True
                break
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            for line in lines:
                row = _row(line, keys)
                if row is None:
                    continue
                rows += 1
                key, server, client, state, asked = row
                certain = True
                if (pool := pools.get(key)) is not None:
                    if key not in servers:
                        servers[key] = frozenset(server.key for server in pool.servers())
                    server, certain = ruled(key, server, asked, servers[key])
                    certain = certain and server.address not in by_mark
                place = key, server
                lives = state == b"ESTABLISHED" or key.protocol == UDP
                clients[place][client] += 1
                if key.protocol == TCP:
                    tcp[place] += 1
                    unanswered[place] += state == b"SYN_RECV"
                if key in servers:
                    orphans[place] += lives and certain and server not in servers[key]
    finally:
        os.close(file)
    flowing = {}
    for place, of in clients.items():
        client, largest = of.most_common(1)[0]
        flowing[place] = Flowing(tcp[place], unanswered[place], of.total(), largest, client)
    return Sample(time.time(), rows, whole, time.monotonic() - began, flowing, {p: n for p, n in orphans.items() if n})


def _row(line: bytes, keys: Collection[ServiceKey]) -> tuple[ServiceKey, ServerKey, bytes, bytes, int] | None:
    """Service, server, client, state and destination port of a row. None for a template, and for a connection without
    an address-based service, because the firewall mark that it matched is not shown."""
    words = line.split()
    if len(words) < 9:
        words = words + [b""] * (9 - len(words))
    protocol = _PROTOCOLS.get(words[0])
    if protocol is None or not words[7]:
        return None
    try:
        client_port, port, server_port = (int(words[at], 16) for at in (2, 4, 6))
        if client_port == _TEMPLATE or port == _EXPIRED == server_port:
            return None
        client, virtual, real = (_address(words[at]) for at in (1, 3, 5))
    except (ValueError, OSError):
        return None
    family = IPV4 if len(virtual) == 4 else IPV6
    server = ServerKey(IPV4 if len(real) == 4 else IPV6, real, server_port)
    for key in (ServiceKey(0, family, protocol, virtual, port), ServiceKey(0, family, protocol, virtual, 0)):
        if key in keys:
            return key, server, client, words[7], port
    return None


def _address(word: bytes) -> bytes:
    if b":" in word:
        return inet_pton(AF_INET6, word.decode())
    packed = bytes.fromhex(word.decode())
    if len(packed) != 4:
        raise ValueError(word)
    return packed
