"""Facts of the machine around the table, read at their own pace. A fact that could not be read is missing, and `why`
gives the reason; nothing is judged by a number that was not read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lvstui.director.model import ServerKey, ServiceKey
from lvstui.values import NamedTuple

FAILED, INCOMPLETE, OTHER = "FAILED", "INCOMPLETE", "other"
"""States of a neighbour: nobody answered for it; the kernel is asking for it; anything else."""


class Interface(NamedTuple):
    """A network interface: whether it is up, has a carrier, and is a loopback."""

    up: bool
    loopback: bool
    mtu: int = 0


class Way(NamedTuple):
    """The route to an address: the outgoing interface, and the router (b"" for none)."""

    device: str
    router: bytes = b""


class Flowing(NamedTuple):
    """The sampled connections of one real server of one virtual service: the TCP ones, those of them still unanswered
    (SYN_RECV), and the largest number from a single client address."""

    tcp: int = 0
    unanswered: int = 0
    rows: int = 0
    largest: int = 0
    client: bytes = b""


class Sample(NamedTuple):
    """The first rows of the connection table, in random order (by a hash with a secret seed). `whole`: these are all
    rows. `orphans`: connections of a service to an address that is not one of its servers. `seconds`: how long the read
    took."""

    at: float
    rows: int
    whole: bool
    seconds: float
    flowing: Mapping[tuple[ServiceKey, ServerKey], Flowing] = MappingProxyType({})
    orphans: Mapping[tuple[ServiceKey, ServerKey], int] = MappingProxyType({})


INTERFACE_SWITCHES = ("arp_announce", "arp_ignore", "rp_filter")
"""Switches in net.ipv4.conf for which the kernel takes the larger number of the interface's own and that of `all`."""
TUNNELS = ("tunl", "gre", "fou", "ipip", "sit", "ip6tnl")
"""How the names of interfaces begin that end tunnels."""
NO_NUMBERS: Mapping[str, int] = MappingProxyType({})
NO_WORDS: Mapping[str, str] = MappingProxyType({})
_NO_LINKS: Mapping[str, Interface] = MappingProxyType({})
_NO_STATES: Mapping[bytes, str] = MappingProxyType({})
_NO_NETWORKS: Mapping[bytes, str] = MappingProxyType({})
_NO_WAYS: Mapping[bytes, Way] = MappingProxyType({})


class Facts(NamedTuple):
    """`at`: when they were read, seconds of the epoch.

    `numbers` have the names that an operator knows: `net.ipv4.ip_forward`, `Ip InAddrErrors`, `eth1 rx errors`,
    `softnet dropped`, `MemTotal`. `moved`: the growth of those that are counters over the last `span` seconds; empty at
    the first read. `local`: the virtual addresses that the kernel treats as its own, None where it was not asked.
    `addresses`: the interface of each address of this machine. `neighbours`: the states of those that are FAILED or
    INCOMPLETE. `ways`: the routes to real servers, as far as they were looked up. `why`: why a missing field or number
    could not be read, by its name. `networks`: virtual addresses on another interface than the one with their network,
    and that one.
    """

    at: float
    numbers: Mapping[str, int] = NO_NUMBERS
    moved: Mapping[str, int] = NO_NUMBERS
    span: float = 0.0
    links: Mapping[str, Interface] = _NO_LINKS
    addresses: Mapping[bytes, str] | None = None
    local: frozenset[bytes] | None = None
    neighbours: Mapping[bytes, str] = _NO_STATES
    ways: Mapping[bytes, Way] = _NO_WAYS
    sample: Sample | None = None
    why: Mapping[str, str] = NO_WORDS
    networks: Mapping[bytes, str] = _NO_NETWORKS

    def in_effect(self, device: str, switch: str) -> int | None:
        """The number of one of INTERFACE_SWITCHES that counts on an interface, None where it was not read."""
        own, machine = (self.numbers.get(f"net.ipv4.conf.{name}.{switch}") for name in (device, "all"))
        return max(own, machine) if own is not None and machine is not None else None

    def grown(self, name: str) -> int:
        """The growth of a counter since the read before, 0 where that is not known."""
        return self.moved.get(name, 0)
