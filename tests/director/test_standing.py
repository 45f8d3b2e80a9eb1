"""Who is master, from what is told, held and heard; and adverts as the wire has them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.adverts import PROTOCOL, Advert, Heard, Router, clashes, decode, heard, masters
from lvstui.director.standing import Standing, Told, Wire, role, standing
from lvstui.director.vrrp import Instance, Tracked, VirtualAddress

VIP, OTHER = bytes((192, 0, 2, 100)), bytes((192, 0, 2, 101))
ME, PEER, THIRD = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)), bytes((192, 0, 2, 3))
VI = Instance("VI_1", "", interface="eth0", vrid=51, priority=100, effective=100,
              addresses=(VirtualAddress(VIP, 32, "eth0"),))  # fmt: skip
HERE = Wire({"eth0": frozenset((ME, VIP))}, {"eth0": True})
NOT_HERE = Wire({"eth0": frozenset((ME,))}, {"eth0": True})
ROUTER = Router("eth0", 51, 4)
NOW, CLOCK = 1000.0, 50.0


def stands(state: str, wire: Wire, *adverts: Advert, listens: bool = True, age: float | None = 1.0) -> Standing:
    told = Told((), "dump", None if age is None else NOW - age)
    voices: Heard = {}
    for advert in adverts:
        voices = heard(voices, ROUTER, advert, CLOCK - 0.5)
    return standing(VI._replace(state=state), told, wire, voices if listens else None, (ME,), NOW, CLOCK)


def by(source: bytes, priority: int = 100, addresses: tuple[bytes, ...] = (VIP,)) -> Advert:
    return Advert(51, 2, source, priority, 1.0, addresses, True)


@pytest.mark.parametrize(
    ("told", "wire", "state"),
    [
        ("", HERE, "MASTER"),
        ("", NOT_HERE, "BACKUP"),
        ("MASTER", NOT_HERE, "BACKUP"),
        ("BACKUP", HERE, "MASTER"),
        ("FAULT", NOT_HERE, "FAULT"),
        ("FAULT", HERE, "MASTER"),
        ("INIT", NOT_HERE, "INIT"),
    ],
)
def test_addresses_have_the_last_word(told: str, wire: Wire, state: str) -> None:
    assert stands(told, wire, by(ME if state == "MASTER" else PEER)).state == state


def test_some_of_the_addresses() -> None:
    two = VI._replace(addresses=(*VI.addresses, VirtualAddress(OTHER, 32, "eth0")))
    assert standing(two, Told(), HERE, None, (), NOW, CLOCK).state == "PARTIAL"


@pytest.mark.parametrize(
    ("story", "words"),
    [
        (stands("MASTER", HERE, by(ME)), ()),
        (stands("BACKUP", NOT_HERE, by(PEER, 150)), ()),
        (stands("", HERE, listens=False), ()),
        (stands("MASTER", HERE, by(ME), by(PEER, 90)), ("split brain: 192.0.2.2 (priority 90) is master too",)),
        (stands("BACKUP", NOT_HERE, by(PEER, 90), by(THIRD, 80)), ("split brain",)),
        (stands("MASTER", HERE, by(ME), by(PEER, 90, (OTHER,))), ("VRID 51 clashes",)),
        (stands("BACKUP", NOT_HERE), ("no master is heard",)),
        (stands("MASTER", NOT_HERE, by(ME)), ("master, and 192.0.2.100 is not on eth0",)),
        (stands("MASTER", NOT_HERE, by(PEER, 150), age=100.0), ()),
        (stands("BACKUP", HERE, by(ME)), ("backup, and yet 192.0.2.100 is on eth0",)),
        (stands("BACKUP", NOT_HERE, by(PEER, 100)), ("priority 100 is also that of 192.0.2.2",)),
        (stands("BACKUP", Wire({}, {"eth0": False}), by(PEER, 150)), ("eth0 is down",)),
        (stands("BACKUP", NOT_HERE, by(PEER, 150)._replace(sound=False)), ("malformed",)),
    ],
)
def test_findings(story: Standing, words: tuple[str, ...]) -> None:
    assert len(story.findings) == len(words)
    assert all(word in finding for word, finding in zip(words, story.findings, strict=True))


def test_why_there_is_a_fault() -> None:
    faulty = VI._replace(
        state="FAULT", faults=1, tracked=(Tracked("script", "good", 0, True), Tracked("script", "bad", 0, False))
    )
    found = standing(faulty, Told((), "dump", NOW), NOT_HERE, None, (), NOW, CLOCK)
    assert found.findings == ("1 of what it tracks failed: script bad",)


def test_the_role_of_all() -> None:
    one, two = stands("", HERE, by(ME)), stands("", NOT_HERE, by(PEER, 150))
    assert [role(some) for some in ((), (one,), (two, two), (one, two))] == ["", "MASTER", "BACKUP", "PARTIAL"]


def test_a_master_that_falls_silent_or_resigns_is_one_no_more() -> None:
    voices = heard({}, ROUTER, by(PEER), 0.0)
    assert masters(voices[ROUTER], 3.5) and not masters(voices[ROUTER], 4.5)
    assert not masters(heard(voices, ROUTER, by(PEER, 0), 1.0)[ROUTER], 1.0)
    voices = heard(voices, ROUTER, by(THIRD), 20.0)
    assert voices[ROUTER].keys() == {THIRD}
    assert clashes((by(ME), by(PEER, 1, (OTHER,)))) and not clashes((by(ME), by(PEER)))


def checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def version_2() -> bytes:
    body = struct.pack("!BBBBBBH", 0x21, 51, 100, 1, 1, 1, 0) + VIP + b"1111\0\0\0\0"
    return body[:6] + struct.pack("!H", checksum(body)) + body[8:]


def version_3(source: bytes, group: bytes, address: bytes) -> bytes:
    body = struct.pack("!BBBBHH", 0x31, 52, 150, 1, 50, 0) + address
    if len(source) == 4:
        pseudo = source + group + struct.pack("!BBH", 0, PROTOCOL, len(body))
    else:
        pseudo = source + group + struct.pack("!IHBB", len(body), 0, 0, PROTOCOL)
    return body[:6] + struct.pack("!H", checksum(pseudo + body)) + body[8:]


def test_adverts_of_both_versions_and_families() -> None:
    group = bytes((224, 0, 0, 18))
    assert decode(version_2(), ME, group, 255) == Advert(51, 2, ME, 100, 1.0, (VIP,), True)
    for source, to, address in (
        (ME, group, VIP),
        (b"\xfe\x80" + bytes(14), b"\xff\x02" + bytes(14), b"\x20\x01" + bytes(14)),
    ):
        assert decode(version_3(source, to, address), source, to, 255) == Advert(
            52, 3, source, 150, 0.5, (address,), True
        )
    assert "1111" not in repr(decode(version_2(), ME, group, 255))


def test_adverts_that_are_not_sound() -> None:
    group, good = bytes((224, 0, 0, 18)), version_2()
    for packet, hops in ((good, 254), (good[:-8], 255), (good[:2] + b"\x05" + good[3:], 255)):
        advert = decode(packet, ME, group, hops)
        assert advert is not None and not advert.sound
    assert decode(b"\x45" + good[1:], ME, group, 255) is None and decode(good[:7], ME, group, 255) is None


@given(st.binary(max_size=80))
def test_anything_on_the_wire_is_survived(packet: bytes) -> None:
    decode(packet, ME, VIP, 255)
    decode(packet, bytes(16), bytes(16), 255)
