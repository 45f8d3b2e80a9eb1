"""VRRP: the instances of a director as far as they are reported. The role of the director follows from addresses alone.

Terms are keepalived's: an instance is one virtual router on one interface (RFC 5798: VRID and address family), with its
priority, its virtual addresses and, when this director is not the master, the master that is heard.
"""

from __future__ import annotations

from collections.abc import Iterable

from lvstui.director.model import ServiceKey
from lvstui.values import NamedTuple


class VirtualAddress(NamedTuple):
    """A virtual address of an instance: packed, its prefix length, the interface it belongs on, and, where that is a
    VMAC, the interface `below` it as far as it is known."""

    address: bytes
    prefix: int
    device: str
    below: str = ""


class Tracked(NamedTuple):
    """Something that an instance tracks. `kind` is "interface", "script", "file", "process" or "bfd". `weight`: 0 means
    that its failure is a fault, any other value is added to the priority. `good`: None where it is not known."""

    kind: str
    name: str
    weight: int = 0
    good: bool | None = None


class Transitions(NamedTuple):
    """How often the instance became master and stopped being master since keepalived started."""

    became_master: int
    released_master: int


class HmacKey(NamedTuple):
    """A key of auth_hmac: its number, and what stands for it (passwords.stand_in_for_key), b"" where it is kept in a
    file of its own."""

    number: int
    secret: bytes = b""


class Receiving(NamedTuple):
    """The adverts that an instance accepts, according to its configuration. `auth` is "PASS", "AH", "HMAC" or ""
    (none); `secret` stands for the password (passwords.stand_in_for); `sources`: only from its unicast peers;
    `lenient`: with any checksum (v3_checksum_as_v2); `unequal`: with any address list, which depends on the running
    version of keepalived (discards.TAKES_UNEQUAL). Of auth_hmac, `keys`: all of them; `active`: the number of the one
    that its own adverts are signed with; `mode`: "enforce", "permissive", or "receive-only", which signs none."""

    auth: str = ""
    secret: bytes = b""
    sources: bool = False
    lenient: bool = False
    unequal: bool = False
    keys: tuple[HmacKey, ...] = ()
    active: int = 0
    mode: str = ""


class Instance(NamedTuple):
    """One VRRP instance, as keepalived reports it.

    `state`: MASTER, BACKUP, FAULT, INIT or STOP. `since`: seconds of the epoch of its last transition, None when not
    known. `advert`: seconds between adverts. `master`, `master_priority`: the master that is heard, "" and 0 when none
    is or when it is this director. `faults`: the number of reasons for FAULT. `tracks`: whether the link of its own
    interface is one, which is so unless the configuration says otherwise. `receives`: None where it is not known.
    """

    name: str
    state: str
    since: float | None = None
    interface: str = ""
    vrid: int = 0
    family: int = 4
    version: int = 2
    priority: int = 0
    effective: int = 0
    advert: float = 1.0
    preempt: bool = True
    addresses: tuple[VirtualAddress, ...] = ()
    excluded: tuple[VirtualAddress, ...] = ()
    master: str = ""
    master_priority: int = 0
    group: str = ""
    vmac: str = ""
    peers: tuple[str, ...] = ()
    tracked: tuple[Tracked, ...] = ()
    faults: int = 0
    transitions: Transitions | None = None
    tracks: bool = True
    receives: Receiving | None = None

    @property
    def carried(self) -> tuple[VirtualAddress, ...]:
        """All addresses of a master: those it announces, and those it does not (virtual_ipaddress_excluded)."""
        return self.addresses + self.excluded


def joined(instances: Iterable[Instance], spoken: Iterable[Instance]) -> tuple[Instance, ...]:
    """Joins what is `instances` of each instance, from a dump or the configuration, with the states that keepalived has
    just reported (`spoken`), and adds instances of which nothing else is known."""
    said = {instance.name: instance for instance in spoken}
    return (*(_updated(instance, said.pop(instance.name, instance)) for instance in instances), *said.values())


def _updated(instance: Instance, now: Instance) -> Instance:
    if instance.state == now.state:
        return instance._replace(since=max(filter(None, (instance.since, now.since)), default=None))
    # The master heard then is not the master heard now.
    return instance._replace(state=now.state, since=now.since, master="", master_priority=0)


def virtual_addresses(keys: Iterable[ServiceKey]) -> tuple[bytes, ...]:
    """The distinct addresses of services, in order."""
    return tuple(sorted({key.address for key in keys if key.address}, key=lambda address: (len(address), address)))
