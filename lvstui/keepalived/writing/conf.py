"""Writes rules as keepalived.conf: the blocks with which keepalived 2.2 programs the same table
(keepalived.conf(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lvstui.director.model import (
    CHECKSUM_NAMES,
    IPV6,
    PROTOCOL_NAMES,
    TUNNEL_NAMES,
    Entry,
    Forward,
    RuleSet,
    Server,
    ServerInService,
    Service,
    address_text,
    netmask_text,
    server_text,
    service_text,
)

_NAME = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
"""A valid name of a scheduler or an engine. A hostile director may send any word, and a file for root must not contain
it."""
_METHODS = {Forward.MASQ: "NAT", Forward.ROUTE: "DR", Forward.TUNNEL: "TUN"}


_HERE = "a checker belongs here, for example TCP_CHECK with connect_timeout 3"
_NO_NOTES: Mapping[ServerInService, str] = MappingProxyType({})


def write(rules: RuleSet, notes: Mapping[ServerInService, str] = _NO_NOTES) -> tuple[str, list[str]]:
    """The text, and what keepalived.conf cannot express of the rules, in words. The blocks have no checkers, so
    keepalived assumes every server is up: a comment marks where a check belongs, or has the text that `notes` gives for
    a server."""
    lost: list[str] = []
    lines = list(_settings(rules, lost))
    for key in sorted(rules.rules):
        lines += _service(rules.rules[key], notes, lost)
    return "".join(f"{line}\n" for line in lines), lost


def _settings(rules: RuleSet, lost: list[str]) -> Iterator[str]:
    if rules.sync:
        lost.append("sync daemons: lvs_sync_daemon needs the VRRP instance that they follow")
    if rules.timeouts is not None:
        tcp, fin, udp = rules.timeouts
        named = " ".join(f"{name} {value}" for name, value in (("tcp", tcp), ("tcpfin", fin), ("udp", udp)) if value)
        yield from ("global_defs {", f"    lvs_timeouts {named}", "}", "")


def _service(entry: Entry, notes: Mapping[ServerInService, str], lost: list[str]) -> Iterator[str]:
    service, key, name = entry.service, entry.service.key, service_text(entry.service.key)
    servers = [server for server in sorted(entry.servers.values()) if _possible(service, server, lost)]
    if not servers:
        lost.append(f"{name}: keepalived drops a service without real servers")
        return
    if not key.fwmark and key.protocol not in PROTOCOL_NAMES:
        lost.append(f"{name}: keepalived knows tcp, udp and sctp")
        return
    if not key.fwmark and not key.port and service.persistence is None:
        lost.append(f"{name}: keepalived makes a service of all ports persistent")
        return
    odd = next((name for name in (service.scheduler, service.engine) if name and not _NAME.fullmatch(name)), None)
    if odd is not None:
        lost.append(f"{name}: {odd!r} is not the name of a scheduler or an engine")
        return
    yield (
        f"virtual_server fwmark {key.fwmark} {{"
        if key.fwmark
        else (
            f"virtual_server {address_text(key.address)} {key.port} {{"
            if key.port
            else f"virtual_server {address_text(key.address)} {{"
        )
    )
    yield from (f"    {line}" for line in _attributes(service, servers, lost))
    for server in servers:
        note = notes.get((key, server.key), _HERE)
        yield from (f"    {line}" for line in _server(server, servers[0], note))
    yield from ("}", "")


def _attributes(service: Service, servers: list[Server], lost: list[str]) -> Iterator[str]:
    key, name = service.key, service_text(service.key)
    if key.fwmark:
        if key.family == IPV6:
            yield "ip_family inet6"
        elif any(server.key.family == IPV6 for server in servers):
            yield "ip_family inet"  # otherwise keepalived uses the family of its servers
    else:
        yield f"protocol {PROTOCOL_NAMES[key.protocol].upper()}"
    yield f"lvs_sched {service.scheduler}"
    yield f"lvs_method {_method(servers[0])}"
    prefix = service.scheduler if service.scheduler in ("sh", "mh") else ""
    names = (f"{prefix}-fallback", f"{prefix}-port", "flag-3") if prefix else ("flag-1", "flag-2", "flag-3")
    yield from (flag for bit, flag in enumerate(names) if service.flags >> bit & 1)
    if service.persistence is not None:
        yield f"persistence_timeout {service.persistence}"
    if service.netmask is not None:
        if service.persistence is None:
            lost.append(f"{name}: the netmask, which keepalived sets with persistence alone")
        else:
            yield f"persistence_granularity {netmask_text(service.netmask, key.family)}"
    if service.engine:
        yield f"persistence_engine {service.engine}"
    if service.one_packet:
        yield "ops"


def _server(server: Server, first: Server, note: str) -> Iterator[str]:
    port = f" {server.key.port}" if server.key.port else ""
    yield f"real_server {address_text(server.key.address)}{port} {{"
    yield f"    weight {server.weight}"
    if _method(server) != _method(first):
        yield f"    lvs_method {_method(server)}"
    if server.upper:
        yield f"    uthreshold {server.upper}"
    if server.lower:
        yield f"    lthreshold {server.lower}"
    yield f"    # {note}"
    yield "}"


def _method(server: Server) -> str:
    if server.forward != Forward.TUNNEL:
        return _METHODS[server.forward]
    kind, port, checksum = server.tunnel
    text = "TUN"
    if kind or checksum:
        text += f" type {TUNNEL_NAMES[kind]}"
    if port:
        text += f" port {port}"
    return f"{text} {CHECKSUM_NAMES[checksum]}" if checksum else text


def _possible(service: Service, server: Server, lost: list[str]) -> bool:
    """Whether keepalived can program this server as it is; otherwise adds the reason to `lost`."""
    name = f"{server_text(server.key)} of {service_text(service.key)}"
    if server.forward not in _METHODS:
        lost.append(f"{name}: its forwarding method is neither NAT, DR nor TUN")
    elif server.forward != Forward.MASQ and server.key.port != (0 if service.key.fwmark else service.key.port):
        lost.append(f"{name}: without NAT keepalived gives it the service's port")
    elif server.tunnel.kind >= len(TUNNEL_NAMES) or server.tunnel.checksum >= len(CHECKSUM_NAMES):
        lost.append(f"{name}: its kind of tunnel has no name")
    elif server.forward == Forward.MASQ and not server.key.port and service.key.port:
        lost.append(f"{name}: with NAT keepalived gives a server without port the service's")
    else:
        return True
    return False
