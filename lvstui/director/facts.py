"""Facts: what was read of the machine around the table, at a pace of its own. What could not be read is missing, and
`why` says the reason: nothing is judged by a number that nobody has read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from lvstui.director.model import ServerKey, ServiceKey

FAILED, INCOMPLETE, OTHER = "FAILED", "INCOMPLETE", "other"
"""States of a neighbour: nobody answered for it; it is being asked for; anything else."""


class Interface(NamedTuple):
    """A network interface: whether it is up and has a carrier, whether it is a loopback, and its largest packet in
    bytes, 0 where that is not known."""

    up: bool
    loopback: bool
    mtu: int = 0


class Way(NamedTuple):
    """How the kernel would send to an address: out of which interface, through which router (b"" for none)."""

    device: str
    router: bytes = b""


class Flowing(NamedTuple):
    """The sampled connections of one real server of one virtual service: TCP ones, those of them that nobody has
    answered yet (SYN_RECV), and the most that one client address has of all of them."""

    tcp: int = 0
    unanswered: int = 0
    rows: int = 0
    largest: int = 0
    client: bytes = b""


class Sample(NamedTuple):
    """The first rows of the connection table, which lie in random order (by a hash with a secret seed). `whole`: there
    are no others. `orphans`: connections of a service to an address that is none of its servers. `seconds`: how long
    the reading took."""

    at: float
    rows: int
    whole: bool
    seconds: float
    flowing: Mapping[tuple[ServiceKey, ServerKey], Flowing] = MappingProxyType({})
    orphans: Mapping[tuple[ServiceKey, ServerKey], int] = MappingProxyType({})


NO_NUMBERS: Mapping[str, int] = MappingProxyType({})
NO_WORDS: Mapping[str, str] = MappingProxyType({})
_NO_LINKS: Mapping[str, Interface] = MappingProxyType({})
_NO_STATES: Mapping[bytes, str] = MappingProxyType({})
_NO_WAYS: Mapping[bytes, Way] = MappingProxyType({})


class Facts(NamedTuple):
    """`at`: seconds of the epoch at which they were read.

    `numbers` go by the name under which an operator knows them: `net.ipv4.ip_forward`, `Ip InAddrErrors`, `eth1 rx
    errors`, `softnet dropped`, `MemTotal`. `moved`: by how much those that count have grown over the last `span`
    seconds; nothing at the first look. `local`: the virtual addresses that the kernel takes for its own, None where it
    was not asked. `addresses`: the interface of each address of this machine. `neighbours`: the states of those that
    are FAILED or INCOMPLETE; `ways`: of real servers, and of clients that nobody answers, as
    far as they were looked up. `why`: of what is missing, by the
    name of the field or the number, why it could not be read."""

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

    def grown(self, name: str) -> int:
        """By how much a counter has grown since the look before, 0 where that is not known."""
        return self.moved.get(name, 0)
