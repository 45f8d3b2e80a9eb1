"""The VRRP status of this director now, joined from keepalived's report, the addresses on the interfaces, and the
adverts heard. Pure; nothing here knows how these were obtained.

Addresses change during a failover before keepalived is asked again, so they decide first about MASTER and BACKUP.
Adverts decide last: whoever sends them is master, even if somebody removed the address by hand. FAULT and INIT are
known only from keepalived, or from an interface that is down.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lvstui.director.vrrp import faults
from lvstui.director.vrrp.adverts import (
    CROSSING,
    Advert,
    Heard,
    Router,
    Voice,
    masters,
    remembered,
    rivals,
    silent,
    together,
)
from lvstui.director.vrrp.discards import Discard, discarded, peers
from lvstui.director.vrrp.instances import Instance, VirtualAddress
from lvstui.values import NamedTuple

DBUS = "D-Bus"
"""The source that reports each change as it happens."""


class InterfaceTable(NamedTuple):
    """The interfaces: the addresses on each, whether each is up, and the macvlans and ipvlans above each. `gone`:
    addresses that were removed from an interface since the last read; they may be back."""

    addresses: Mapping[str, frozenset[bytes]]
    up: Mapping[str, bool]
    above: Mapping[str, tuple[str, ...]] = {}
    gone: frozenset[bytes] = frozenset()


class VrrpReport(NamedTuple):
    """The reported instances, the source ("D-Bus", "dump", "configuration"), and when: seconds of the epoch, None for a
    configuration, which has no states."""

    instances: tuple[Instance, ...] = ()
    source: str = ""
    at: float | None = None


class HeardAdverts(NamedTuple):
    """The adverts heard, and since when this lvstui has listened (monotonic seconds)."""

    heard: Heard
    since: float


class VrrpEvidence(NamedTuple):
    """Everything known at one moment. `adverts`: None where adverts are not heard; `ours`: the addresses of this
    machine; `running`: whether keepalived runs, None when that is not known; `now`: seconds of the epoch; `clock`: the
    monotonic seconds that adverts are stamped with."""

    report: VrrpReport
    interfaces: InterfaceTable
    adverts: HeardAdverts | None
    ours: Collection[bytes]
    running: bool | None
    now: float
    clock: float


class LinkStatus(NamedTuple):
    """What the interfaces show of one instance: the interface of each of its addresses, "" for none; whether its link
    is up (None: no such interface), and the other interfaces of its addresses that are not up. `clock` and `epoch`:
    since when, monotonic and of the epoch; both 0 where it was so at the first read."""

    where: tuple[str, ...] = ()
    up: bool | None = None
    down: tuple[str, ...] = ()
    clock: float = 0.0
    epoch: float = 0.0

    @property
    def present(self) -> tuple[bool, ...]:
        """Whether each of its addresses is on an interface."""
        return tuple(map(bool, self.where))


class InstanceStatus(NamedTuple):
    """The status of one instance. `state`: MASTER, BACKUP, PARTIAL, FAULT, INIT, STOP or "" (not known). `present`:
    whether each of its addresses is on its interface, and `where`: on which, "" for none. `masters`: the masters heard,
    None when adverts are not heard. `findings`: its faults in words. `since`: seconds of the epoch of the last known
    change. `own`: the addresses that adverts of this director come from, None when that is not known."""

    instance: Instance
    state: str
    present: tuple[bool, ...] = ()
    up: bool | None = None
    masters: tuple[Advert, ...] | None = None
    findings: tuple[str, ...] = ()
    since: float | None = None
    where: tuple[str, ...] = ()
    own: tuple[bytes, ...] | None = None


def link_status(
    instance: Instance, wire: InterfaceTable, before: LinkStatus | None, clock: float, epoch: float
) -> LinkStatus:
    """What the interfaces now show of an instance."""
    where = tuple(_where(address, instance, wire) for address in instance.carried)
    links = [wire.up.get(name) for name in dict.fromkeys((instance.interface, instance.vmac)) if name]
    up = False if False in links else links[0] if links else None
    down = tuple(dict.fromkeys(name for address in instance.carried if (name := _down(address, instance, wire))))
    # An address that went and came back between two reads has moved too.
    back = any(place and address.address in wire.gone for address, place in zip(instance.carried, where, strict=True))
    if before is not None and before[:3] == (where, up, down) and not back:
        return before
    # Addresses that became known together with the instance have not moved.
    moved = before is not None and len(before.where) == len(where)
    return LinkStatus(where, up, down, clock if moved else 0.0, epoch if moved else 0.0)


def _where(address: VirtualAddress, instance: Instance, wire: InterfaceTable) -> str:
    """The interface that has an address, "" for none. keepalived puts it on the named interface, on the VMAC of the
    instance or of the address, or on the interface below, depending on its version; and a VMAC may have an unexpected
    name. So each of these counts, and each macvlan and ipvlan above one."""
    own = (instance.interface, instance.vmac)
    ours = own if address.device in own or address.below in own else ()
    named = dict.fromkeys(name for name in (address.device, address.below, *ours) if name)
    names = (*named, *(name for base in named for name in wire.above.get(base, ())))
    return next((name for name in names if address.address in wire.addresses.get(name, ())), "")


def _down(address: VirtualAddress, instance: Instance, wire: InterfaceTable) -> str:
    """The interface of an address that is down, "" when it is up or the instance's own."""
    own = (instance.interface, instance.vmac)
    if address.device in own:
        return ""
    if address.below:  # keepalived creates the VMAC, perhaps under another name
        if address.below not in own and not wire.up.get(address.below):
            return address.below
        return address.device if wire.up.get(address.device) is False else ""
    return "" if wire.up.get(address.device) else address.device


def instance_statuses(evidence: VrrpEvidence, seen: Mapping[str, LinkStatus]) -> tuple[InstanceStatus, ...]:
    """The status of all instances that were reported and found on the interfaces. A fault of one is a fault of its
    whole sync group."""
    there = [instance for instance in evidence.report.instances if instance.name in seen]
    faulty = {
        instance.group for instance in there if instance.group and _link_fault(instance, evidence, seen[instance.name])
    }
    return tuple(
        instance_status(instance, evidence, seen[instance.name], instance.group in faulty) for instance in there
    )


def instance_status(
    instance: Instance, evidence: VrrpEvidence, seen: LinkStatus, faulty: bool = False
) -> InstanceStatus:
    """The status of one instance. `faulty`: a member of its sync group has a visible fault."""
    voices = None if evidence.adverts is None else _voices(instance, evidence)
    speaking = None if voices is None else masters(voices, evidence.clock)
    own = None if voices is None else _own(voices, evidence)
    listed = own.advert.addresses if own is not None else [address.address for address in instance.addresses]
    discards = _discards(instance, voices, evidence, listed) if voices is not None else ()
    taken = _taken(voices, discards) if voices is not None else None
    instance = _heard_of(instance, own, evidence)
    reported = instance.state if evidence.report.at is not None and evidence.report.at >= seen.epoch else ""
    fault = faulty or _link_fault(instance, evidence, seen)
    leads = own is not None and own.at > max(own.since, seen.clock) + CROSSING
    others = () if taken is None else masters(taken, evidence.clock)
    # A discarded advert changes no role, unless keepalived reported one itself: newer versions accept more adverts.
    master = others or (speaking if reported == "BACKUP" else ())
    # A master that receives adverts which it discards falls silent: each of them delays its own next advert.
    hushed = reported != "BACKUP" and any(not discard.taken for discard in discards)
    state = _state(instance, reported, evidence, seen, own, () if hushed else master, fault, leads)
    unlike = tuple(
        discard
        for discard in discards
        if discard.lists and not discard.foreign and (discard.taken or not _beside(discard, voices or {}, seen))
    )
    foreign = {discard.advert.source for discard in discards if discard.foreign}
    case = faults.InstanceFacts(
        instance,
        state,
        reported,
        seen.where,
        seen.up,
        seen.down,
        evidence.running,
        leads or reported == "MASTER",
        None if taken is None else tuple(advert for advert in others if advert.source not in evidence.ours),
        tuple(discard for discard in discards if discard not in unlike),
        unlike,
        _rivals(taken, seen, evidence, own, foreign) if taken is not None else (),
        voices is not None
        and evidence.adverts is not None
        and _silent(instance, voices, seen, evidence, evidence.adverts.since),
    )
    moved = instance.since if instance.since is not None and instance.since >= seen.epoch else seen.epoch or None
    sources = None if voices is None else (own.advert.source,) if own is not None else ()
    return InstanceStatus(
        instance, state, seen.present, seen.up, speaking, faults.findings(case), moved, seen.where, sources
    )


def _discards(
    instance: Instance, voices: Mapping[bytes, Voice], evidence: VrrpEvidence, listed: Collection[bytes]
) -> tuple[Discard, ...]:
    """The senders whose adverts are discarded. A sender stays in the list for a while after its last advert, because it
    still holds the addresses and may be silent only because it hears us. Empty where no keepalived runs here."""
    if evidence.running is False:
        return ()
    theirs = (heard for heard in remembered(voices, evidence.clock) if heard.source not in evidence.ours)
    discards = (discarded(instance, advert, listed) for advert in theirs)
    return tuple(discard for discard in discards if discard is not None)


def _taken(voices: Mapping[bytes, Voice], discards: Sequence[Discard]) -> Mapping[bytes, Voice]:
    """The senders whose adverts are not discarded."""
    out = {discard.advert.source for discard in discards if not discard.taken}
    return {source: voice for source, voice in voices.items() if source not in out}


def _beside(discard: Discard, voices: Mapping[bytes, Voice], seen: LinkStatus) -> bool:
    """Whether its sender has kept sending after the addresses came here."""
    return voices[discard.advert.source].at > seen.clock + CROSSING


def role(standings: Sequence[InstanceStatus]) -> str:
    """The role of the director: that of its instances where they agree, PARTIAL where they do not, "" where keepalived
    manages none."""
    states = {status.state for status in standings if status.state != "STOP"}
    if len(states) == 1:
        return states.pop()
    return "PARTIAL" if "MASTER" in states or "PARTIAL" in states else max(states, default="")


def _voices(instance: Instance, evidence: VrrpEvidence) -> Mapping[bytes, Voice]:
    heard = evidence.adverts.heard if evidence.adverts is not None else {}
    on, below = (
        heard.get(Router(name, instance.vrid, instance.family), {})
        for name in (instance.vmac or instance.interface, instance.interface)
    )
    voices = together(on, below) if instance.vmac else below
    if instance.peers and any(_shares(reported, instance) for reported in evidence.report.instances):
        # With several unicast instances of one VRID on one interface, each hears its own peers.
        wanted = {*peers(instance), *evidence.ours}
        return {source: voice for source, voice in voices.items() if source in wanted}
    return voices


def _shares(other: Instance, instance: Instance) -> bool:
    """Whether another instance has the same VRID on the same interface."""
    return other.name != instance.name and other[_ROUTER] == instance[_ROUTER]


_ROUTER = slice(Instance._fields.index("interface"), Instance._fields.index("family") + 1)


def _own(voices: Mapping[bytes, Voice], evidence: VrrpEvidence) -> Voice | None:
    """The adverts of this director, while it sends any."""
    live = {advert.source for advert in masters(voices, evidence.clock)}
    return next((voice for source, voice in voices.items() if source in evidence.ours and source in live), None)


def _heard_of(instance: Instance, own: Voice | None, evidence: VrrpEvidence) -> Instance:
    """The instance, updated from our own adverts (priority) and from the links of its tracked interfaces."""
    if own is not None:
        instance = instance._replace(effective=own.advert.priority)
    up = evidence.interfaces.up
    tracked = tuple(
        tracked._replace(good=up.get(tracked.name, False)) if tracked.kind == "interface" else tracked
        for tracked in instance.tracked
    )
    return instance._replace(tracked=tracked)


def _state(
    instance: Instance,
    reported: str,
    evidence: VrrpEvidence,
    seen: LinkStatus,
    own: Voice | None,
    master: Sequence[Advert] | None,
    fault: bool,
    leads: bool,
) -> str:
    present = seen.present
    if evidence.running is False:
        return ("MASTER" if all(present) else "PARTIAL") if any(present) else "STOP"
    if evidence.report.source == DBUS and reported:
        return reported
    if any(present):
        if all(present) and master and own is None and _since_long(instance, seen, evidence):
            return "BACKUP"  # only another sends adverts: the address was left, or put, here
        return "MASTER" if all(present) else "PARTIAL"
    if leads:
        return "MASTER"
    if reported in ("FAULT", "INIT", "STOP"):
        return reported
    if fault and reported != "BACKUP":
        return "FAULT"
    return "BACKUP" if present or reported == "BACKUP" else reported


def _link_fault(instance: Instance, evidence: VrrpEvidence, seen: LinkStatus) -> bool:
    """Whether a link is down that counts as a fault."""
    tracked = (
        interface.name for interface in instance.tracked if interface.kind == "interface" and not interface.weight
    )
    return (
        (seen.up is False and instance.tracks)
        or bool(seen.down)
        or any(evidence.interfaces.up.get(name) is False for name in tracked)
    )


def _since_long(instance: Instance, seen: LinkStatus, evidence: VrrpEvidence) -> bool:
    """Whether we would have heard our own adverts by now: a director that takes over sends one at once, and a master
    sends one within three intervals."""
    listened = evidence.clock - evidence.adverts.since if evidence.adverts is not None else 0.0
    return evidence.clock - seen.clock > max(1.0, 1.5 * instance.advert) and listened > 4 * max(1.0, instance.advert)


def _silent(
    instance: Instance, voices: Mapping[bytes, Voice], seen: LinkStatus, evidence: VrrpEvidence, since: float
) -> bool:
    return silent(voices, max(since, seen.clock), instance.advert, evidence.clock)


def _rivals(
    voices: Mapping[bytes, Voice],
    seen: LinkStatus,
    evidence: VrrpEvidence,
    own: Voice | None,
    foreign: Collection[bytes],
) -> tuple[Advert, ...]:
    """The other masters that do not yield. If keepalived no longer runs here, an address that it left here counts as
    its advert. Masters with `foreign` addresses are left out, because that clash is a finding of its own."""
    adverts = rivals(voices, evidence.clock)
    if not adverts and evidence.running is False and own is None and any(seen.present):
        adverts = masters(voices, evidence.clock)
    return tuple(advert for advert in adverts if advert.source not in evidence.ours and advert.source not in foreign)
