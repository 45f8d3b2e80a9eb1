"""Reads keepalived_check.data: the check results of each real server (check/check_data.c, check_api.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.model import (
    IPV4,
    IPV6,
    PROTOCOL_NAMES,
    ServerKey,
    ServiceKey,
    address_packed,
    address_text,
    family_of,
    protocol_name,
)
from lvstui.keepalived.conf.addresses import Range, addresses
from lvstui.keepalived.dump.blocks import lines, number
from lvstui.values import NamedTuple

_PROTOCOLS = {name.upper(): protocol for protocol, name in PROTOCOL_NAMES.items()}


_MOST = 200_000
"""The most services of all groups together: an entry of a group may be a range of millions."""


class _Group(NamedTuple):
    """A virtual_server_group: its entries, each as its line has it, and which families it has."""

    entries: list[tuple[str, str]]
    families: list[int]


class _Target(NamedTuple):
    """A service of the table, and whether its real servers have its port where they do no NAT."""

    key: ServiceKey
    own_port: bool = True

    def server(self, packed: bytes, port: int, nat: bool) -> ServerKey:
        return ServerKey(family_of(packed), packed, port if nat or self.own_port else self.key.port)


class _Real(NamedTuple):
    """A real server with the port that is written for it, and whether it is reached by NAT."""

    checked: CheckedServer
    nat: bool


def watched(text: str) -> tuple[CheckedService, ...]:
    """The services in a keepalived_check.data, with a group as each of its services. Services and servers whose lines
    cannot be parsed are left out."""
    services: list[dict[str, Any]] = []
    checks: list[dict[str, str]] = []
    groups: dict[str, _Group] = {}
    fields: dict[str, Any] = {}
    group = _Group([], [])
    for line in lines(text):
        name, value = line.name, line.value
        if line.section == "Health checkers":
            if " -> " in name:
                checks.append({"of": name})
            elif checks:
                checks[-1].setdefault(name, value)
        elif line.section == "Virtual server group":
            if line.indent == 1 and name == "Virtual Server Group":
                called, _, families = value.partition(", IPv4 = ")
                group = groups[called] = _Group([], [IPV6] if families.startswith("no") else [IPV4])
                if families.endswith("IPv6 = yes") and IPV6 not in group.families:
                    group.families.append(IPV6)
            elif name:
                group.entries.append((name, value))
        elif line.indent == 1 and name.startswith("VS "):
            fields = {"vs": f"{name} = {value}", "servers": []}
            services.append(fields)
        elif services and name == "RIP":
            fields = {"rip": value}
            services[-1]["servers"].append(fields)
        elif services and name:
            fields.setdefault(name, value)
    named: dict[str, list[dict[str, str]]] = {}
    for check in checks:
        named.setdefault(check["of"].rpartition("]:")[0], []).append(check)
    by_key: dict[ServiceKey, CheckedService] = {}
    for service in services:
        reals: list[_Real] | None = None
        for target in _targets(service, groups):
            if len(by_key) >= _MOST:
                break
            if reals is None:
                reals = list(_reals(service, _named(service, target.key), named))
            checked = _watched(target, service, reals)
            by_key[checked.key] = _merged(by_key[checked.key], checked) if checked.key in by_key else checked
    return tuple(by_key.values())


def _merged(watched: CheckedService, other: CheckedService) -> CheckedService:
    """Two virtual_servers that program the same service."""
    worse = watched if not watched.has_quorum else other
    return worse._replace(sorry=watched.sorry or other.sorry, servers=(*watched.servers, *other.servers))


def _watched(target: _Target, fields: dict[str, Any], reals: list[_Real]) -> CheckedService:
    sorry = _endpoint(fields.get("sorry server", "") or fields.get("sorry server (duplicates rs)", ""))
    if sorry is not None:
        nat = fields.get("sorry server forwarding method", "NAT") == "NAT"
        sorry = target.server(sorry.address, sorry.port, nat)
    servers = tuple(
        real.checked._replace(key=target.server(real.checked.key.address, real.checked.key.port, real.nat))
        for real in reals
    )
    quorum, up = int(number(fields.get("quorum", ""), 1)), fields.get("quorum_state_up") == "1"
    return CheckedService(target.key, quorum, up, sorry, servers)


def _reals(service: dict[str, Any], named: str, checks: Mapping[str, list[dict[str, str]]]) -> Iterator[_Real]:
    """The servers of a virtual_server. `checks`: by the service and the server's address, as they are named."""
    for fields in service["servers"]:
        rip = re.match(r"(\S+), RPORT = (\d{1,5}), WEIGHT = (-?\d{1,10})", fields["rip"])
        packed = _packed(rip[1]) if rip is not None else None
        if rip is None or packed is None:
            continue
        port, weight = int(rip[2]), int(rip[3])
        of = checks.get(f"{named} -> [{address_text(packed)}", ())
        own = [block for block in of if _ends(block["of"], port, service.get("protocol", ""))]
        checked = CheckedServer(
            ServerKey(family_of(packed), packed, port),
            weight,
            int(number(fields.get("effective weight", rip[3]))),
            fields.get("alive") == "1",
            fields.get("RS set") == "1",
            "Inhibit on failure is ON" in fields,
            tuple(
                Checker(
                    block.get("Keepalive method", "").partition(",")[0],
                    _said(block, "Up", "Is up"),
                    _said(block, "Has run"),
                )
                for block in own
            ),
        )
        yield _Real(checked, fields.get("forwarding method", "NAT") == "NAT")


def _ends(name: str, port: int, protocol: str) -> bool:
    """Whether a checker belongs to a server at this port; for groups with two protocols, to the right one."""
    said = name.rpartition(" -> ")[2].split("]:")[-1].split(":")
    other = len(said) > 1 and said[0].upper() in _PROTOCOLS and protocol in _PROTOCOLS and said[0].upper() != protocol
    return said[-1] == str(port) and not other


def _said(fields: dict[str, str], *names: str) -> bool:
    """2.1 says it twice, 2.0 as a number only."""
    return any(fields.get(name) in ("yes", "1") for name in names)


def _named(fields: dict[str, Any], key: ServiceKey) -> str:
    """The name of a service in the section of health checkers."""
    kind, _, name = fields["vs"].partition(" = ")
    if kind == "VS GROUP":
        return str(name)
    if key.fwmark:
        return f"FWM {key.fwmark}"
    return f"[{address_text(key.address)}]:{protocol_name(key.protocol)}:{key.port}"


def _targets(fields: dict[str, Any], groups: Mapping[str, _Group]) -> Iterator[_Target]:
    """The services of the table that a virtual_server covers."""
    kind, _, value = fields["vs"].partition(" = ")
    protocol = _PROTOCOLS.get(fields.get("protocol", ""))
    family = IPV6 if fields.get("Address family") == "inet6" else IPV4
    if kind == "VS FWMARK":
        if re.fullmatch(r"\d{1,10}", value):
            yield _Target(ServiceKey(int(value), family, 0, b"", 0))
    elif kind == "VS GROUP":
        # As FMT_VS has it: [NAME]:PORT, the port of the virtual_server's own address, which has none.
        group = groups.get(value.rpartition(":")[0].removeprefix("[").removesuffix("]"))
        yield from _of_group(group, protocol, family) if group is not None else ()
    else:
        address = re.fullmatch(r"VS VIP = (\S+), VPORT = (\d{1,5})", fields["vs"])
        packed = _packed(address[1]) if address else None
        if address is not None and protocol is not None and packed is not None:
            yield _Target(ServiceKey(0, family_of(packed), protocol, packed, int(address[2])))


def _of_group(group: _Group, protocol: int | None, family: int) -> Iterator[_Target]:
    for name, value in group.entries:
        if name.startswith("Fwmark TCP: "):  # nftables makes a firewall mark of the whole group
            marks = dict(zip(_PROTOCOLS, re.findall(r"\d{1,10}", name), strict=False))
            mark = next((int(marks[said]) for said, number in _PROTOCOLS.items() if number == protocol), 0)
            if mark:
                yield from (_Target(ServiceKey(mark, each, 0, b"", 0), False) for each in group.families)
                return
        elif name == "FWMARK" and (mark_said := re.fullmatch(r"(\d{1,10})( IPv[46])?", value)):
            of = IPV6 if mark_said[2] == " IPv6" else IPV4 if mark_said[2] else family
            yield _Target(ServiceKey(int(mark_said[1]), of, 0, b"", 0), False)
        elif protocol is not None and name in ("VIP", "VIP Range"):
            said = re.fullmatch(r"([^-\s]+)(?:-(\S+))?, VPORT = (\d{1,5})", value)
            first = _packed(said[1]) if said is not None else None
            last = _last(first, said[2]) if said is not None and first is not None else None
            if said is None or first is None or last is None or len(first) != len(last):
                continue
            for address in addresses(Range(first, last, int(said[3]))):
                yield _Target(ServiceKey(0, family_of(address), protocol, address, int(said[3])), False)


def _last(first: bytes, text: str | None) -> bytes | None:
    """The end of a range: an address, or up to 2.0 its last number alone."""
    if not text:
        return first
    if "." in text or ":" in text:
        return _packed(text)
    size, base = (1, 10) if len(first) == 4 else (2, 16)
    try:
        return first[:-size] + int(text, base).to_bytes(size, "big")
    except (ValueError, OverflowError):
        return None


def _endpoint(text: str) -> ServerKey | None:
    """`[10.0.0.99]:tcp:80`"""
    match = re.match(r"\[(\S+)\]:\w+:(\d{1,5})(?!\d)", text)
    packed = _packed(match[1]) if match else None
    return ServerKey(family_of(packed), packed, int(match[2])) if match and packed else None


def _packed(text: str) -> bytes | None:
    try:
        return address_packed(text)
    except ValueError:
        return None
