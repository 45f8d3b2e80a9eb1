"""Where an address belongs, over rtnetlink: its interface, the known machines there, and our own MACs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from lvstui.director.model import address_packed, address_text
from lvstui.values import NamedTuple

_LOOPBACK, _NOARP = 0x8, 0x80
"""IFF_LOOPBACK, IFF_NOARP (include/uapi/linux/if.h)."""


class LocalInterface(NamedTuple):
    """An interface: its name, its MAC (b"" where it has none to ask with), and our addresses on it."""

    device: str
    mac: bytes
    addresses: tuple[bytes, ...]


class LocalNetwork(NamedTuple):
    """`places` by name. `macs`: our own, with the interface of each; `neighbours`: the packed addresses of each other
    MAC that the kernel knows."""

    places: dict[str, LocalInterface]
    macs: dict[str, str]
    neighbours: dict[str, tuple[bytes, ...]]
    towards: str

    def holding(self, address: bytes) -> str:
        """The interface that has an address, "" for none. A loopback does not count, because it answers nobody."""
        return next((place.device for place in self.places.values() if address in place.addresses), "")


def surroundings(address: bytes) -> LocalNetwork:
    """The surroundings now. `towards`: the interface through which an address is reached. Raises OSError."""
    from pyroute2 import IPRoute
    from pyroute2.netlink.exceptions import NetlinkError

    with cast(Any, IPRoute()) as route:
        places: dict[str, LocalInterface] = {}
        macs: dict[str, str] = {}
        names: dict[int, str] = {}
        for message in route.get_links():
            flags, attributes = int(message["flags"]), dict(message["attrs"])
            name, text = str(attributes.get("IFLA_IFNAME")), str(attributes.get("IFLA_ADDRESS") or "")
            names[int(message["index"])] = name
            if flags & _LOOPBACK:
                continue
            mac = bytes.fromhex(text.replace(":", "")) if not flags & _NOARP else b""
            places[name] = LocalInterface(name, mac if len(mac) == 6 else b"", ())
            macs.setdefault(text, name)
        for message in route.get_addr():
            attributes, name = dict(message["attrs"]), names.get(int(message["index"]), "")
            on_interface = attributes.get("IFA_LOCAL") or attributes.get("IFA_ADDRESS")
            if on_interface and name in places:
                there = places[name]
                places[name] = there._replace(addresses=(*there.addresses, address_packed(str(on_interface))))
        neighbours: dict[str, tuple[bytes, ...]] = {}
        for message in route.get_neighbours():
            attributes = dict(message["attrs"])
            mac_text, neighbour = str(attributes.get("NDA_LLADDR") or ""), attributes.get("NDA_DST")
            if mac_text and neighbour:
                neighbours[mac_text] = (*neighbours.get(mac_text, ()), address_packed(str(neighbour)))
        towards = ""
        with suppress(NetlinkError):
            for message in route.route("get", dst=address_text(address)):
                towards = names.get(int(dict(message["attrs"]).get("RTA_OIF") or 0), "")
        return LocalNetwork(places, macs, neighbours, towards if towards in places else "")
