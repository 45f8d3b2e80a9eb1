"""Converts between the text of a form and services and servers. Pure: text in, values out, with the reason for an
error."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lvstui.commands.targets import Endpoints, endpoints
from lvstui.console.context.ui import FormField
from lvstui.director.dashes import hyphens
from lvstui.director.marks import mark
from lvstui.director.model import (
    CHECKSUM_NAMES,
    IPV4,
    IPV6,
    PROTOCOL_NAMES,
    SCHEDULERS,
    TUNNEL_NAMES,
    Forward,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    Tunnel,
    address_packed,
    address_text,
    family_of,
    flag_bits,
    flag_names,
    netmask_text,
    protocol_name,
)
from lvstui.director.option_words import FORWARDS, netmask
from lvstui.director.remarks import nearest, shown
from lvstui.director.spell import flag_words

SERVICE = (
    FormField("protocol", "tcp, udp or sctp", ("tcp", "udp", "sctp"), key=True),
    FormField("address", "IPv4 or IPv6", key=True),
    FormField("port", "1-65535; 0 is all, with persistence", key=True),
    FormField("fwmark", "firewall mark, instead of an address", key=True),
    FormField("family", "of a fwmark: ipv4 or ipv6", ("ipv4", "ipv6"), key=True),
    FormField("scheduler", "wlc wrr rr lc sh mh sed nq dh fo ovf", SCHEDULERS),
    FormField("flags", "sh-fallback sh-port mh-... flag-1..3"),
    FormField("persistence", "seconds; empty for none"),
    FormField("netmask", "255.255.255.0, or an IPv6 prefix"),
    FormField("engine", "sip, or empty", ("sip",)),
    FormField("one-packet", "yes or no; udp and fwmark only", ("yes", "no")),
)

NEW_SERVICE = (
    *SERVICE[:3],
    FormField("servers", "10.0.0.11-14:80 is four, or empty"),
    *SERVICE[3:],
)
"""The fields of a new service with its first real servers."""

SERVER = (
    FormField("address", "its own; 10.0.0.11-14:80 is four", key=True),
    FormField("port", "the service's, unless masq", key=True),
    FormField("forward", "route, masq or tunnel", tuple(FORWARDS)),
    FormField("weight", "0 takes no new connections"),
    FormField("upper", "most connections; 0: no limit"),
    FormField("lower", "takes new ones again below this"),
    FormField("tunnel", "ipip, gue or gre", TUNNEL_NAMES),
    FormField("tunnel-port", "of a gue tunnel"),
    FormField("checksum", "nocsum, csum or remcsum", CHECKSUM_NAMES),
)


_COMMON = ("wlc", "wrr", "rr", "lc", "sh", "mh", "sed", "nq", "dh", "fo", "ovf")


def with_schedulers(fields: Sequence[FormField], schedulers: Sequence[str]) -> tuple[FormField, ...]:
    """The fields, with the schedulers of this kernel as choices."""
    common = [name for name in _COMMON if name in schedulers]
    hint = " ".join([*common, *(name for name in schedulers if name not in common)][:11])
    return tuple(
        field._replace(choices=tuple(schedulers), hint=hint) if field.name == "scheduler" else field for field in fields
    )


class EntryError(ValueError):
    """A field with a wrong value: `field` names it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


def service_values(service: Service) -> dict[str, str]:
    key = service.key
    return {
        "protocol": "" if key.fwmark else protocol_name(key.protocol),
        "address": address_text(key.address) if key.address else "",
        "port": "" if key.fwmark else str(key.port),
        "fwmark": str(key.fwmark) if key.fwmark else "",
        "family": ("ipv6" if key.family == IPV6 else "ipv4") if key.fwmark else "",
        "scheduler": service.scheduler,
        "flags": flag_words(service.scheduler, service.flags),
        "persistence": "" if service.persistence is None else str(service.persistence),
        "netmask": "" if service.netmask is None else netmask_text(service.netmask, key.family),
        "engine": service.engine,
        "one-packet": "yes" if service.one_packet else "no",
    }


def server_values(server: Server) -> dict[str, str]:
    kind, port, checksum = server.tunnel
    return {
        "address": address_text(server.key.address) if server.key.address else "",
        "port": str(server.key.port),
        "forward": {Forward.MASQ: "masq", Forward.TUNNEL: "tunnel"}.get(server.forward, "route"),
        "weight": str(server.weight),
        "upper": str(server.upper or 0),
        "lower": str(server.lower or 0),
        "tunnel": TUNNEL_NAMES[kind] if kind < len(TUNNEL_NAMES) else "ipip",
        "tunnel-port": str(port) if port else "",
        "checksum": CHECKSUM_NAMES[checksum] if checksum < len(CHECKSUM_NAMES) else "nocsum",
    }


def service_from(values: Mapping[str, str]) -> Service:
    """The service from a form. Raises EntryError."""
    values = {name: hyphens(text) for name, text in values.items()}
    key = _service_key(values)
    scheduler = values["scheduler"].strip()
    if not scheduler:
        raise EntryError("scheduler", "name one: " + " ".join(SCHEDULERS))
    persistence = values["persistence"].strip()
    return Service(
        key,
        scheduler,
        _flags(values["flags"], scheduler),
        _number("persistence", persistence) if persistence else None,
        _netmask(values["netmask"].strip(), key.family),
        values["engine"].strip(),
        _choice("one-packet", values["one-packet"] or "no", ("no", "yes")) == 1,
    )


def servers_from(values: Mapping[str, str]) -> tuple[Server, ...]:
    """The real servers from a form: one, or several if the address is a range, 10.0.0.11-14, or a list with commas.
    Raises EntryError."""
    values = {name: hyphens(text) for name, text in values.items()}
    text = values["address"].replace(" ", "")
    if not re.search(r"[-,]|\]:|^[^:]*:[^:]*$", text):
        return (server_from(values),)
    several = _endpoints("address", text)
    stated = {} if several.port is None else {"port": str(several.port)}
    first = server_from({**values, "address": address_text(several.addresses[0]), **stated})
    return tuple(
        first._replace(key=ServerKey(family_of(address), address, first.key.port)) for address in several.addresses
    )


def first_servers(text: str, service: ServiceKey) -> tuple[Server, ...]:
    """The first real servers of a new service, with weight 1 and the service's port unless stated. A server with
    another port gets masquerading, the only method that can change it, any other direct routing. Raises EntryError."""
    text = hyphens(text).replace(" ", "")
    if not text:
        return ()
    several = _endpoints("servers", text)
    port = service.port if several.port is None else several.port
    forward = Forward.ROUTE if service.fwmark or port == service.port else Forward.MASQ
    return tuple(Server(ServerKey(family_of(address), address, port), int(forward), 1) for address in several.addresses)


def _endpoints(field: str, text: str) -> Endpoints:
    try:
        return endpoints(text)
    except ValueError as error:
        raise EntryError(field, str(error)) from None


def server_from(values: Mapping[str, str]) -> Server:
    """The real server from a form. Raises EntryError."""
    address = _address(values["address"])
    forward = list(FORWARDS.values())[_choice("forward", values["forward"], tuple(FORWARDS))]
    tunnel = Tunnel()
    if forward == Forward.TUNNEL:
        kind = _choice("tunnel", values["tunnel"] or "ipip", TUNNEL_NAMES)
        port = _number("tunnel-port", values["tunnel-port"] or "0", 65535)
        tunnel = Tunnel(kind, port, _choice("checksum", values["checksum"] or "nocsum", CHECKSUM_NAMES))
    return Server(
        ServerKey(family_of(address), address, _number("port", values["port"], 65535)),
        int(forward),
        _number("weight", values["weight"]),
        _number("upper", values["upper"] or "0"),
        _number("lower", values["lower"] or "0"),
        tunnel,
    )


def _service_key(values: Mapping[str, str]) -> ServiceKey:
    if written := values["fwmark"].strip():
        try:
            number = mark(written)
        except ValueError as error:
            raise EntryError("fwmark", f"{shown(written)} {error}") from None
        if values["address"].strip():
            raise EntryError("fwmark", "a service is known by its mark or by its address: empty one of them")
        family = (IPV4, IPV6)[_choice("family", values["family"] or "ipv4", ("ipv4", "ipv6"))]
        return ServiceKey(number, family, 0, b"", 0)
    names = {name: number for number, name in PROTOCOL_NAMES.items()}
    protocol = names[list(names)[_choice("protocol", values["protocol"], tuple(names))]]
    address = _address(values["address"])
    return ServiceKey(0, family_of(address), protocol, address, _number("port", values["port"], 65535))


def _address(text: str) -> bytes:
    try:
        return address_packed(text.strip().strip("[]"))
    except ValueError:
        raise EntryError(
            "address", f"{shown(text.strip())} is not an IP address" if text.strip() else "type one"
        ) from None


def _number(field: str, text: str, most: int = 2**31 - 1) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        raise EntryError(field, f"{shown(text)} is not a number from 0 to {most}" if text else "type a number")
    if len(text) > 20 or int(text) > most:
        raise EntryError(field, f"{shown(text)} is not a number from 0 to {most}; the nearest is {most}")
    return int(text)


def _choice(field: str, text: str, names: Sequence[str]) -> int:
    text = text.strip().lower()
    matches = [i for i, name in enumerate(names) if name == text]
    if not matches:
        near = nearest(text, names) if text else ""
        raise EntryError(field, f"one of {', '.join(names)}" + (f"; {near}" if near else ""))
    return matches[0]


def _flags(text: str, scheduler: str) -> int:
    flags, bits = 0, flag_bits(scheduler)
    for word in text.replace(",", " ").split():
        if word not in bits:
            names = flag_names(scheduler)
            near = nearest(word, names)
            known = f"{', '.join(names)}; {near}" if near else ", ".join(names)
            raise EntryError("flags", f"{shown(word)} is not a flag of {scheduler}: {known}")
        flags |= bits[word]
    return flags


def _netmask(text: str, family: int) -> int | None:
    if not text:
        return None
    if family == IPV6:
        text = str(_number("netmask", text, 128))
    try:
        return netmask(text, family)
    except ValueError as error:
        why, example = error.args
        raise EntryError("netmask", f"{shown(text)} {why}: {example}" if example else why) from None
