"""The kernel's own routing, over rtnetlink and without a library: neighbours that do not answer, and the route to an
address. Sources: rtnetlink(7), include/uapi/linux/{rtnetlink,neighbour}.h."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from struct import Struct, pack
from sys import byteorder
from types import TracebackType

from lvstui.director.facts import FAILED, INCOMPLETE, Way
from lvstui.values import NamedTuple

_GETROUTE, _GETNEIGH = 26, 30
"""RTM_GETROUTE, RTM_GETNEIGH."""
_REQUEST, _DUMP = 0x1, 0x300
_ERROR, _DONE = 2, 3
_HEAD = Struct("=IHHII")
_ATTRIBUTE = Struct("=HH")
_NDA_DST = 1
_RTA_DST, _RTA_OIF, _RTA_GATEWAY = 1, 4, 5
_RTN_LOCAL = 2
_STATES = {0x01: INCOMPLETE, 0x20: FAILED}
"""NUD_INCOMPLETE, NUD_FAILED."""
_PATIENCE = 2.0


class Route(NamedTuple):
    """The route of a packet to an address: whether it is for this machine itself, and the way it takes."""

    local: bool
    way: Way


class Routing:
    """One rtnetlink socket in the network namespace where it was created. Every call may raise OSError."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self._socket.settimeout(_PATIENCE)
        self._socket.bind((0, 0))
        self._number = 0

    def __enter__(self) -> Routing:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def neighbours(self) -> dict[bytes, str]:
        """The neighbours that have not answered: FAILED, or INCOMPLETE while the kernel is asking."""
        addresses = {}
        for body in self._asked(_GETNEIGH, pack("=BxxxiHBB", socket.AF_UNSPEC, 0, 0, 0, 0), dump=True):
            (state,) = Struct("=H").unpack_from(body, 8)
            address = _attributes(body[12:]).get(_NDA_DST)
            if address and state in _STATES:
                addresses[address] = _STATES[state]
        return addresses

    def route(self, address: bytes) -> Route | None:
        """The route to an address, None where there is none."""
        family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
        head = pack("=BBBBBBBBI", family, len(address) * 8, 0, 0, 0, 0, 0, 0, 0)
        attribute = _ATTRIBUTE.pack(4 + len(address), _RTA_DST) + address
        try:
            body = next(self._asked(_GETROUTE, head + attribute, dump=False), None)
        except TimeoutError:
            raise
        except OSError:
            return None  # ENETUNREACH, EHOSTUNREACH, EACCES: no route
        if body is None:
            return None
        attributes = _attributes(body[12:])
        index = int.from_bytes(attributes.get(_RTA_OIF, b""), byteorder)
        try:
            device = socket.if_indextoname(index)
        except OSError:
            device = str(index)  # the interface has just been removed
        return Route(body[7] == _RTN_LOCAL, Way(device, attributes.get(_RTA_GATEWAY, b"")))

    def _asked(self, kind: int, body: bytes, *, dump: bool) -> Iterator[bytes]:
        """The bodies of the answers. Raises OSError with the kernel's number."""
        self._number += 1
        flags = _REQUEST | (_DUMP if dump else 0)
        self._socket.send(_HEAD.pack(_HEAD.size + len(body), kind, flags, self._number, 0) + body)
        while True:
            data = self._socket.recv(65536)
            at = 0
            while at + _HEAD.size <= len(data):
                length, what, _, number, _ = _HEAD.unpack_from(data, at)
                if length < _HEAD.size:
                    raise OSError(0, "the kernel's answer is cut off")
                answer = data[at + _HEAD.size : at + length]
                at += length + 3 & ~3
                if number != self._number:
                    continue  # an answer to an abandoned request
                if what == _ERROR:
                    (error,) = Struct("=i").unpack_from(answer)
                    if error:
                        raise OSError(-error, os.strerror(-error))
                    return
                if what == _DONE:
                    return
                yield answer
                if not dump:
                    return


def _attributes(data: bytes) -> dict[int, bytes]:
    attributes: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < 4:
            break
        attributes[kind & 0x3FFF] = data[at + 4 : at + length]
        at += length + 3 & ~3
    return attributes
