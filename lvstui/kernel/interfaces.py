"""The interfaces of this network namespace and the addresses on them, over rtnetlink: who holds a virtual address.

pyroute2 does the work. It costs a fifth of a second to import, so only a console ever makes one of these, and in a
thread of its own. Between two changes, which the kernel tells of, nothing is read."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple, cast

from lvstui.director.model import address_packed

_NETLINK_ROUTE = 0
_GROUPS = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR (include/uapi/linux/rtnetlink.h)."""
_DELADDR = 21
"""RTM_DELADDR."""
_ADDRESS, _LOCAL = 1, 2
"""IFA_ADDRESS, IFA_LOCAL (include/uapi/linux/if_addr.h)."""
_SHARING = ("macvlan", "macvtap", "ipvlan", "ipvtap")
_UP, _LOOPBACK, _LOWER_UP = 0x1, 0x8, 0x10000


class Address(NamedTuple):
    """A packed address on an interface."""

    address: bytes
    prefix: int
    device: str


class Link(NamedTuple):
    """An interface: `up` when it is up and has a carrier; `mac` as text, "" without one; `below`: the interface that a
    macvlan or ipvlan shares, "" where it is none."""

    name: str
    up: bool
    loopback: bool
    mac: str
    below: str = ""


class Interfaces(NamedTuple):
    """All of them at one moment. `gone`: packed addresses that were taken off an interface since the look before; they
    may be back."""

    links: dict[str, Link]
    addresses: frozenset[Address]
    gone: frozenset[bytes] = frozenset()

    @property
    def held(self) -> frozenset[bytes]:
        """Every address on an interface that is not loopback: on a loopback it answers nobody outside."""
        return frozenset(one.address for one in self.addresses if not self.links[one.device].loopback)


class Watch:
    """Reads interfaces in the network namespace it was made in, and hears of their changes."""

    def __init__(self) -> None:
        from pyroute2 import IPRoute

        self._events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _NETLINK_ROUTE)
        self._events.bind((0, _GROUPS))  # before the first read, so that no change falls between
        self._route = cast(Any, IPRoute())
        self._known: Interfaces | None = None
        self._gone: set[bytes] = set()

    def fileno(self) -> int:
        """Of the socket that becomes readable when something changes."""
        return self._events.fileno()

    def interfaces(self) -> Interfaces:
        """As they are now. Raises OSError."""
        if self._changed() or self._known is None:
            self._known = self._read()._replace(gone=frozenset(self._gone))
        elif self._known.gone:
            self._known = self._known._replace(gone=frozenset())
        self._gone.clear()
        return self._known

    def _changed(self) -> bool:
        """Takes the news there is; too many of them (ENOBUFS) are news too."""
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

    def _read(self) -> Interfaces:
        links = {}
        names = {}
        below = {}
        for message in self._route.get_links():
            attributes = dict(message["attrs"])
            flags, name = int(message["flags"]), str(attributes.get("IFLA_IFNAME", message["index"]))
            names[message["index"]] = name
            up = flags & (_UP | _LOWER_UP) == _UP | _LOWER_UP
            links[name] = Link(name, up, bool(flags & _LOOPBACK), str(attributes.get("IFLA_ADDRESS") or ""))
            kind = dict(attributes.get("IFLA_LINKINFO", {}).get("attrs", ())).get("IFLA_INFO_KIND")
            # A number of another network namespace means nothing here.
            if kind in _SHARING and "IFLA_LINK_NETNSID" not in attributes:
                below[name] = attributes.get("IFLA_LINK")
        for name, index in below.items():
            links[name] = links[name]._replace(below=names.get(index, ""))
        addresses = set()
        for message in self._route.get_addr():
            attributes = dict(message["attrs"])
            text = attributes.get("IFA_LOCAL") or attributes.get("IFA_ADDRESS")
            device = names.get(message["index"])
            if text and device is not None:
                addresses.add(Address(address_packed(str(text)), int(message["prefixlen"]), device))
        return Interfaces(links, frozenset(addresses))

    def close(self) -> None:
        with suppress(OSError):
            self._events.close()
        self._route.close()


def gone(data: bytes) -> Iterator[bytes]:
    """The packed addresses that rtnetlink messages say were taken off an interface."""
    for kind, body in _parts(data, "=IH", 16):
        if kind == _DELADDR:
            said = dict(_parts(body[8:], "=HH", 4))  # behind struct ifaddrmsg
            if address := said.get(_LOCAL) or said.get(_ADDRESS):
                yield address


def _parts(data: bytes, head: str, size: int) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each message, or attribute, one behind the other."""
    at = 0
    while at + size <= len(data):
        length, kind = struct.unpack_from(head, data, at)
        if length < size:
            return
        yield kind, data[at + size : at + length]
        at += length + 3 & ~3
