"""Addresses, ports and ranges as keepalived 2.2 parses them (lib/utils.c, alloc_vsg_entry)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lvstui.director.model import IPV4, IPV6, address_packed, family_of
from lvstui.keepalived.conf.secrets import named
from lvstui.keepalived.conf.tokens import unsigned
from lvstui.values import NamedTuple


class Endpoint(NamedTuple):
    """A packed address and a port, 0 where none is given."""

    address: bytes
    port: int

    @property
    def family(self) -> int:
        return family_of(self.address)


class Range(NamedTuple):
    """Addresses from `first` to `last`, each with this port."""

    first: bytes
    last: bytes
    port: int


def port_problem(word: str) -> str:
    """Why a word is not a port, "" when it is; no word and zeros mean no port."""
    if not word.strip("0"):
        return ""
    number, wrong = unsigned(word, 1, 65535)
    return f"port {named(word)} {wrong}" if number is None else ""


def port_oddity(word: str) -> str:
    """keepalived's complaint about a port that it accepts all the same (`80x` for 80), "" for none."""
    number, wrong = unsigned(word, 1, 65535) if word.strip("0") else (None, "")
    return f"port {named(word)} {wrong}: read as {number}" if wrong and number is not None else ""


def endpoint(address: str, port: str) -> Endpoint | None:
    """An address and a port; text after `-` or `/` in the address is ignored. None where it is not an address."""
    try:
        packed = address_packed(re.split("[-/]" if "-" not in address else "-", address, maxsplit=1)[0])
    except ValueError:
        return None
    return Endpoint(packed, unsigned(port, 1, 65535)[0] or 0 if port.strip("0") else 0)


def address_range(words: Sequence[str]) -> tuple[Range | None, str]:
    """Parses an entry of a virtual_server_group (`1.2.3.4 80`, `1.2.3.4-9`, `a-b`, `1.2.3.0/24`). None and the reason
    where keepalived skips it."""
    text = words[0]
    port = words[1] if len(words) > 1 else ""
    wrong = port_problem(port)
    start = None if wrong else endpoint(text, port)
    if start is None:
        return None, wrong or f"{named(text)} is not an IP address"
    first = start.address
    if "/" in text:
        last, wrong = _network_end(first, text.partition("/")[2])
    elif "-" in text:
        last, wrong = _range_end(first, text.partition("-")[2])
    else:
        last = first
    if last is None:
        return None, f"{named(text)}: {wrong}"
    return Range(first, last, start.port), wrong or port_oddity(port)


def _network_end(first: bytes, mask: str) -> tuple[bytes | None, str]:
    bits = len(first) * 8
    if not mask.isascii() or not mask.isdecimal() or len(mask) > 4 or not 1 <= int(mask) <= bits:
        return None, f"the mask is not within 1 to {bits}"
    host = (1 << (bits - int(mask))) - 1
    number = int.from_bytes(first, "big")
    if number & host:
        return None, "the address has bits set behind its mask"
    return (number | host).to_bytes(len(first), "big"), ""


def _range_end(first: bytes, end: str) -> tuple[bytes | None, str]:
    v6 = len(first) == 16
    if (":" if v6 else ".") in end:
        end_address = endpoint(end, "")
        if end_address is None or len(end_address.address) != len(first):
            return None, f"{named(end)} is not an address of the same family"
        return (end_address.address, "") if end_address.address >= first else (None, "the end is before the start")
    digits = re.match("[0-9A-Fa-f]*" if v6 else "[0-9]*", end)
    number = int((digits[0] if digits else "") or "0", 16 if v6 else 10)
    wrong = "" if digits and digits[0] == end and end else "extra characters behind the range"
    if number > (0xFFFF if v6 else 0xFF):
        return None, f"the range ends above {'ffff' if v6 else '255'}"
    tail = number.to_bytes(2, "big") if v6 else bytes([number])
    last = first[: -len(tail)] + tail
    return (last, wrong) if last > first else (None, "the range does not end behind its start")


def addresses(entry: Range) -> Iterator[bytes]:
    """The addresses of a range in keepalived's order. For IPv6 it counts up only the last 16 bits, wrapping to 0 if
    necessary, until they equal those of the end."""
    if family_of(entry.first) == IPV4:
        for number in range(int.from_bytes(entry.first, "big"), int.from_bytes(entry.last, "big") + 1):
            yield number.to_bytes(4, "big")
        return
    head, first, last = entry.first[:14], *(int.from_bytes(a[14:], "big") for a in (entry.first, entry.last))
    for number in range(first, last + 1 + (0x10000 if last < first else 0)):
        yield head + (number & 0xFFFF).to_bytes(2, "big")


def servable(address: bytes) -> bool:
    """Whether the kernel accepts this address for a real server: that of one host, as far as the address shows
    (ip_vs_ctl.c, ip_vs_new_dest)."""
    if family_of(address) == IPV4:
        return any(address) and not 224 <= address[0] <= 239 and address != b"\xff" * 4
    assert family_of(address) == IPV6
    unspecified, mapped = bytes(16), address[:12] == bytes(10) + b"\xff\xff"
    link_local = address[0] == 0xFE and address[1] & 0xC0 == 0x80
    return address[0] != 0xFF and address != unspecified and not mapped and not link_local
