"""Converts between decoded attributes and the director's values. This is the one place that knows what each field means
on both sides."""

from __future__ import annotations

import struct
from sys import byteorder

from lvstui.director.model import (
    IPIP,
    IPV4,
    IPV6,
    Forward,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    Tunnel,
    address_packed,
    address_text,
)
from lvstui.director.state import Counters, Rates, ServerReading, ServiceReading
from lvstui.kernel.ipvs.attributes import COUNTERS, RATES, Values
from lvstui.values import cast

AF = {IPV4: 2, IPV6: 10}
FAMILY = {2: IPV4, 10: IPV6}

PERSISTENT = 0x01
ONE_PACKET = 0x04
SCHEDULER_FLAGS = 3
"""The first of the three scheduler flags, bit 3 (ip_vs.h, IP_VS_SVC_F_*). HASHED, 0x02, is the kernel's own flag and
never leaves this file."""

NO_MASK_WORD = 0xFFFFFFFF
_ROLES = {1: "master", 2: "backup"}


def key_values(key: ServiceKey) -> Values:
    """The attributes that name a service to the kernel."""
    if key.fwmark:
        return {"family": AF[key.family], "fwmark": key.fwmark}
    return {"family": AF[key.family], "protocol": key.protocol, "address": key.address, "port": key.port}


def service_values(service: Service) -> Values:
    """All attributes of a service; every command that sets one replaces all of them."""
    flags = service.flags << SCHEDULER_FLAGS
    if service.persistence is not None:
        flags |= PERSISTENT
    if service.one_packet:
        flags |= ONE_PACKET
    values: dict[str, int | str | bytes] = {
        **cast("dict[str, int | bytes]", key_values(service.key)),
        "scheduler": service.scheduler,
        "flags": flags,
        "timeout": service.persistence or 0,
        "netmask": netmask_word(service.netmask, service.key.family),
    }
    if service.engine:
        values["engine"] = service.engine
    return values


def server_key_values(key: ServerKey) -> Values:
    return {"address": key.address, "port": key.port, "family": AF[key.family]}


def server_values(server: Server) -> Values:
    """All attributes of a real server's rule."""
    return {
        "address": server.key.address,
        "port": server.key.port,
        "forward": server.forward,
        "weight": server.weight,
        "upper": server.upper or 0,
        "lower": server.lower or 0,
        "family": AF[server.key.family],
        "tunnel_kind": server.tunnel.kind,
        "tunnel_port": server.tunnel.port,
        "tunnel_flags": server.tunnel.checksum,
    }


def daemon_values(daemon: SyncDaemon) -> Values:
    values: dict[str, int | str | bytes] = {
        "state": next(number for number, role in _ROLES.items() if role == daemon.role),
        "interface": daemon.interface,
        "id": daemon.id,
    }
    if daemon.max_length:
        values["max_length"] = daemon.max_length
    if daemon.group:
        group = address_packed(daemon.group)
        values["group" if len(group) == 4 else "group6"] = group
    if daemon.port:
        values["port"] = daemon.port
    if daemon.ttl:
        values["ttl"] = daemon.ttl
    return values


def key_from(values: Values) -> ServiceKey:
    family = FAMILY.get(cast(int, values["family"]), IPV4)
    if "fwmark" in values:
        return ServiceKey(cast(int, values["fwmark"]), family, 0, b"", 0)
    address = cast(bytes, values.get("address", bytes(16)))
    return ServiceKey(
        0,
        family,
        cast(int, values.get("protocol", 0)),
        address[:4] if family == IPV4 else address,
        cast(int, values.get("port", 0)),
    )


def service_reading(values: Values) -> ServiceReading:
    """A service from generically decoded values; 64-bit counters where the kernel has them (4.1), otherwise 32-bit."""
    key = key_from(values)
    service = service_from(
        key,
        cast(str, values.get("scheduler", "")),
        cast(int, values.get("flags", 0)),
        cast(int, values.get("timeout", 0)),
        cast(int, values.get("netmask", NO_MASK_WORD)),
        cast(str, values.get("engine", "")),
    )
    return ServiceReading(service, *_stats(values))


def service_from(key: ServiceKey, scheduler: str, flags: int, timeout: int, netmask: int, engine: str) -> Service:
    """A Service from the kernel's own fields. The kernel wraps a timeout of 2^32/HZ seconds or more and shows the
    wrapped value. That is the value in effect, so the Service has it too."""
    return Service(
        key,
        scheduler,
        flags >> SCHEDULER_FLAGS & 7,
        timeout if flags & PERSISTENT else None,
        netmask_from(netmask, key.family),
        engine,
        bool(flags & ONE_PACKET),
    )


def server_reading(values: Values, service_family: int) -> ServerReading:
    """A real server from generically decoded values. Kernels before 3.18 do not give its family; it is then the
    service's. What the kernel keeps about a tunnel counts with that method only, so it is IPIP with any other."""
    family = FAMILY.get(cast(int, values.get("family", 0)), service_family)
    address = cast(bytes, values["address"])
    forward = cast(int, values.get("forward", 0)) & 7
    server = Server(
        ServerKey(family, address[:4] if family == IPV4 else address, cast(int, values["port"])),
        forward,
        cast(int, values.get("weight", 0)),
        cast(int, values.get("upper", 0)),
        cast(int, values.get("lower", 0)),
        Tunnel(
            cast(int, values.get("tunnel_kind", 0)),
            cast(int, values.get("tunnel_port", 0)),
            cast(int, values.get("tunnel_flags", 0)),
        )
        if forward == Forward.TUNNEL
        else IPIP,
    )
    active, inactive, persistent = (cast(int, values.get(n, 0)) for n in ("active", "inactive", "persistent"))
    return ServerReading(server, active, inactive, persistent, *_stats(values))


def daemon_from(values: Values) -> SyncDaemon:
    group = values.get("group6") or values.get("group") or b""
    return SyncDaemon(
        _ROLES.get(cast(int, values.get("state", 0)), "unknown"),
        cast(str, values.get("interface", "")),
        cast(int, values.get("id", 0)),
        cast(int, values.get("max_length", 0)),
        address_text(cast(bytes, group)) if group else "",
        cast(int, values.get("port", 0)),
        cast(int, values.get("ttl", 0)),
    )


def timeouts_from(values: Values) -> Timeouts:
    return Timeouts(*(cast(int, values.get(name, 0)) for name in Timeouts._fields))


def netmask_word(netmask: int | None, family: int) -> int:
    """The kernel's word for a mask: an IPv4 mask's four bytes as they are in memory, an IPv6 prefix as a number."""
    if family == IPV6:
        return 128 if netmask is None else netmask
    return NO_MASK_WORD if netmask is None else _swap(netmask)


def netmask_from(word: int, family: int) -> int | None:
    """None for the full mask."""
    if family == IPV6:
        return None if word == 128 else word
    return None if word == NO_MASK_WORD else _swap(word)


def _swap(word: int) -> int:
    return word if byteorder == "big" else struct.unpack(">I", struct.pack("<I", word))[0]


def _stats(values: Values) -> tuple[Counters, Rates]:
    stats = cast(Values, values.get("stats") or values.get("stats32") or {})
    return (
        Counters(*(cast(int, stats.get(name, 0)) for name in COUNTERS)),
        Rates(*(cast(int, stats.get(name, 0)) for name in RATES)),
    )
