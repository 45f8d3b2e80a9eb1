"""Where the connections of this director come from: seen here, or received from a sync daemon.

/proc/net/ip_vs_conn_sync has a row for each connection, whose last word says this (ip_vs_conn.c,
ip_vs_conn_sync_seq_show). Each read walks the table from its beginning, so a large one is never read whole.
"""

from __future__ import annotations

import os
import time
from collections import Counter

from lvstui.director.errors import Unavailable
from lvstui.director.model import SCTP, TCP, UDP
from lvstui.director.probe import ConnectionTarget, Origins

FILE = "/proc/net/ip_vs_conn_sync"
MOST = 20_000
"""The most rows counted."""
_PROTOCOLS = {b"IP": 0, b"TCP": TCP, b"UDP": UDP, b"SCTP": SCTP, b"ICMP": 1, b"ICMPv6": 58}
_LONGEST = 2.0
"""Seconds after which counting stops."""


def origins(name: str = FILE, most: int = MOST) -> Origins:
    """Counts the first connections by origin. Raises Unavailable where the file cannot be read."""
    until = time.monotonic() + _LONGEST
    counted: Counter[tuple[bytes, ...]] = Counter()
    rows, rest = 0, b""
    try:
        file = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Unavailable(name, error.strerror or str(error), "run as root") from None
    try:
        while chunk := os.read(file, 65536):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            for line in lines:
                words = line.split()
                # Pro FromIP FPrt ToIP TPrt DestIP DPrt State Origin Expires
                if len(words) < 10 or words[-2] not in (b"LOCAL", b"SYNC"):
                    continue
                if rows >= most:
                    return _origins(counted, False)
                rows += 1
                counted[words[0], words[3], words[4], words[-2]] += 1
            if time.monotonic() > until:
                return _origins(counted, False)
    except OSError as error:
        raise Unavailable(name, error.strerror or str(error)) from None
    finally:
        os.close(file)
    return _origins(counted, True)


def _origins(counted: Counter[tuple[bytes, ...]], whole: bool) -> Origins:
    of: dict[ConnectionTarget, tuple[int, int]] = {}
    for (protocol, address, port, origin), number in counted.items():
        try:
            where = _protocol(protocol), bytes.fromhex(address.decode().replace(":", "")), int(port, 16)
        except ValueError:
            raise Unavailable(FILE, f"cannot read the address {address!r}:{port!r}") from None
        local, synced = of.get(where, (0, 0))
        of[where] = (local, synced + number) if origin == b"SYNC" else (local + number, synced)
    return Origins(sum(number for number, _ in of.values()), sum(number for _, number in of.values()), whole, of)


def _protocol(name: bytes) -> int:
    """The number of a protocol; 0 for `IP`, which the templates of firewall marks have."""
    return _PROTOCOLS[name] if name in _PROTOCOLS else int(name.removeprefix(b"IP_"))
