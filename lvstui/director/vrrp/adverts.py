"""VRRP adverts: decoded from packets, and what hearing them means. Pure.

Version 2 is RFC 3768 (the eight bytes of authentication are always there; a password in them is kept only in a form
that can be compared). Version 3 is RFC 5798 (IPv4 and IPv6; the interval in hundredths of a second, the checksum over a
pseudo header).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from lvstui.values import NamedTuple

PROTOCOL = 112
HOP_LIMIT = 255
_PASSWORD = 8


class Advert(NamedTuple):
    """One advert. `source`: packed address; `interval`: seconds; `priority`: 0 means that its sender resigns. `sound`:
    length and checksum are as the RFC requires. `hops`: its TTL; `group`: sent by multicast. `auth`: "" for none,
    "PASS", "AH", "HMAC" (keepalived's auth_hmac) or "type N"; `secret` stands for its password (passwords.veiled)."""

    vrid: int
    version: int
    source: bytes
    priority: int
    interval: float
    addresses: tuple[bytes, ...]
    sound: bool
    hops: int = HOP_LIMIT
    group: bool = True
    auth: str = ""
    secret: bytes = b""


class Router(NamedTuple):
    """A virtual router as it appears on the wire."""

    interface: str
    vrid: int
    family: int


def decode(packet: bytes, source: bytes, destination: bytes, hops: int) -> Advert | None:
    """Decodes a VRRP message (without IP header) from packed `source` to packed `destination`. None when it is too
    short, or of an unknown version."""
    if len(packet) < 8:
        return None
    version, vrid, priority, count = packet[0] >> 4, packet[1], packet[2], packet[3]
    if packet[0] & 15 != 1 or version not in (2, 3):
        return None
    size = len(source)
    listed = 8 + count * size
    addresses = tuple(packet[i : i + size] for i in range(8, min(listed, len(packet) - size + 1), size))
    end = listed + (_PASSWORD if version == 2 else 0)
    signed = len(packet) == end + _TRAILER
    auth, secret = "HMAC" if signed else "", b""
    if version == 2:
        interval = float(packet[5])
        auth = auth or _AUTH.get(packet[4], f"type {packet[4]}")
        if auth == "PASS":
            from lvstui.director.vrrp.passwords import veiled

            secret = veiled(packet[listed:end])
    else:
        interval = (struct.unpack_from("!H", packet, 4)[0] & 0x0FFF) / 100
    group = _to_group(destination)
    sound = (len(packet) == end or signed) and _checked(packet, end, version, source, destination, group)
    return Advert(vrid, version, source, priority, interval, addresses, sound, hops, group, auth, secret)


_TRAILER = 28
"""Bytes that auth_hmac adds (keepalived/include/vrrp_auth_hmac.h)."""
_AUTH = {0: "", 1: "PASS", 2: "AH"}


def _checked(packet: bytes, end: int, version: int, source: bytes, destination: bytes, group: bool) -> bool:
    """Whether the checksum is right."""
    if len(source) == 16:  # the kernel computes it, over everything after the IP header
        pseudo = source + destination + struct.pack("!IHBB", len(packet), 0, 0, PROTOCOL)
        return _checksum(pseudo + packet) == 0
    if version == 2:
        return _checksum(packet[:end]) == 0
    # keepalived's v3 over IPv4 has the pseudo header too (RFC 5798); old versions put the group into it for unicast.
    to = (destination,) if group else (destination, _GROUP)
    tail = struct.pack("!BBH", 0, PROTOCOL, end) + packet[:end]
    return any(_checksum(source + destination + tail) == 0 for destination in to)


_GROUP = bytes((224, 0, 0, 18))


def _to_group(address: bytes) -> bool:
    return address[0] >> 4 == 14 if len(address) == 4 else address[0] == 255


def _checksum(data: bytes) -> int:
    """The RFC 1071 checksum over data that includes its checksum: 0 when it is right."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Voice(NamedTuple):
    """A sender heard for a virtual router: its last advert, when it came, and since when it has sent without a pause
    (monotonic seconds)."""

    advert: Advert
    at: float
    since: float


Heard = Mapping[Router, Mapping[bytes, Voice]]
"""The senders of each virtual router."""

_KEPT = 10.0
"""Intervals for which a silent sender counts as having just fallen silent."""
REMEMBERED = 60.0
"""Seconds for which a silent sender is remembered. A master whose adverts are discarded may send none for that long,
because each advert that it hears delays its own (keepalived 2.2.7)."""
_MANY = 32
"""The most senders remembered for one virtual router, so that forged adverts cannot use up memory."""
CROSSING = 0.3
"""Seconds in which adverts may cross on the wire before one master yields to a better one."""


def heard(before: Heard, router: Router, advert: Advert, at: float) -> Heard:
    """The senders known after one more advert."""
    known = before.get(router, {})
    voices = {
        source: voice
        for source, voice in known.items()
        if at - voice.at < max(REMEMBERED, _KEPT * voice.advert.interval)
    }
    last = voices.get(advert.source)
    since = last.since if last is not None and last.advert.priority and _live(last, at) else at
    if last is None and len(voices) >= _MANY:
        del voices[min(voices, key=lambda source: voices[source].at)]
    voices[advert.source] = Voice(advert, at, since)
    return {**before, router: voices}


def together(these: Mapping[bytes, Voice], those: Mapping[bytes, Voice]) -> Mapping[bytes, Voice]:
    """The senders heard on two interfaces of one virtual router: a VMAC's adverts also pass the interface below it."""
    voices = dict(these)
    for source, voice in those.items():
        other = voices.get(source)
        if other is not None:
            voice = Voice(max(voice, other, key=_when).advert, max(voice.at, other.at), min(voice.since, other.since))
        voices[source] = voice
    return voices


def masters(voices: Mapping[bytes, Voice], now: float) -> tuple[Advert, ...]:
    """The adverts of those who act as master now: heard recently and not resigned. Highest priority first."""
    live = [voice.advert for voice in voices.values() if voice.advert.priority and _live(voice, now)]
    return tuple(sorted(live, key=lambda advert: (-advert.priority, advert.source)))


def rivals(voices: Mapping[bytes, Voice], now: float) -> tuple[Advert, ...]:
    """The masters that do not yield to one another, which is a split brain; () during a normal takeover. Highest
    priority first."""
    live = [voice for voice in voices.values() if voice.advert.priority and _live(voice, now)]
    beside = [voice for voice in live if any(_beside(voice, other) for other in live if other is not voice)]
    return tuple(sorted((voice.advert for voice in beside), key=lambda advert: (-advert.priority, advert.source)))


def silent(voices: Mapping[bytes, Voice], since: float, interval: float, now: float) -> bool:
    """Whether no master has been heard for so long that a backup should have taken over: five intervals, of which a
    backup waits four at most."""
    last = max((voice.at for voice in voices.values()), default=since)
    late = (
        voice.advert.interval for voice in voices.values() if now - voice.at < _KEPT * max(1.0, voice.advert.interval)
    )
    longest = max(late, default=interval)
    return now - max(last, since) > 5 * max(interval, longest) + CROSSING


def remembered(voices: Mapping[bytes, Voice], now: float) -> tuple[Advert, ...]:
    """The last adverts of senders that have not resigned, even if they have been silent for a while. Highest priority
    first."""
    adverts = [voice.advert for voice in voices.values() if voice.advert.priority and now - voice.at < REMEMBERED]
    return tuple(sorted(adverts, key=lambda advert: (-advert.priority, advert.source)))


def _live(voice: Voice, now: float) -> bool:
    """Whether a sender counts as alive. A backup takes over three intervals and a skew after the last advert. With many
    adverts a second, a few may come late on a busy machine."""
    return now - voice.at < max(3 * voice.advert.interval, 1.0)


def _beside(voice: Voice, other: Voice) -> bool:
    """Whether both have kept sending after they must have heard each other."""
    return min(voice.at, other.at) > max(voice.since, other.since) + CROSSING


def _when(voice: Voice) -> float:
    return voice.at
