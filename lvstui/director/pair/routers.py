"""Compares the VRRP instances of two directors: reasons to discard the other's adverts, addresses that would be missing
after a failover, and priorities that never lead to one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from lvstui.director.model import address_text
from lvstui.director.pair import authentication
from lvstui.director.pair.authentication import NONE_COMPARED, Alike
from lvstui.director.pair.point import (
    AMISS,
    DIFFERS,
    EQUAL,
    EXPECTED,
    MISSING,
    NOT_KNOWN,
    OTHER,
    THIS,
    UNKNOWN,
    VRRP,
    Point,
    Side,
    lacking,
    standing,
)
from lvstui.director.vrrp.discards import peers
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance

_OWNER = 255
"""The priority of the owner of the addresses; tracking does not change it (RFC 5798)."""


def points(this: Side, other: Side, whole: bool, alike: Alike = NONE_COMPARED) -> Iterator[Point]:
    """The points about VRRP."""
    runs = this.state.vrrp.keepalived, other.state.vrrp.keepalived
    if runs[0] is not runs[1] and None not in runs:
        words = ["runs" if either else "does not run" for either in runs]
        yield Point(VRRP, "keepalived", "process", words[0], words[1], DIFFERS, lacking(bool(runs[0]), bool(runs[1])))
    sources = [_instances_known(side) for side in (this, other)]
    if not all(sources):
        if any(sources) or True in runs or runs == (None, None):
            words = [f"{len(side.state.vrrp.instances)} known" if known else NOT_KNOWN
                     for known, side in zip(sources, (this, other), strict=True)]  # fmt: skip
            yield Point(VRRP, "VRRP", "instances", words[0], words[1], UNKNOWN)
        return
    if False in runs and runs[0] is not runs[1]:
        return
    for ours, theirs in matched(this.state.vrrp.instances, other.state.vrrp.instances):
        if ours is None or theirs is None:
            either = ours or theirs
            if either is not None:
                words = [_brief(side.instance) if side is not None else MISSING for side in (ours, theirs)]
                yield Point(
                    VRRP, either.instance.name, "instance", words[0], words[1], DIFFERS, OTHER if ours else THIS
                )
        else:
            yield from _instance(ours, theirs, this, other, whole, alike)


def _instances_known(side: Side) -> bool:
    """Whether its instances are known; "none" can be known too."""
    vrrp = side.state.vrrp
    return bool(vrrp.instances) or vrrp.keepalived is False or bool(vrrp.keepalived and vrrp.source and not vrrp.unread)


Pairs = list[tuple[InstanceStatus | None, InstanceStatus | None]]


def matched(ours: Sequence[InstanceStatus], theirs: Sequence[InstanceStatus]) -> Pairs:
    """Which instances belong together: by VRID and interface, then by VRID alone, then by name; and the unmatched
    ones."""
    by: tuple[Callable[[Instance], Hashable], ...] = (
        lambda instance: (instance.vrid, instance.family, instance.interface),
        lambda instance: (instance.vrid, instance.family),
        lambda instance: (instance.name, instance.family),
    )
    pairs: Pairs = []
    mine, yours = sorted(ours, key=_order), sorted(theirs, key=_order)
    for name in by:
        for status in list(mine):
            two = next((two for two in yours if name(two.instance) == name(status.instance)), None)
            if two is not None:
                pairs.append((status, two))
                mine.remove(status)
                yours.remove(two)
    pairs += [*((status, None) for status in mine), *((None, two) for two in yours)]
    return sorted(pairs, key=lambda pair: min(_order(status) for status in pair if status is not None))


def _order(standing: InstanceStatus) -> tuple[int, int, str, str]:
    return standing.instance.vrid, standing.instance.family, standing.instance.interface, standing.instance.name


def _brief(instance: Instance) -> str:
    return f"VRID {instance.vrid}, {len(instance.carried)} address{'' if len(instance.carried) == 1 else 'es'}"


def _instance(
    ours: InstanceStatus, theirs: InstanceStatus, this: Side, other: Side, whole: bool, alike: Alike
) -> Iterator[Point]:
    first, second = ours.instance, theirs.instance
    same = (first.vrid, first.family) == (second.vrid, second.family)
    about = f"VRID {first.vrid}{' ipv6' if first.family == 6 else ''}" if same else first.name
    if not first.priority or not second.priority:  # only the name and state of such an instance are known
        words = [NOT_KNOWN if not instance.priority else "known" for instance in (first, second)]
        yield Point(VRRP, about, "configuration", words[0], words[1], UNKNOWN)
        return
    if not same:
        yield Point(VRRP, about, "VRID", str(first.vrid), str(second.vrid))
    yield from _addresses(first, second, about, whole)
    yield from _interfaces(ours, theirs, this, other, about, whole)
    pairs = [
        ("advert_int", f"{first.advert:g} s", f"{second.advert:g} s"),
        ("version", f"VRRP {first.version}", f"VRRP {second.version}"),
        ("sent by", *("unicast" if instance.peers else "multicast" for instance in (first, second))),
    ]
    for what, mine, yours in pairs:
        if whole or mine != yours:
            yield Point(VRRP, about, what, mine, yours, standing(mine, yours))
    yield from authentication.points(first, second, about, whole, alike)
    yield from _peers(first, second, this, other, about)
    yield from _priorities(first, second, about, whole)
    if ours.state == theirs.state == "MASTER":
        yield Point(VRRP, about, "state", ours.state, theirs.state, AMISS)
    elif whole:
        yield Point(VRRP, about, "state", ours.state or NOT_KNOWN, theirs.state or NOT_KNOWN, EXPECTED)


def _addresses(instance: Instance, two: Instance, about: str, whole: bool) -> Iterator[Point]:
    """Each address that one of them lacks, or has with other settings."""
    mine, yours = _listed(instance), _listed(two)
    for address in sorted(mine.keys() | yours.keys(), key=lambda packed: (len(packed), packed)):
        here, there = mine.get(address, MISSING), yours.get(address, MISSING)
        if whole or here != there:
            lacks = lacking(address in mine, address in yours)
            yield Point(VRRP, address_text(address), "address", here, there, standing(here, there), lacks, about)


def _listed(instance: Instance) -> dict[bytes, str]:
    addresses = {each.address: f"excluded /{each.prefix}" for each in instance.excluded}
    return addresses | {each.address: f"announced /{each.prefix}" for each in instance.addresses}


def _interfaces(
    ours: InstanceStatus, theirs: InstanceStatus, this: Side, other: Side, about: str, whole: bool
) -> Iterator[Point]:
    sides = ((ours, this), (theirs, other))
    if any(side.state.vrrp.held is None for _, side in sides):
        words = [NOT_KNOWN if side.state.vrrp.held is None else _link(link) for link, side in sides]
        yield Point(VRRP, about, "interface", words[0], words[1], UNKNOWN)
        return
    words = [_link(link) for link, _ in sides]
    if ours.up is not theirs.up:
        yield Point(VRRP, about, "interface", words[0], words[1], DIFFERS, lacking(bool(ours.up), bool(theirs.up)))
    elif whole:
        same = EQUAL if words[0] == words[1] else EXPECTED  # the same network may have another name there
        yield Point(VRRP, about, "interface", words[0], words[1], same)


def _link(standing: InstanceStatus) -> str:
    name = standing.instance.vmac or standing.instance.interface
    return f"{name} {'up' if standing.up else 'is not there' if standing.up is None else 'down'}"


def _peers(mine: Instance, yours: Instance, this: Side, other: Side, about: str) -> Iterator[Point]:
    """Unicast peers that are not each other's addresses."""
    words, amiss = [], False
    for instance, side in ((mine, other), (yours, this)):
        facts = side.state.facts
        there = facts.addresses if facts is not None else None
        stray = bool(instance.peers) and there is not None and not peers(instance) & there.keys()
        amiss = amiss or stray
        words.append(f"{', '.join(instance.peers)}: not the other's" if stray else ", ".join(instance.peers))
    if amiss:
        yield Point(VRRP, about, "unicast_peer", words[0], words[1], AMISS)


def _priorities(mine: Instance, yours: Instance, about: str, whole: bool) -> Iterator[Point]:
    best, worst = zip(*(_reach(instance) for instance in (mine, yours)), strict=True)
    words = [_reaching(instance) for instance in (mine, yours)]
    if best[0] == best[1]:
        yield Point(VRRP, about, "equal priorities", words[0], words[1], AMISS)
    elif (best[0] > best[1] and best[0] > worst[0] >= best[1]) or (best[1] > best[0] and best[1] > worst[1] >= best[0]):
        yield Point(VRRP, about, "priorities never cross", words[0], words[1], AMISS)
    elif whole:
        yield Point(VRRP, about, "priority", words[0], words[1], EXPECTED)


def _reach(instance: Instance) -> tuple[int, int]:
    """The priority with everything it tracks up, and with everything down (vrrp_track.c: a positive weight is added
    while the tracked thing is up, a negative one while it is down)."""
    if instance.priority == _OWNER:
        return _OWNER, _OWNER
    gain = sum(tracked.weight for tracked in instance.tracked if tracked.weight > 0)
    loss = sum(tracked.weight for tracked in instance.tracked if tracked.weight < 0)
    return _clamped(instance.priority + gain), _clamped(instance.priority + loss)


def _clamped(priority: int) -> int:
    return max(1, min(_OWNER - 1, priority))


def _reaching(instance: Instance) -> str:
    best, worst = _reach(instance)
    return str(best) if best == worst else f"{best}, at worst {worst}"
