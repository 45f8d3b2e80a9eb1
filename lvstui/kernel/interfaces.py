"""The interfaces of this network namespace and their addresses, over rtnetlink: they show who holds a virtual address.

Two dumps are enough, and importing pyroute2 takes half a second of processor time, more than the rest of `lvstui
--list`. So the dumps are read here; a test in the lab compares them with pyroute2's. Between two changes, which the
kernel announces, nothing is read.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from sys import byteorder

from lvstui.values import NamedTuple

_NETLINK_ROUTE = 0
_GROUPS = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR (include/uapi/linux/rtnetlink.h)."""
_GETLINK, _DELADDR, _GETADDR = 18, 21, 22
"""RTM_GETLINK, RTM_DELADDR, RTM_GETADDR."""
_ERROR, _DONE = 2, 3
"""NLMSG_ERROR, NLMSG_DONE (include/uapi/linux/netlink.h)."""
_DUMP = 0x1 | 0x300
"""NLM_F_REQUEST, NLM_F_DUMP."""
_INTERRUPTED = 0x10
"""NLM_F_DUMP_INTR: something changed while the kernel answered, so the answer may lack an entry."""
_ATTEMPTS = 20
_DEADLINE = 5
"""Seconds that the kernel may take for one part of an answer."""
_ADDRESS, _LOCAL = 1, 2
"""IFA_ADDRESS, IFA_LOCAL (include/uapi/linux/if_addr.h)."""
_MAC, _NAME, _MTU, _LINK, _LINK_INFO, _MASK, _LINK_NETNS = 1, 3, 4, 5, 18, 29, 37
"""IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_LINKINFO, IFLA_EXT_MASK, IFLA_LINK_NETNSID (if_link.h)."""
_KIND = 1
"""IFLA_INFO_KIND, inside IFLA_LINKINFO."""
_NO_STATISTICS = 0x8
"""RTEXT_FILTER_SKIP_STATS."""
_SHARING = ("macvlan", "macvtap", "ipvlan", "ipvtap")
_UP, _LOOPBACK, _LOWER_UP = 0x1, 0x8, 0x10000


class Address(NamedTuple):
    """A packed address on an interface."""

    address: bytes
    prefix: int
    device: str


class NetworkLink(NamedTuple):
    """An interface. `up`: it is up and has a carrier; `mac`: as text, "" for none; `below`: the interface that a
    macvlan or ipvlan shares, "" for other kinds."""

    name: str
    up: bool
    loopback: bool
    mac: str
    below: str = ""
    mtu: int = 0


class Interfaces(NamedTuple):
    """All interfaces at one moment. `gone`: packed addresses that were removed from an interface since the last read;
    they may be back."""

    links: dict[str, NetworkLink]
    addresses: frozenset[Address]
    gone: frozenset[bytes] = frozenset()

    @property
    def held(self) -> frozenset[bytes]:
        """Every address on an interface that is not loopback; on a loopback it answers nobody outside."""
        return frozenset(address.address for address in self.addresses if not self.links[address.device].loopback)


class Watch:
    """Reads interfaces in the network namespace where it was created, and is notified of changes."""

    def __init__(self) -> None:
        self._events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _NETLINK_ROUTE)
        self._events.bind((0, _GROUPS))  # before the first read, so that no change falls between
        self._known: Interfaces | None = None
        self._gone: set[bytes] = set()

    def fileno(self) -> int:
        """The descriptor of the socket that becomes readable when something changes."""
        return self._events.fileno()

    def interfaces(self) -> Interfaces:
        """The interfaces as they are now. Raises OSError."""
        if self._changed() or self._known is None:
            self._known = read()._replace(gone=frozenset(self._gone))
        elif self._known.gone:
            self._known = self._known._replace(gone=frozenset())
        self._gone.clear()
        return self._known

    def _changed(self) -> bool:
        """Reads the pending notifications; an overflow (ENOBUFS) counts as a change."""
        news = False
        try:
            while data := self._events.recv(65536):
                self._gone.update(gone(data))
                news = True
        except BlockingIOError:
            return news
        except OSError:
            return True
        return news

    def close(self) -> None:
        with suppress(OSError):
            self._events.close()


def read() -> Interfaces:
    """The interfaces of this network namespace and their addresses, read once. Raises OSError."""
    links: dict[str, NetworkLink] = {}
    names: dict[int, str] = {}
    below: dict[str, int] = {}
    mask = struct.pack("=HHI", 8, _MASK, _NO_STATISTICS)
    for body in _dump(_GETLINK, bytes(16) + mask):
        index, flags = struct.unpack_from("=iI", body, 4)  # struct ifinfomsg
        attributes = _attributes(body[16:])
        name = _text(attributes.get(_NAME, b"")) or str(index)
        names[index] = name
        up = flags & (_UP | _LOWER_UP) == _UP | _LOWER_UP
        mtu = int.from_bytes(attributes.get(_MTU, b""), byteorder)
        links[name] = NetworkLink(name, up, bool(flags & _LOOPBACK), attributes.get(_MAC, b"").hex(":"), mtu=mtu)
        kind = _text(_attributes(attributes.get(_LINK_INFO, b"")).get(_KIND, b""))
        # An interface number from another network namespace means nothing here.
        if kind in _SHARING and _LINK in attributes and _LINK_NETNS not in attributes:
            below[name] = int.from_bytes(attributes[_LINK], byteorder)
    for name, index in below.items():
        links[name] = links[name]._replace(below=names.get(index, ""))
    addresses = set()
    for body in _dump(_GETADDR, bytes(8)):
        prefix, index = body[1], struct.unpack_from("=I", body, 4)[0]  # struct ifaddrmsg
        attributes = _attributes(body[8:])
        address, device = attributes.get(_LOCAL) or attributes.get(_ADDRESS), names.get(index)
        if address and device is not None:
            addresses.add(Address(address, prefix, device))
    return Interfaces(links, frozenset(addresses))


def _dump(kind: int, request: bytes) -> list[bytes]:
    """The messages of a whole dump, each without its header. Raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_ROUTE) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("=qq", _DEADLINE, 0))
        for attempt in range(1, _ATTEMPTS + 1):
            asking.send(struct.pack("=IHHII", 16 + len(request), kind, _DUMP, attempt, 0) + request)
            answers = _answers(asking, attempt)
            if answers is not None:
                return answers
    raise OSError(errno.EAGAIN, f"the interfaces changed during each of {_ATTEMPTS} reads")


def _answers(asking: socket.socket, number: int) -> list[bytes] | None:
    """The messages that answer request `number`; None when something changed meanwhile."""
    answers: list[bytes] = []
    whole = True
    while True:
        data, at = asking.recv(65536), 0
        while at + 16 <= len(data):
            length, kind, flags, sequence = struct.unpack_from("=IHHI", data, at)
            body = data[at + 16 : at + length]
            at += max(length, 16) + 3 & ~3
            if sequence != number:
                continue
            whole = whole and not flags & _INTERRUPTED
            if kind in (_ERROR, _DONE):
                code = struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
                if code:
                    raise OSError(-code, os.strerror(-code))
                return answers if whole else None
            answers.append(body)


def _attributes(data: bytes) -> dict[int, bytes]:
    """Attributes by number, without the bits that mark a nested one or its byte order."""
    return {kind & 0x3FFF: content for kind, content in _parts(data, "=HH", 4)}


def _text(content: bytes) -> str:
    return content.rstrip(b"\0").decode(errors="backslashreplace")


def gone(data: bytes) -> Iterator[bytes]:
    """The packed addresses removed from an interface, according to rtnetlink messages."""
    for kind, body in _parts(data, "=IH", 16):
        if kind == _DELADDR:
            said = dict(_parts(body[8:], "=HH", 4))  # behind struct ifaddrmsg
            if address := said.get(_LOCAL) or said.get(_ADDRESS):
                yield address


def _parts(data: bytes, head: str, size: int) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each message or attribute in a row."""
    at = 0
    while at + size <= len(data):
        length, kind = struct.unpack_from(head, data, at)
        if length < size:
            return
        yield kind, data[at + size : at + length]
        at += length + 3 & ~3
