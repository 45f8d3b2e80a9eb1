"""Parses single words of an ipvsadm line: addresses, ports, numbers, masks, flags."""

from __future__ import annotations

import re
from _socket import inet_aton

from lvstui.director.marks import mark
from lvstui.director.model import IPV4, IPV6, SCHEDULERS, address_packed, address_text, flag_bits, mask_of
from lvstui.director.remarks import ReaderPosition, nearest, shown
from lvstui.formats.ipvsadm import name_lookup

_NUMBER = re.compile(r"\+?0*([0-9]{1,10})", re.ASCII)
_NAME = re.compile(r"[a-z0-9_-]+", re.ASCII)
_SHORT_FORM = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]+|[0-9]+)){1,3}", re.ASCII)
_BITS = {"flag-1": 1, "flag-2": 2, "flag-3": 4}
FWMARK_MAX = 2**32 - 1
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?", re.ASCII)


def number(text: str, low: int, high: int, what: str, place: ReaderPosition) -> int:
    """A decimal number within bounds. Raises BadInput."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise place.bad(f"{what} {shown(text)} is not a number", f"write {low} to {high}")
    value = int(match[1])
    if not low <= value <= high:
        raise place.bad(f"{what} {shown(text)} is not within {low} to {high}")
    return value


def fwmark(text: str, place: ReaderPosition) -> int:
    """A firewall mark. ipvsadm saves marks of 2^31 and more with the wrong sign, which is corrected here; iptables
    prints marks in hexadecimal."""
    if text.lower().startswith("0x"):
        try:
            value = mark(text)
        except ValueError as error:
            raise place.bad(f"fwmark {shown(text)} {error}") from None
        place.warn(f"fwmark {text} understood as {value} (ipvsadm takes no hexadecimal)")
        return value
    if text.startswith("-"):
        value = 2**32 - number(text[1:], 1, 2**31, "fwmark", place)
        place.warn(f"fwmark {text} understood as {value} (ipvsadm saves large marks with the wrong sign)")
        return value
    return number(text, 1, FWMARK_MAX, "fwmark", place)


def endpoint(text: str, protocol: int, place: ReaderPosition) -> tuple[bytes, int | None]:
    """`192.0.2.1:80`, `192.0.2.1`, `[2001:db8::1]:80`, `2001:db8::1` -> address and port, None where not written."""
    if text.startswith("["):
        host, bracket, tail = text[1:].partition("]")
        if not bracket or not tail.startswith(":"):
            raise place.bad(
                f"{shown(text)} is not an address with a port", "write [2001:db8::1]:80, or the address alone"
            )
        try:
            packed = address_packed(host)
        except ValueError:
            packed = b""
        if len(packed) == 4:
            place.warn(f"{text}: ipvsadm loses a port behind brackets without IPv6; understood as written")
        elif not packed and (":" in host or not _is_name(host)):
            raise place.bad(f"{shown(host)} is not an IPv6 address", "brackets hold an IPv6 address")
        elif not packed:
            packed = name_lookup.host(host, IPV6, place)
        return packed, port(tail[1:], protocol, place)
    if text.count(":") > 1:
        try:
            return address_packed(text), None
        except ValueError:
            raise place.bad(f"{shown(text)} is not an IPv6 address", "with a port, write [2001:db8::1]:80") from None
    host, colon, tail = text.partition(":")
    return _host(host, place), port(tail, protocol, place) if colon else None


def port(text: str, protocol: int, place: ReaderPosition) -> int:
    """A port's number, or its name."""
    if text[:1].isdigit() or text[:1] in ("+", "-", ""):
        return number(text, 0, 65535, "port", place)
    return name_lookup.port(text, protocol, place)


def netmask(text: str, family: int, place: ReaderPosition) -> int | None:
    """A persistence mask: dotted for IPv4, a prefix length for IPv6; None for the full one."""
    if family == IPV6:
        prefix = number(text, 1, 128, "netmask", place)
        return None if prefix == 128 else prefix
    if text.isdecimal() and text.isascii() and len(text) <= 2 and 1 <= int(text) <= 32:
        mask = (0xFFFFFFFF << (32 - int(text))) & 0xFFFFFFFF
        place.warn(f"netmask {text} understood as a prefix length (ipvsadm would take it for 0.0.0.{text})")
    else:
        packed = _ipv4(text, place)
        if packed is None:
            raise place.bad(f"{shown(text)} is not a netmask", "write 255.255.255.0")
        return mask_of(packed)
    return None if mask == 0xFFFFFFFF else mask


def scheduler(text: str, place: ReaderPosition) -> str:
    """The name of a scheduler; an unknown one is accepted with a remark."""
    if text in SCHEDULERS:
        return text
    if not _NAME.fullmatch(text):
        bare = text.strip("\"'").lower()
        near = f"write {bare}" if bare in SCHEDULERS else nearest(bare, SCHEDULERS)
        raise place.bad(f"scheduler {shown(text)} is not the name of a scheduler", near or "try wlc")
    if text == "none":
        place.warn("scheduler none: the kernel refuses every new connection to this service")
        return text
    name = text[:15]
    near = nearest(name, SCHEDULERS)
    place.warn(f"scheduler {name} is not one of the kernel's own" + (f"; {near}" if near else ""))
    if len(text) > 15:
        place.warn(f"scheduler {shown(text)} cut to 15 characters, as ipvsadm does")
    return name


def engine(text: str, place: ReaderPosition) -> str:
    """A persistence engine's name."""
    if not _NAME.fullmatch(text) or len(text) > 15:
        raise place.bad(f"persistence engine {shown(text)} is not the name of an engine", "the kernel has sip")
    if text != "sip":
        place.warn(f"persistence engine {text} is not one of the kernel's own; did you mean sip?")
    return text


def flags(text: str, scheduler_name: str, place: ReaderPosition) -> int:
    """Scheduler flags, `sh-fallback,sh-port`, as bits; the empty one is what ipvsadm prints for flag-3 of sh and mh."""
    if text == "" and scheduler_name in ("sh", "mh"):
        place.warn("the empty -b understood as flag-3, the one that ipvsadm saves without its name")
        return 4
    named = {**_BITS, **flag_bits(scheduler_name)}
    bits = 0
    for word in filter(None, text.split(",")) if text.strip(",") else [text]:  # strtok skips empty words
        if word not in named:
            why = f"{shown(word)} is not a flag of scheduler {scheduler_name}"
            raise place.bad(why, nearest(word, named) or "one of " + ", ".join(named))
        bits |= named[word]
    return bits


def _host(text: str, place: ReaderPosition) -> bytes:
    """An IPv4 address, or the name of a host that has one."""
    packed = _ipv4(text, place)
    if packed is not None:
        return packed
    if not _is_name(text):
        raise place.bad(f"{shown(text)} is not an address", "write 192.0.2.1:80")
    return name_lookup.host(text, IPV4, place)


def _ipv4(text: str, place: ReaderPosition) -> bytes | None:
    """An IPv4 address as inet_aton reads it; short and octal forms get a remark. None for anything else, including a
    bare number, which is a mistake."""
    try:
        packed = address_packed(text)
    except ValueError:
        packed = b""
    if len(packed) == 4:
        return packed
    if not _SHORT_FORM.fullmatch(text):
        return None
    try:
        packed = inet_aton(text)
    except OSError:
        return None
    place.warn(f"address {text} understood as {address_text(packed)}")
    return packed


def _is_name(text: str) -> bool:
    """Whether it may be a host name: it has a letter, and no character that names cannot have."""
    return len(text) <= 253 and _HOST.fullmatch(text) is not None and any(map(str.isalpha, text))
