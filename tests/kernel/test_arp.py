"""The frames that ask who has an address, and what is read of the answers; on a wire: tests/lab/test_probe.py."""

from __future__ import annotations

import struct

import pytest

from lvstui.director.model import address_packed
from lvstui.kernel.arp import arp_request, mac_text, says, solicitation

MINE, THEIRS = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
VIP, OWN = address_packed("192.0.2.1"), address_packed("192.0.2.9")
VIP6, OWN6 = address_packed("2001:db8::1:2:3"), address_packed("fe80::9")


def arp(operation: int, sender: bytes, address: bytes) -> bytes:
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, sender, address, MINE, OWN)


def test_an_arp_request_follows_the_rfc() -> None:
    # RFC 826: hardware, protocol, their lengths, request, sender, target.
    assert arp_request(MINE, OWN, VIP).hex() == "0001080006040001020000000001c0000209000000000000c0000201"


@pytest.mark.parametrize("operation", [1, 2])  # an announcement is a request of one's own address
def test_the_sender_of_a_reply_has_the_address(operation: int) -> None:
    assert says(arp(operation, THEIRS, VIP), VIP) == THEIRS


@pytest.mark.parametrize(
    "data", [b"", arp(2, THEIRS, OWN), arp(2, THEIRS, VIP)[:27], b"\0\6" + arp(2, THEIRS, VIP)[2:]]
)
def test_other_packets_say_nothing(data: bytes) -> None:
    assert says(data, VIP) == b""


def checksum(packet: bytes) -> int:
    """Of an ICMPv6 message in its IPv6 header; 0 when it is right (RFC 4443)."""
    body = packet[40:]
    pseudo = packet[8:40] + struct.pack("!II", len(body), 58)
    total = sum(struct.unpack(f"!{len(pseudo + body) // 2}H", pseudo + body))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(total ^ 0xFFFF)


@pytest.mark.parametrize(("sender", "length"), [(OWN6, 32), (bytes(16), 24)])
def test_a_solicitation_follows_the_rfc(sender: bytes, length: int) -> None:
    packet = solicitation(MINE, sender, VIP6)
    assert packet[:8].hex() == f"6000000000{length:02x}3aff"
    assert packet[24:40] == address_packed("ff02::1:ff02:3")
    assert (packet[40], packet[48:64]) == (135, VIP6)
    assert packet[64:] == (b"\1\1" + MINE if any(sender) else b"")
    assert checksum(packet) == 0


def advertisement(target: bytes, option: bytes) -> bytes:
    body = struct.pack("!BBHI16s", 136, 0, 0, 0x60000000, target) + option
    return struct.pack("!IHBB16s16s", 6 << 28, len(body), 58, 255, VIP6, OWN6) + body


def test_an_advertisement_names_its_mac_or_comes_from_it() -> None:
    assert says(advertisement(VIP6, b"\2\1" + THEIRS), VIP6, MINE) == THEIRS
    assert says(advertisement(VIP6, b""), VIP6, THEIRS) == THEIRS


def test_an_advertisement_of_another_address_or_from_afar_says_nothing() -> None:
    sound = advertisement(VIP6, b"\2\1" + THEIRS)
    assert says(advertisement(OWN6, b"\2\1" + THEIRS), VIP6) == b""
    assert says(sound[:7] + b"\x40" + sound[8:], VIP6) == b""  # a router was passed: not of this link
    assert says(sound[:60], VIP6) == b""


def test_a_mac_is_written_as_usual() -> None:
    assert mac_text(THEIRS) == "02:00:00:00:00:02"
