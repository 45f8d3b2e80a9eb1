"""The sync daemons that run, and whether the interfaces they use are up: one small dump, and a question for each
interface, asked seldom."""

from __future__ import annotations

import errno
import fcntl
import struct
import time
from _collections_abc import Iterable, Mapping

from lvstui.director.model import SyncDaemon
from lvstui.kernel.ipvs.family import Ipvs

EVERY = 2.0
"""Seconds between two looks that nobody asked for."""
_SIOCGIFFLAGS = 0x8913
_UP, _RUNNING = 0x1, 0x40

Running = tuple[tuple[SyncDaemon, ...], Mapping[str, bool | None]]
"""The daemons, and of each interface that they use whether it is up and has a carrier, None where it is gone."""


class Syncing:
    """Reads them in the network namespace it is used in."""

    def __init__(self, ipvs: Ipvs) -> None:
        self._ipvs = ipvs
        self._known: Running = ((), {})
        self._read = -EVERY
        self._role = ""

    def forget(self) -> None:
        """Reads them again at the next asking: they may have been changed."""
        self._read = -EVERY

    def running(self, fresh: bool, role: str) -> Running:
        """As of now when `fresh`, else of the last seconds. `role`: of VRRP; keepalived may change them when it
        moves. Raises Unavailable, Stale."""
        now = time.monotonic()
        if fresh or role != self._role or now - self._read >= EVERY:
            daemons = self._ipvs.daemons()
            self._known, self._read, self._role = (daemons, links(one.interface for one in daemons)), now, role
        return self._known


def links(names: Iterable[str]) -> dict[str, bool | None]:
    """Whether interfaces are up, None for one that is not there; one that may not be asked for is left out."""
    found: dict[str, bool | None] = {}
    wanted = dict.fromkeys(names)
    if not wanted:
        return found
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for name in wanted:
            try:
                answer = fcntl.ioctl(asked, _SIOCGIFFLAGS, struct.pack("16s24x", name.encode()))
            except OSError as error:
                if error.errno == errno.ENODEV:
                    found[name] = None
                continue
            flags = struct.unpack_from("16xH", answer)[0]
            found[name] = flags & (_UP | _RUNNING) == _UP | _RUNNING
    return found
