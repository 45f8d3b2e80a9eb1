"""VRRP adverts: what they say, decoded from packets, and what hearing them means. Pure.

Version 2 is RFC 3768 (IPv4; the eight bytes of authentication are always there, and are never looked at), version 3
RFC 5798 (IPv4 and IPv6; the interval in hundredths of a second, the checksum over a pseudo header)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

PROTOCOL = 112
GROUPS = ("224.0.0.18", "ff02::12")
_HOP_LIMIT = 255


class Advert(NamedTuple):
    """One advert: `source` as a packed address; `interval` in seconds; `priority` 0 means that its sender resigns.
    `sound`: length, checksum and hop limit are as the RFC wants them."""

    vrid: int
    version: int
    source: bytes
    priority: int
    interval: float
    addresses: tuple[bytes, ...]
    sound: bool


class Router(NamedTuple):
    """A virtual router as the wire knows it."""

    interface: str
    vrid: int
    family: int


def decode(packet: bytes, source: bytes, destination: bytes, hops: int) -> Advert | None:
    """A VRRP message (without IP header) from packed `source` to packed `destination`. None when it is too short to be
    one, or of a version that is not known."""
    if len(packet) < 8:
        return None
    version, vrid, priority, count = packet[0] >> 4, packet[1], packet[2], packet[3]
    if packet[0] & 15 != 1 or version not in (2, 3):
        return None
    size = 4 if version == 2 else len(source)
    end = 8 + count * size
    addresses = tuple(packet[i : i + size] for i in range(8, min(end, len(packet) - size + 1), size))
    if version == 2:
        interval, whole, covered = float(packet[5]), len(packet) >= end + 8, packet
    else:
        interval, whole = (struct.unpack_from("!H", packet, 4)[0] & 0x0FFF) / 100, len(packet) >= end
        # keepalived's v3 over IPv4 has the pseudo header too, as RFC 5798 says.
        covered = source + destination + struct.pack("!IHBB", len(packet), 0, 0, PROTOCOL) + packet
        if len(source) == 4:
            covered = source + destination + struct.pack("!BBH", 0, PROTOCOL, len(packet)) + packet
    sound = whole and _checksum(covered) == 0 and hops == _HOP_LIMIT
    return Advert(vrid, version, source, priority, interval, addresses, sound)


def _checksum(data: bytes) -> int:
    """RFC 1071 over data that has its checksum in it: 0 when that is right."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Voice(NamedTuple):
    """Who was heard for a virtual router: the last advert of one sender, and when (monotonic seconds)."""

    advert: Advert
    at: float


Heard = Mapping[Router, Mapping[bytes, Voice]]
"""For each virtual router its senders."""


def heard(before: Heard, router: Router, advert: Advert, at: float) -> Heard:
    """What is known after one more advert; senders that have been silent for ten intervals are forgotten."""
    voices = {
        source: voice
        for source, voice in before.get(router, {}).items()
        if at - voice.at < 10 * max(1.0, voice.advert.interval)
    }
    voices[advert.source] = Voice(advert, at)
    return {**before, router: voices}


def masters(voices: Mapping[bytes, Voice], now: float) -> tuple[Advert, ...]:
    """Those who act as master now: heard within the time in which a backup would take over (three intervals and a
    skew of at most one), and not resigned. Highest priority first."""
    live = [v.advert for v in voices.values() if now - v.at < 4 * v.advert.interval and v.advert.priority]
    return tuple(sorted(live, key=lambda advert: (-advert.priority, advert.source)))


def clashes(adverts: Iterable[Advert]) -> bool:
    """Whether masters of one VRID announce different addresses: then two clusters share it; one is not split."""
    return len({frozenset(advert.addresses) for advert in adverts}) > 1
