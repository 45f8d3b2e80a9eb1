"""keepalived.data -> VRRP instances (vrrp/vrrp_data.c dump_vrrp, dump_sync_group). Passwords are passed over."""

from __future__ import annotations

import re
from typing import Any

from lvstui.director.model import address_packed
from lvstui.director.vrrp import Instance, Tracked, VirtualAddress
from lvstui.keepalived.dump.blocks import Line, lines, number

_STATES = ("MASTER", "BACKUP", "FAULT", "INIT", "STOP", "DELETED")
_LISTS = (
    (re.compile(r"Virtual IP( \(|$)"), "addresses"),
    (re.compile(r"Virtual IP Excluded|Excluded Virtual IP|Virtual IP addresses excluded", re.I), "excluded"),
    (re.compile(r"Unicast Peer", re.I), "peers"),
    (re.compile(r"Tracked interface"), "interface"),
    (re.compile(r"Tracked script"), "script"),
    (re.compile(r"Tracked file"), "file"),
    (re.compile(r"Tracked process"), "process"),
)
"""The headings of lists, in the spellings of different versions, and what they list."""


def instances(text: str) -> tuple[Instance, ...]:
    """The instances that a keepalived.data tells of, in its order. Lines that are not known are passed over; an
    instance of which not even the state is told (the file was cut) is left out."""
    found: list[tuple[dict[str, Any], dict[str, list[str]]]] = []
    scripts: dict[str, bool] = {}
    script = within = ""
    inside = False
    for line in lines(text):
        if line.indent <= 1:
            inside = line.name == "VRRP Instance"
            script = line.value if line.name == "VRRP Script" else ""
            within = ""
            if inside:
                found.append(({"name": line.value}, {}))
        elif script and line.name == "Status":
            scripts[script] = line.value.startswith("GOOD")
        elif inside:
            within = _field(*found[-1], line, within)
    return tuple(_instance(*one, scripts) for one in found if one[0].get("state") in _STATES)


def _field(fields: dict[str, Any], items: dict[str, list[str]], line: Line, within: str) -> str:
    """Takes one line of an instance; returns the list that the next deeper lines belong to."""
    name, value = line.name, line.value
    if line.indent > 3:
        if within:
            items.setdefault(within, []).append(name)
        return within
    for heading, key in _LISTS:
        if heading.match(name):
            return key
    match name:
        case "State":
            fields["state"] = value.upper()
        case "Sync group":
            fields["group"] = value
        case "Last transition":
            fields["since"] = number(value) or None
        case "Interface":
            # `vrrp.51, vmac on eth1`: the interface of its own that carries its addresses, and the one below.
            own, _, below = value.partition(",")
            base = below.partition(" on ")[2].partition(",")[0]
            fields["interface"] = base or own.partition(" ")[0]
            if base:
                fields["vmac"] = own
        case "VRRP interface tracking disabled":
            fields["tracks"] = False
        case "Virtual Router ID":
            fields["vrid"] = int(number(value))
        case "VRRP Version":
            fields["version"] = int(number(value, 2))
        case "Priority" | "Base priority":
            fields["priority"] = int(number(value))
        case "Effective priority":
            fields["effective"] = int(number(value))
        case "Advert interval":
            fields["advert"] = number(value) / (1000 if "milli" in value else 1)
        case "Preempt":
            fields["preempt"] = value.startswith("enabled")
        case "Master router":
            fields["master"] = value
        case "Master priority":
            fields["master_priority"] = int(number(value))
        case "Number of interface and track script faults":
            fields["faults"] = int(number(value))
        case "Using Native IPv6":
            fields["family"] = 6
        case _ if name.startswith(("Use VMAC, i/f name ", "Use IPVLAN, i/f ")):
            fields["vmac"] = name.partition("i/f ")[2].removeprefix("name ").partition(",")[0]
        case _:
            pass
    return ""


def _instance(fields: dict[str, Any], items: dict[str, list[str]], scripts: dict[str, bool]) -> Instance:
    device = fields.get("interface", "")
    addresses = tuple(a for text in items.get("addresses", ()) if (a := address(text, device)))
    excluded = tuple(a for text in items.get("excluded", ()) if (a := address(text, device)))
    tracked = tuple(
        _tracked(kind, text, scripts)
        for kind in ("interface", "script", "file", "process")
        for text in items.get(kind, ())
    )
    peers = tuple(text.split()[0] for text in items.get("peers", ()))
    if addresses and len(addresses[0].address) == 16:
        fields["family"] = 6
    return Instance(**fields, addresses=addresses, excluded=excluded, tracked=tracked, peers=peers)


def _tracked(kind: str, text: str, scripts: dict[str, bool]) -> Tracked:
    name, _, weight = text.partition(" weight ")
    name = name.partition(",")[0].strip()
    return Tracked(kind, name, int(number(weight)), scripts.get(name) if kind == "script" else None)


def address(text: str, device: str) -> VirtualAddress | None:
    """`192.0.2.100/24 dev d0 scope global label d0:vip set` -> the address; `device` where it names none. None when
    it is no address."""
    words = text.split()
    bare, _, prefix = words[0].partition("/") if words else ("", "", "")
    try:
        packed = address_packed(bare)
    except ValueError:
        return None
    if "dev" in words[:-1]:
        device = words[words.index("dev") + 1].partition("@")[0]  # a VMAC names the interface below it: vrrp.51@eth0
    return VirtualAddress(packed, int(number(prefix, len(packed) * 8)), device)
