"""Turns contents into plain tables of strings and numbers: the shape that TOML and JSON share.

Defaults are left out. Thresholds that a text did not give are written as 0: a snapshot in this shape says everything.
"""

from __future__ import annotations

from _collections_abc import Mapping

from lvstui.director.model import (
    CHECKSUM_NAMES,
    FORWARD_NAMES,
    IPIP,
    IPV6,
    PROTOCOL_NAMES,
    TUNNEL_NAMES,
    Server,
    Service,
    SyncDaemon,
    Timeouts,
    Tunnel,
    address_text,
    flag_names,
    netmask_text,
)
from lvstui.formats.contents import FORMAT, Header
from lvstui.values import Any

TomlTable = dict[str, Any]


def header_table(header: Header) -> TomlTable:
    """The table of a header. `taken` is text, 2026-11-23T02:53:06Z; the writer decides about quotes."""
    import time

    table: TomlTable = {"format": FORMAT}
    if header.host:
        table["host"] = header.host
    if header.taken is not None:
        table["taken"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(header.taken))
    if header.kernel:
        table["kernel"] = header.kernel
    return table


def timeouts_table(timeouts: Timeouts) -> TomlTable:
    """The table of timeouts; 0 leaves a timeout alone, so it is not written."""
    return {name: seconds for name, seconds in zip(timeouts._fields, timeouts, strict=True) if seconds}


def sync_table(daemon: SyncDaemon) -> TomlTable:
    table: TomlTable = {"role": daemon.role, "interface": daemon.interface, "id": daemon.id}
    for name in ("max_length", "group", "port", "ttl"):
        if getattr(daemon, name):
            table[name] = getattr(daemon, name)
    return table


def service_table(service: Service) -> TomlTable:
    """A service without its servers."""
    key = service.key
    table: TomlTable = {}
    if key.fwmark:
        table["fwmark"] = key.fwmark
        if key.family == IPV6:
            table["family"] = "ipv6"
    else:
        table["protocol"] = PROTOCOL_NAMES.get(key.protocol, key.protocol)
        table["address"] = address_text(key.address)
        table["port"] = key.port
    table["scheduler"] = service.scheduler
    if service.flags:
        table["flags"] = [name for bit, name in enumerate(flag_names(service.scheduler)) if service.flags >> bit & 1]
    if service.persistence is not None:
        table["persistence"] = service.persistence
    if service.netmask is not None:
        table["netmask"] = service.netmask if key.family == IPV6 else netmask_text(service.netmask, key.family)
    if service.engine:
        table["engine"] = service.engine
    if service.one_packet:
        table["one_packet"] = True
    return table


def server_table(server: Server) -> TomlTable:
    key, forward, weight, upper, lower, tunnel = server
    table: TomlTable = {
        "address": address_text(key.address),
        "port": key.port,
        "forward": forward_name(forward),
        "weight": weight,
    }
    if upper:
        table["upper"] = upper
    if lower:
        table["lower"] = lower
    if tunnel != IPIP:
        table["tunnel"] = _tunnel_table(tunnel)
    return table


def forward_name(forward: int) -> str | int:
    """`route`, `masq`, ...; the number itself for those that have no name."""
    return FORWARD_NAMES[forward] if forward < 5 else forward


FORWARD_TEXTS = tuple(f'"{name}"' if isinstance(name, str) else str(name) for name in map(forward_name, range(8)))
"""The same names as TOML and JSON write them."""


def _tunnel_table(tunnel: Tunnel) -> Mapping[str, Any]:
    table: TomlTable = {"type": TUNNEL_NAMES[tunnel.kind] if tunnel.kind < len(TUNNEL_NAMES) else tunnel.kind}
    if tunnel.port:
        table["port"] = tunnel.port
    if tunnel.checksum:
        checksum = tunnel.checksum
        table["checksum"] = CHECKSUM_NAMES[checksum] if checksum < len(CHECKSUM_NAMES) else checksum
    return table
