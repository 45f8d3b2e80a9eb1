"""Compares the kernel switches of the interfaces on which two directors have their virtual addresses: which ARP
requests they answer, as whom they ask, and which packets they refuse by the way back (rp_filter)."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.director.facts import INTERFACE_SWITCHES, TUNNELS, Facts
from lvstui.director.pair.point import DIFFERS, NOT_KNOWN, SWITCH, UNKNOWN, Point, Side, standing
from lvstui.director.pair.routers import matched


def points(this: Side, other: Side, whole: bool) -> Iterator[Point]:
    """The points about interfaces of IPv4 instances that both have, by the number that counts for the kernel. Their
    names may differ."""
    ours, theirs = this.state.facts, other.state.facts
    if ours is None or theirs is None:
        return  # that the switches are not known is said of the machine
    for device, two in _devices(this, other):
        about = device if device == two else f"{device} = {two}"
        for name in INTERFACE_SWITCHES:
            here, there = ours.in_effect(device, name), theirs.in_effect(two, name)
            words = [NOT_KNOWN if number is None else str(number) for number in (here, there)]
            if here is None or there is None:
                yield Point(SWITCH, about, name, words[0], words[1], UNKNOWN)
            elif whole or (here != there and not _said_of_all(ours, theirs, name)):
                yield Point(SWITCH, about, name, words[0], words[1], standing(here, there))


def by_name(name: str) -> bool:
    """Whether a switch can be compared by its name: those of an interface are compared here, but for tunnels, whose
    names are the kernel's."""
    _, _, rest = name.partition(".conf.")
    device, _, switch = rest.rpartition(".")
    return switch not in INTERFACE_SWITCHES or device == "all" or device.startswith(TUNNELS)


def _said_of_all(ours: Facts, theirs: Facts, name: str) -> bool:
    """Whether the machine's own switch differs, which is named for itself."""
    machine = f"net.ipv4.conf.all.{name}"
    return standing(ours.numbers.get(machine), theirs.numbers.get(machine)) == DIFFERS


def _devices(this: Side, other: Side) -> list[tuple[str, str]]:
    """The interfaces that belong together, each once. One that is not there is reported with its instance."""
    devices = {
        (mine.instance.interface, yours.instance.interface): None
        for mine, yours in matched(this.state.vrrp.instances, other.state.vrrp.instances)
        if mine is not None and yours is not None and mine.up is not None and yours.up is not None
        if mine.instance.family == yours.instance.family == 4
        if mine.instance.interface and yours.instance.interface
    }
    return list(devices)
