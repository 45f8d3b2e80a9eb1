"""Where this director stands in VRRP, now: what keepalived told, what is on the interfaces, and what is heard, put
together. Pure; nothing here knows how any of it was learnt.

Addresses change under a failover before anybody is asked again, so they have the last word about MASTER and BACKUP;
FAULT and INIT only keepalived can tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from lvstui.director.adverts import Advert, Heard, Router, clashes, masters
from lvstui.director.model import address_text
from lvstui.director.vrrp import Instance

SOON = 30.0
"""Seconds of the age of what was told within which a contradiction is news, not a failover since."""


class Wire(NamedTuple):
    """The interfaces: addresses on each, whether each is up."""

    addresses: Mapping[str, frozenset[bytes]]
    up: Mapping[str, bool]


class Told(NamedTuple):
    """What is told of the instances, by whom ("D-Bus", "dump", "configuration"), and when: seconds of the epoch, None
    for a configuration, which tells no states."""

    instances: tuple[Instance, ...] = ()
    source: str = ""
    at: float | None = None


class Standing(NamedTuple):
    """One instance as it stands: `state` MASTER, BACKUP, PARTIAL, FAULT, INIT, STOP or "" (not known). `present`:
    for each of its addresses, whether it is on its interface. `masters`: who is heard as master, None when nobody
    listens. `findings`: what is wrong, in words."""

    instance: Instance
    state: str
    present: tuple[bool, ...] = ()
    up: bool | None = None
    masters: tuple[Advert, ...] | None = None
    findings: tuple[str, ...] = ()


def standing(
    instance: Instance, told: Told, wire: Wire, heard: Heard | None, ours: Collection[bytes], now: float, clock: float
) -> Standing:
    """`heard` is None when nobody listens; `ours` the addresses of this machine; `now` seconds of the epoch, `clock`
    the monotonic seconds that adverts are stamped with."""
    present = tuple(one.address in wire.addresses.get(one.device, frozenset()) for one in instance.addresses)
    device = instance.vmac or instance.interface
    up = wire.up.get(instance.interface)
    voices = None if heard is None else heard.get(Router(device, instance.vrid, instance.family), {})
    if voices is not None and not voices and device != instance.interface and heard is not None:
        voices = heard.get(Router(instance.interface, instance.vrid, instance.family), {})
    speaking = None if voices is None else masters(voices, clock)
    state = _state(instance.state, present)
    fresh = told.at is not None and now - told.at < SOON
    findings = (
        *_of_addresses(instance, state, present, fresh),
        *_of_adverts(instance, state, speaking, ours),
        *([f"{instance.interface} is down"] if up is False else []),
        *(
            [f"{instance.faults} of what it tracks failed: {_failed(instance)}"]
            if instance.faults and state == "FAULT"
            else []
        ),
    )
    return Standing(instance, state, present, up, speaking, findings)


def role(standings: Sequence[Standing]) -> str:
    """The director's role: that of its instances where they agree, PARTIAL where they do not, "" without any."""
    states = {one.state for one in standings}
    if len(states) == 1:
        return states.pop()
    return "PARTIAL" if "MASTER" in states or "PARTIAL" in states else max(states, default="")


def _state(told: str, present: Sequence[bool]) -> str:
    if present and all(present):
        return "MASTER"
    if any(present):
        return "PARTIAL"
    return told if told in ("FAULT", "INIT", "STOP") else "BACKUP" if present or told == "BACKUP" else told


def _of_addresses(instance: Instance, state: str, present: Sequence[bool], fresh: bool) -> list[str]:
    missing = [address_text(one.address) for one, there in zip(instance.addresses, present, strict=True) if not there]
    if instance.state == "MASTER" and missing and fresh:
        return [f"master, and {', '.join(missing)} is not on {instance.interface}"]
    if instance.state in ("BACKUP", "FAULT") and state != instance.state and fresh:
        held = [address_text(one.address) for one, there in zip(instance.addresses, present, strict=True) if there]
        return [f"{instance.state.lower()}, and yet {', '.join(held)} is on {instance.interface}"]
    return []


def _of_adverts(
    instance: Instance, state: str, speaking: Sequence[Advert] | None, ours: Collection[bytes]
) -> list[str]:
    if speaking is None:
        return []
    others = [advert for advert in speaking if advert.source not in ours]
    names = ", ".join(f"{address_text(a.source)} (priority {a.priority})" for a in others)
    found = [f"adverts from {address_text(a.source)} are malformed" for a in speaking if not a.sound]
    if len(speaking) > 1 and clashes(speaking):
        found.append(f"VRID {instance.vrid} clashes: {names or 'another'} announces other addresses")
    elif len(speaking) > 1 or (state == "MASTER" and others):
        found.append(f"split brain: {names} is master too")
    elif state == "BACKUP" and not speaking:
        found.append("no master is heard: adverts have stopped")
    if any(a.priority == instance.effective for a in others) and instance.effective:
        found.append(f"priority {instance.effective} is also that of {names}: which one wins is left to addresses")
    return found


def _failed(instance: Instance) -> str:
    return ", ".join(f"{one.kind} {one.name}" for one in instance.tracked if one.good is False) or "see its log"
