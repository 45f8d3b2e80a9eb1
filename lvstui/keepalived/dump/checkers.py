"""keepalived_check.data -> what its checkers think of each real server (check/check_data.c, check_api.c)."""

from __future__ import annotations

import re
from typing import Any

from lvstui.director.checks.watched import Checked, Checker, Watched
from lvstui.director.model import (
    PROTOCOL_NAMES,
    ServerKey,
    ServiceKey,
    address_packed,
    address_text,
    family_of,
    protocol_name,
)
from lvstui.keepalived.dump.blocks import lines, number

_PROTOCOLS = {name.upper(): protocol for protocol, name in PROTOCOL_NAMES.items()}


def watched(text: str) -> tuple[Watched, ...]:
    """The services of a keepalived_check.data that have one address or mark; groups are left out, as are services and
    servers whose lines cannot be understood."""
    services: list[dict[str, Any]] = []
    checks: list[dict[str, str]] = []
    fields: dict[str, Any] = {}
    for line in lines(text):
        name, value = line.name, line.value
        if line.section == "Health checkers":
            if " -> " in name:
                checks.append({"of": name})
            elif checks:
                checks[-1].setdefault(name, value)
        elif line.indent == 1 and name.startswith("VS "):
            fields = {"vs": f"{name} = {value}", "servers": []}
            services.append(fields)
        elif services and name == "RIP":
            fields = {"rip": value}
            services[-1]["servers"].append(fields)
        elif services and name:
            fields.setdefault(name, value)
    return tuple(found for service in services if (found := _watched(service, checks)) is not None)


def _watched(fields: dict[str, Any], checks: list[dict[str, str]]) -> Watched | None:
    key = _service(fields)
    if key is None:
        return None
    sorry = _endpoint(fields.get("sorry server", "") or fields.get("sorry server (duplicates rs)", ""))
    servers = tuple(server for one in fields["servers"] if (server := _server(key, one, checks)) is not None)
    return Watched(key, int(number(fields.get("quorum", ""), 1)), fields.get("quorum_state_up") == "1", sorry, servers)


def _server(key: ServiceKey, fields: dict[str, str], checks: list[dict[str, str]]) -> Checked | None:
    rip = re.match(r"(\S+), RPORT = (\d+), WEIGHT = (-?\d+)", fields["rip"])
    if rip is None:
        return None
    packed = _packed(rip[1])
    if packed is None:
        return None
    server = ServerKey(family_of(packed), packed, int(rip[2]))
    of = f"{_named(key)} -> [{address_text(packed)}]:"
    own = [one for one in checks if one["of"].startswith(of) and one["of"].endswith(f":{server.port}")]
    return Checked(
        server,
        int(rip[3]),
        int(number(fields.get("effective weight", rip[3]))),
        fields.get("alive") == "1",
        fields.get("RS set") == "1",
        "Inhibit on failure is ON" in fields,
        tuple(
            Checker(one.get("Keepalive method", "").partition(",")[0], _said(one, "Up", "Is up"), _said(one, "Has run"))
            for one in own
        ),
    )


def _said(fields: dict[str, str], *names: str) -> bool:
    """2.1 says it twice, 2.0 as a number only."""
    return any(fields.get(name) in ("yes", "1") for name in names)


def _named(key: ServiceKey) -> str:
    """A service as the section of health checkers names it."""
    if key.fwmark:
        return f"FWM {key.fwmark}"
    return f"[{address_text(key.address)}]:{protocol_name(key.protocol)}:{key.port}"


def _service(fields: dict[str, Any]) -> ServiceKey | None:
    mark = re.match(r"VS FWMARK = (\d+)", fields["vs"])
    if mark:
        return ServiceKey(int(mark[1]), 6 if fields.get("Address family") == "inet6" else 4, 0, b"", 0)
    address = re.match(r"VS VIP = (\S+), VPORT = (\d+)", fields["vs"])
    protocol = _PROTOCOLS.get(fields.get("protocol", ""))
    packed = _packed(address[1]) if address else None
    if address is None or protocol is None or packed is None:
        return None
    return ServiceKey(0, family_of(packed), protocol, packed, int(address[2]))


def _endpoint(text: str) -> ServerKey | None:
    """`[10.0.0.99]:tcp:80`"""
    found = re.match(r"\[(\S+)\]:\w+:(\d+)", text)
    packed = _packed(found[1]) if found else None
    return ServerKey(family_of(packed), packed, int(found[2])) if found and packed else None


def _packed(text: str) -> bytes | None:
    try:
        return address_packed(text)
    except ValueError:
        return None
