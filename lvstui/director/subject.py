"""Text that refers to services or servers: `10.0.0.11`, `10.0.0.11:80`, `tcp 192.0.2.1:443`, `fwmark 7`."""

from __future__ import annotations

from lvstui.director.marks import mark
from lvstui.director.model import (
    IPV4,
    IPV6,
    PROTOCOL_NAMES,
    ServerKey,
    ServiceKey,
    address_packed,
    address_text,
    family_of,
    server_text,
    service_text,
)

Subject = bytes | ServerKey | ServiceKey
"""A packed address (everything on it), an address with a port (server or service), or one service."""

_PROTOCOLS = {name: number for number, name in PROTOCOL_NAMES.items()}
_FAMILIES = {"ipv4": IPV4, "ipv6": IPV6}


def subject(text: str) -> Subject:
    """Parses `10.0.0.11`, `[2001:db8::1]:80`, `tcp 192.0.2.1:80` or `fwmark 7 ipv6`. Raises ValueError."""
    first, *rest = text.lower().split() or [""]
    if not rest:
        return _place(first)
    if first == "fwmark" and len(rest) <= 2:
        return ServiceKey(mark(rest[0]), _family(rest[1:]), 0, b"", 0)
    if first in _PROTOCOLS and len(rest) == 1:
        place = _place(rest[0])
        if isinstance(place, ServerKey):
            return ServiceKey(0, place.family, _PROTOCOLS[first], place.address, place.port)
    raise ValueError


def subject_text(whom: Subject) -> str:
    """A subject as text that `subject` reads back."""
    if isinstance(whom, ServiceKey):
        return service_text(whom)
    return server_text(whom) if isinstance(whom, ServerKey) else address_text(whom)


def _place(text: str) -> bytes | ServerKey:
    """An address, or an address with a port."""
    host, _, port = text.rpartition(":")
    if text.startswith("["):
        if text.endswith("]"):
            return address_packed(text[1:-1])
        if not host.endswith("]"):
            raise ValueError
        host = host[1:-1]
    elif text.count(":") != 1:
        return address_packed(text)
    packed = address_packed(host)
    return ServerKey(family_of(packed), packed, _number(port, 0, 65535))


def _number(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and low <= int(text) <= high):
        raise ValueError
    return int(text)


def _family(words: list[str]) -> int:
    if words and words[0] not in _FAMILIES:
        raise ValueError
    return _FAMILIES[words[0]] if words else IPV4
