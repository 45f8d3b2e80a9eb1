"""Where the connections of this director come from: seen here, or told by a sync daemon.

/proc/net/ip_vs_conn_sync has a row for each connection, and its last words say it (ip_vs_conn.c,
ip_vs_conn_sync_seq_show). Each read of it walks the table from its beginning, so a large one is never read whole."""

from __future__ import annotations

import os
import time

from lvstui.director.errors import Unavailable
from lvstui.director.probe import Origins

FILE = "/proc/net/ip_vs_conn_sync"
MOST = 20_000
"""Rows that are counted."""
_LONGEST = 2.0
"""Seconds after which counting ends."""


def origins(name: str = FILE, most: int = MOST) -> Origins:
    """Counts the first connections. Raises Unavailable where the file cannot be read."""
    until = time.monotonic() + _LONGEST
    local = synced = 0
    rest = b""
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
                if len(words) < 3 or words[-2] not in (b"LOCAL", b"SYNC"):
                    continue
                if local + synced >= most:
                    return Origins(local, synced, False)
                if words[-2] == b"SYNC":
                    synced += 1
                else:
                    local += 1
            if time.monotonic() > until:
                return Origins(local, synced, False)
    except OSError as error:
        raise Unavailable(name, error.strerror or str(error)) from None
    finally:
        os.close(file)
    return Origins(local, synced)
