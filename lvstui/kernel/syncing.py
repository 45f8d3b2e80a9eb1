"""The running sync daemons, and whether the interfaces that they use are up: one small dump and one request for each
interface, made at intervals."""

from __future__ import annotations

import errno
import fcntl
import struct
import time
from _collections_abc import Iterable, Mapping

from lvstui.director.model import SyncDaemon
from lvstui.kernel.ipvs.family import Ipvs
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

EVERY = 2.0
"""Seconds between two reads that nobody asked for."""
_SIOCGIFFLAGS = 0x8913
_UP, _RUNNING = 0x1, 0x40

Running: TypeAlias = "tuple[tuple[SyncDaemon, ...], Mapping[str, bool | None]]"
"""The daemons, and for each interface that they use whether it is up and has a carrier, None where it is gone."""


class Syncing:
    """Reads them in the network namespace where it is used."""

    def __init__(self, ipvs: Ipvs) -> None:
        self._ipvs = ipvs
        self._known: Running = ((), {})
        self._read = -EVERY
        self._role = ""

    def forget(self) -> None:
        """Forces a new read: they may have changed."""
        self._read = -EVERY

    def running(self, fresh: bool, role: str) -> Running:
        """The daemons now when `fresh`, otherwise at most seconds old. `role`: the VRRP role; keepalived may change the
        daemons when it moves. Raises Unavailable, Stale."""
        now = time.monotonic()
        if fresh or role != self._role or now - self._read >= EVERY:
            daemons = self._ipvs.daemons()
            self._known, self._read, self._role = (daemons, links(daemon.interface for daemon in daemons)), now, role
        return self._known


def links(names: Iterable[str]) -> dict[str, bool | None]:
    """Whether interfaces are up, None for a missing one; an interface that may not be queried is left out."""
    links_up: dict[str, bool | None] = {}
    wanted = dict.fromkeys(names)
    if not wanted:
        return links_up
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for name in wanted:
            try:
                answer = fcntl.ioctl(asked, _SIOCGIFFLAGS, struct.pack("16s24x", name.encode()))
            except OSError as error:
                if error.errno == errno.ENODEV:
                    links_up[name] = None
                continue
            flags = struct.unpack_from("16xH", answer)[0]
            links_up[name] = flags & (_UP | _RUNNING) == _UP | _RUNNING
    return links_up
