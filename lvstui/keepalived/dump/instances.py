"""Reads keepalived.data into VRRP instances (vrrp/vrrp_data.c dump_vrrp; 1.3: vrrp/vrrp_print.c). Passwords are
skipped."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lvstui.director.model import address_packed
from lvstui.director.vrrp.instances import Instance, Tracked, VirtualAddress
from lvstui.keepalived.dump.blocks import DumpLine, lines, number
from lvstui.keepalived.dump.keepalived_1_3 import modern

_STATES = ("MASTER", "BACKUP", "FAULT", "INIT", "STOP", "DELETED")
_LISTS = (
    (re.compile(r"Virtual IP( \(|$)"), "addresses"),
    (re.compile(r"Virtual IP Excluded|Excluded Virtual IP|Virtual IP addresses excluded", re.I), "excluded"),
    (re.compile(r"Unicast Peer", re.I), "peers"),
    (re.compile(r"Tracked interface"), "interface"),
    (re.compile(r"Tracked script"), "script"),
    (re.compile(r"Tracked file"), "file"),
    (re.compile(r"Tracked process"), "process"),
    (re.compile(r"Tracked BFD"), "bfd"),
    (re.compile(r"Flags of interface faults"), "flags"),
)
"""The headings of lists, in the spellings of different versions, and their contents."""


_NUMBERED = {"0": "INIT", "97": "DELETED", "98": "STOP"}
"""The states that 1.3 shows as numbers."""


def _whole(value: str) -> int:
    return int(number(value))


_FIELDS: dict[str, tuple[str, Callable[[str], object]]] = {
    "Sync group": ("group", str),
    "VRRP interface tracking disabled": ("tracks", lambda _: False),
    "Virtual Router ID": ("vrid", _whole),
    "VRRP Version": ("version", lambda value: int(number(value, 2))),
    "Priority": ("priority", _whole),
    "Base priority": ("priority", _whole),
    "Effective priority": ("effective", _whole),
    "Advert interval": ("advert", lambda value: number(value) / (1000 if "milli" in value else 1)),
    "Preempt": ("preempt", lambda value: value.startswith("enabled")),
    "Master router": ("master", str),
    "Master priority": ("master_priority", _whole),
    "Number of interface and track script faults": ("faults", _whole),
    "Number of tracker faults": ("faults", _whole),
    "Using Native IPv6": ("family", lambda _: 6),
}
"""The lines with one value each: the field of an instance, and how it is read."""


def instances(text: str) -> tuple[Instance, ...]:
    """The instances in a keepalived.data, in order. Unknown lines are skipped; an instance without even a state (the
    file was cut) is left out."""
    blocks: list[tuple[dict[str, Any], dict[str, list[str]]]] = []
    scripts: dict[str, bool | None] = {}
    groups: dict[str, str] = {}
    title = name = within = ""
    for line in modern(lines(text)):
        if line.indent <= 1:
            title, name, within = line.name, line.value, ""
            if title == "VRRP Instance":
                blocks.append(({"name": name}, {}))
        elif title == "VRRP Script" and line.name == "Status":
            scripts[name] = None if line.value == "INIT" else line.value.endswith("GOOD")
        elif title == "VRRP Sync Group" and line.name == "monitor":  # in 1.3 the group alone tells
            groups[line.value] = name.partition(",")[0]
        elif title == "VRRP Instance":
            within = _field(*blocks[-1], line, within)
    for fields, _ in blocks:
        fields.setdefault("group", groups.get(fields["name"], ""))
    return tuple(_instance(*block, scripts) for block in blocks if block[0].get("state") in _STATES)


def _field(fields: dict[str, Any], items: dict[str, list[str]], line: DumpLine, within: str) -> str:
    """Reads one line of an instance; returns the list that deeper lines belong to."""
    name, value = line.name, line.value
    if line.indent > 3:
        if within:
            items.setdefault(within, []).append(name)
        return within
    for heading, key in _LISTS:
        if heading.match(name):
            return key
    if name == "State":
        fields["state"] = _NUMBERED.get(value, value)
    elif name == "Last transition":
        fields["since"] = number(value) or None
    elif name in ("Interface", "Listening device"):
        # `vrrp.51, vmac on eth1`: the interface of its own that carries its addresses, and the one below.
        own, _, below = value.partition(",")
        base = below.partition(" on ")[2].partition(",")[0]
        fields["interface"] = base or own.partition(" ")[0]
        if base:
            fields["vmac"] = own
    elif name == "Real interface":  # in 1.3, below the one that is listened on
        fields["vmac"], fields["interface"] = fields.get("interface", ""), value
    elif name.startswith(("Use VMAC, i/f name ", "Use IPVLAN, i/f ")):
        fields["vmac"] = name.partition("i/f ")[2].removeprefix("name ").partition(",")[0]
    elif name in _FIELDS:
        key, meaning = _FIELDS[name]
        fields[key] = meaning(value)
    return ""


def _instance(fields: dict[str, Any], items: dict[str, list[str]], scripts: dict[str, bool | None]) -> Instance:
    device = fields.get("interface", "")
    addresses = tuple(a for text in items.get("addresses", ()) if (a := address(text, device)))
    excluded = tuple(a for text in items.get("excluded", ()) if (a := address(text, device)))
    tracked = tuple(
        _tracked(kind, text, scripts)
        for kind in ("interface", "script", "file", "process", "bfd")
        for text in items.get(kind, ())
    )
    peers = tuple(text.split()[0] for text in items.get("peers", ()))
    if addresses and len(addresses[0].address) == 16:
        fields["family"] = 6
    # From 2.4 on only tracked things are counted; faults of the interface are listed.
    fields["faults"] = fields.get("faults", 0) + sum(flag != "unspecified" for flag in items.get("flags", ()))
    return Instance(**fields, addresses=addresses, excluded=excluded, tracked=tracked, peers=peers)


def _tracked(kind: str, text: str, scripts: dict[str, bool | None]) -> Tracked:
    name, _, weight = text.partition(" weight ")
    name = name.strip().rstrip(",:")
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
    below = ""
    if "dev" in words[:-1]:  # a VMAC names the interface below it: vrrp.51@eth0
        device, _, below = words[words.index("dev") + 1].partition("@")
    return VirtualAddress(packed, int(number(prefix, len(packed) * 8)), device, below)
