"""Who is master, from what keepalived reports, addresses and adverts; and adverts as bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.vrrp.adverts import (
    PROTOCOL,
    Advert,
    Heard,
    Router,
    decode,
    heard,
    masters,
    remembered,
    rivals,
    silent,
    together,
)
from lvstui.director.vrrp.instance_status import (
    HeardAdverts,
    InstanceStatus,
    InterfaceTable,
    VrrpEvidence,
    VrrpReport,
    instance_status,
    instance_statuses,
    link_status,
    role,
)
from lvstui.director.vrrp.instances import Instance, Tracked, VirtualAddress
from lvstui.director.vrrp.passwords import veiled

VIP, OTHER = bytes((192, 0, 2, 100)), bytes((192, 0, 2, 101))
ME, PEER, THIRD = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)), bytes((192, 0, 2, 3))
VI = Instance("VI_1", "", interface="eth0", vrid=51, priority=100, effective=100,
              addresses=(VirtualAddress(VIP, 32, "eth0"),))  # fmt: skip
HERE = InterfaceTable({"eth0": frozenset((ME, VIP))}, {"eth0": True})
NOT_HERE = InterfaceTable({"eth0": frozenset((ME,))}, {"eth0": True})
DOWN = InterfaceTable({"eth0": frozenset((ME,))}, {"eth0": False})
ROUTER = Router("eth0", 51, 4)
NOW, CLOCK = 1000.0, 50.0


def spoken(*adverts: Advert, until: float = CLOCK - 0.5, since: float = CLOCK - 9.5) -> Heard:
    """What is heard where each of them speaks at its interval."""
    voices: Heard = {}
    at = since
    while at <= until:
        for advert in adverts:
            voices = heard(voices, ROUTER, advert, at)
        at += 1.0
    return voices


def known(
    wire: InterfaceTable,
    voices: Heard | None,
    age: float | None = None,
    running: bool | None = True,
    since: float = 0.0,
) -> VrrpEvidence:
    told = VrrpReport((), "dump", None if age is None else NOW - age)
    return VrrpEvidence(told, wire, None if voices is None else HeardAdverts(voices, since), (ME,), running, NOW, CLOCK)


def stands(
    state: str,
    wire: InterfaceTable,
    *adverts: Advert,
    listens: bool = True,
    age: float | None = 1.0,
    moved: float | None = None,
    running: bool = True,
) -> InstanceStatus:
    """`age`: of what was told, in seconds; `moved`: how long ago what the interfaces show became so."""
    instance = VI._replace(state=state)
    all_known = known(wire, spoken(*adverts) if listens else None, age, running)
    seen = link_status(instance, wire, None, CLOCK, NOW)
    if moved is not None:
        seen = seen._replace(clock=CLOCK - moved, epoch=NOW - moved)
    return instance_status(instance, all_known, seen)


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
        ("", DOWN, "FAULT"),
        ("BACKUP", DOWN, "BACKUP"),
    ],
)
def test_addresses_decide_the_role(told: str, wire: InterfaceTable, state: str) -> None:
    assert stands(told, wire, by(ME if state == "MASTER" else PEER)).state == state


def test_a_report_from_before_a_change_does_not_count() -> None:
    assert stands("FAULT", NOT_HERE, by(PEER), age=5.0, moved=2.0).state == "BACKUP"
    assert stands("FAULT", NOT_HERE, by(PEER), age=2.0, moved=5.0).state == "FAULT"


def test_an_untracked_interface_that_is_down_is_not_a_fault() -> None:
    free = VI._replace(tracks=False)
    assert instance_status(free, known(DOWN, {}), link_status(free, DOWN, None, CLOCK, NOW)).state == "BACKUP"


def test_only_some_of_the_addresses_are_here() -> None:
    two = VI._replace(addresses=(*VI.addresses, VirtualAddress(OTHER, 32, "eth0")))
    found = instance_status(two, known(HERE, None), link_status(two, HERE, None, CLOCK, NOW))
    assert (found.state, found.findings) == ("PARTIAL", ("192.0.2.101 is not on eth0, 192.0.2.100 is",))


@pytest.mark.parametrize(
    ("story", "state", "words"),
    [
        (stands("MASTER", HERE, by(ME)), "MASTER", ()),
        (stands("BACKUP", NOT_HERE, by(PEER, 150)), "BACKUP", ()),
        (stands("", HERE, listens=False), "MASTER", ()),
        (
            stands("MASTER", HERE, by(ME), by(PEER, 90)),
            "MASTER",
            ("split brain: 192.0.2.2 (priority 90) is master too",),
        ),
        (stands("BACKUP", NOT_HERE, by(PEER, 90), by(THIRD, 80)), "BACKUP", ("split brain",)),
        (stands("MASTER", HERE, by(ME), by(PEER, 90, (OTHER,))), "MASTER", ("VRID 51 clashes: 192.0.2.2",)),
        (stands("BACKUP", NOT_HERE), "BACKUP", ("adverts have stopped: no master is heard",)),
        (stands("", HERE), "MASTER", ("adverts have stopped: this master sends none",)),
        (stands("MASTER", NOT_HERE, by(ME)), "MASTER", ("master, but 192.0.2.100 is not on eth0",)),
        (stands("", NOT_HERE, by(ME), moved=3.0), "MASTER", ("master, but 192.0.2.100 is not on eth0",)),
        (stands("MASTER", NOT_HERE, by(PEER, 150), age=10.0, moved=2.0), "BACKUP", ()),
        (stands("BACKUP", HERE, by(PEER)), "BACKUP", ("backup, but 192.0.2.100 is on eth0", "priority 100 is")),
        (stands("", HERE, by(PEER, 90), moved=9.0), "BACKUP", ("backup, but 192.0.2.100 is on eth0",)),
        (stands("", HERE, by(PEER, 90), moved=1.0), "MASTER", ()),
        (stands("BACKUP", NOT_HERE, by(PEER, 100)), "BACKUP", ("priority 100 is also that of 192.0.2.2",)),
        (stands("", DOWN, by(PEER, 150)), "FAULT", ("eth0 is down",)),
        (stands("BACKUP", NOT_HERE, by(PEER, 150)._replace(sound=False)), "BACKUP", ("malformed",)),
        (
            stands("", HERE, by(PEER, 90), running=False),
            "MASTER",
            ("split brain: 192.0.2.2", "keepalived is not running, and 192.0.2.100 is still on eth0"),
        ),
        (stands("", NOT_HERE, by(PEER, 90), running=False), "STOP", ()),
    ],
)
def test_findings(story: InstanceStatus, state: str, words: tuple[str, ...]) -> None:
    assert story.state == state
    assert len(story.findings) == len(words), story.findings
    assert all(word in finding for word, finding in zip(words, story.findings, strict=True))


def test_the_reason_for_a_fault() -> None:
    faulty = VI._replace(
        state="FAULT", faults=1, tracked=(Tracked("script", "good", 0, True), Tracked("script", "bad", 0, False))
    )
    found = instance_status(faulty, known(NOT_HERE, None, 1.0), link_status(faulty, NOT_HERE, None, CLOCK, NOW))
    assert found.findings == ("1 of what it tracks failed: script bad",)
    # keepalived counts its own interface, which is named by itself.
    down = NOT_HERE._replace(up={"eth0": False})
    for one, words in (
        (VI._replace(state="FAULT", faults=1), ("eth0 is down",)),
        (faulty._replace(faults=2), ("eth0 is down", "1 of what it tracks failed: script bad")),
        (VI._replace(state="FAULT", faults=2), ("eth0 is down", "1 of what it tracks failed: see its log")),
    ):
        assert instance_status(one, known(down, None), link_status(one, down, None, CLOCK, NOW)).findings == words
    linked = VI._replace(tracked=(Tracked("interface", "eth0"), Tracked("interface", "eth9")))
    tracked = instance_status(linked, known(HERE, None), link_status(linked, HERE, None, CLOCK, NOW)).instance.tracked
    assert [one.good for one in tracked] == [True, False]


def test_a_fault_of_one_is_a_fault_of_its_group() -> None:
    one = VI._replace(group="G")
    far = VI._replace(name="VI_2", group="G", interface="eth1", vrid=52, addresses=())
    alone = VI._replace(name="VI_3", vrid=53)
    wire = NOT_HERE._replace(up={"eth0": True, "eth1": False})
    told = known(wire, None)._replace(report=VrrpReport((one, far, alone)))
    seen = {item.name: link_status(item, wire, None, CLOCK, NOW) for item in (one, far, alone)}
    found = instance_statuses(told, seen)
    assert [(item.state, item.findings) for item in found] == [
        ("FAULT", ("in fault with its sync group G",)),
        ("FAULT", ("eth1 is down",)),
        ("BACKUP", ()),
    ]


def test_an_interface_that_is_gone_with_an_address_is_a_fault() -> None:
    """As keepalived 2.2 has it: each interface that an address is on is tracked."""
    more = VI._replace(excluded=(VirtualAddress(OTHER, 32, "dummy9"),))
    found = instance_status(more, known(NOT_HERE, None), link_status(more, NOT_HERE, None, CLOCK, NOW))
    assert (found.state, found.findings) == ("FAULT", ("dummy9 is down",))


def test_an_address_on_a_macvlan_above_its_interface_is_held() -> None:
    """Whatever the VMAC is called, and whichever of the interface and its VMAC the address was meant for."""
    for device, below, vmac, holder in (
        ("eth0", "", "", "mac.7"),  # a macvlan of which nothing was told
        ("eth0", "", "vrrp.51", "vrrp.51"),
        ("vrrp.51", "eth0", "vrrp.51", "eth0"),
        ("vrrp.51", "eth9", "", "mac.9"),  # the VMAC of one address, under another name
    ):
        wire = InterfaceTable(
            {holder: frozenset((VIP,))},
            dict.fromkeys(("eth0", "eth9", "mac.7", "mac.9", "vrrp.51"), True),
            {"eth0": ("mac.7", "vrrp.51"), "eth9": ("mac.9",)},
        )
        one = VI._replace(vmac=vmac, addresses=(VirtualAddress(VIP, 32, device, below),))
        found = instance_status(one, known(wire, None), link_status(one, wire, None, CLOCK, NOW))
        assert (found.state, found.where, found.findings) == ("MASTER", (holder,), ())
    elsewhere = InterfaceTable({"eth9": frozenset((VIP,))}, {"eth0": True, "eth9": True}, {})
    assert instance_status(VI, known(elsewhere, None), link_status(VI, elsewhere, None, CLOCK, NOW)).state == "BACKUP"


def test_a_missing_vmac_of_one_address_is_not_a_fault_but_a_missing_interface_below_is() -> None:
    one = VI._replace(addresses=(VirtualAddress(VIP, 32, "vrrp.51", "eth9"),))
    up = InterfaceTable({}, {"eth0": True, "eth9": True})
    assert link_status(one, up, None, CLOCK, NOW).down == ()
    assert link_status(one, up._replace(up={"eth0": True, "eth9": False}), None, CLOCK, NOW).down == ("eth9",)
    assert link_status(one, up._replace(up={"eth0": True}), None, CLOCK, NOW).down == ("eth9",)
    below = up._replace(up={**up.up, "vrrp.51": False})
    assert link_status(one, below, None, CLOCK, NOW).down == ("vrrp.51",)


def test_an_address_that_is_not_announced_counts_too() -> None:
    more = VI._replace(excluded=(VirtualAddress(OTHER, 32, "eth1"),))
    wire = HERE._replace(up={"eth0": True, "eth1": True})
    found = instance_status(more, known(wire, spoken(by(ME))), link_status(more, wire, None, CLOCK, NOW))
    assert (found.present, found.state) == ((True, False), "PARTIAL")
    assert found.findings == ("master, but 192.0.2.101 is not on eth1",)


def test_the_priority_is_the_announced_one() -> None:
    assert stands("", HERE, by(ME, 130)).instance.effective == 130


def test_since_when_the_state_exists() -> None:
    told = VI._replace(state="MASTER", since=NOW - 100)
    seen = link_status(told, NOT_HERE, None, CLOCK - 9, NOW - 9)
    assert instance_status(told, known(NOT_HERE, None), seen).since == NOW - 100
    seen = link_status(told, HERE, seen, CLOCK - 2, NOW - 2)
    assert instance_status(told, known(HERE, None), seen).since == NOW - 2
    assert link_status(told, HERE, seen, CLOCK, NOW) is seen


def test_the_role_of_several_instances() -> None:
    one, two = stands("", HERE, by(ME)), stands("", NOT_HERE, by(PEER, 150))
    stopped = stands("", NOT_HERE, running=False)
    several: tuple[tuple[InstanceStatus, ...], ...] = ((), (one,), (two, two), (one, two), (stopped,), (stopped, one))
    assert [role(some) for some in several] == ["", "MASTER", "BACKUP", "PARTIAL", "", "MASTER"]


def test_a_master_that_stays_silent_or_resigns_is_no_longer_master() -> None:
    voices = heard({}, ROUTER, by(PEER), 0.0)
    assert masters(voices[ROUTER], 2.5) and not masters(voices[ROUTER], 3.5)
    assert not masters(heard(voices, ROUTER, by(PEER, 0), 1.0)[ROUTER], 1.0)
    assert [advert.source for advert in remembered(voices[ROUTER], 50.0)] == [PEER]
    assert not remembered(heard(voices, ROUTER, by(PEER, 0), 1.0)[ROUTER], 2.0)
    voices = heard(voices, ROUTER, by(THIRD), 70.0)
    assert voices[ROUTER].keys() == {THIRD}


def test_a_director_that_takes_over_is_not_a_rival() -> None:
    old = spoken(by(PEER, 90), since=40.0, until=49.0)
    taken = heard(old, ROUTER, by(ME), 49.5)  # preempts: PEER has not spoken since
    assert len(masters(taken[ROUTER], 49.6)) == 2 and not rivals(taken[ROUTER], 49.6)
    assert not rivals(heard(taken, ROUTER, by(ME), 50.5)[ROUTER], 50.6)
    # PEER goes on, as if it did not hear: that is a split brain.
    both = heard(heard(taken, ROUTER, by(PEER, 90), 50.0), ROUTER, by(ME), 50.5)
    assert [advert.source for advert in rivals(both[ROUTER], 50.6)] == [ME, PEER]


def test_adverts_have_stopped_only_when_a_backup_should_have_taken_over() -> None:
    voices = spoken(by(PEER), since=40.0, until=45.0)[ROUTER]
    assert not silent(voices, 0.0, 1.0, 49.5) and silent(voices, 0.0, 1.0, 50.5)
    assert not silent({}, 49.0, 1.0, 50.5), "nobody has listened for long enough"
    assert not silent({}, 0.0, 20.0, 50.5), "an advert comes every 20 s"


def test_one_sender_on_a_vmac_and_the_interface_below() -> None:
    above, below = spoken(by(ME), since=41.0)[ROUTER], spoken(by(ME), by(PEER), since=40.5)[ROUTER]
    both = together(above, below)
    assert both.keys() == {ME, PEER} and both[ME].since == 40.5


def test_forged_senders_cost_no_memory() -> None:
    voices: Heard = {}
    for number in range(999):
        voices = heard(voices, ROUTER, by(number.to_bytes(4, "big")), CLOCK)
    assert len(voices[ROUTER]) < 99


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
    assert decode(version_2(), ME, group, 255) == Advert(
        51, 2, ME, 100, 1.0, (VIP,), True, auth="PASS", secret=veiled(b"1111")
    )
    for source, to, address in (
        (ME, group, VIP),
        (b"\xfe\x80" + bytes(14), b"\xff\x02" + bytes(14), b"\x20\x01" + bytes(14)),
    ):
        assert decode(version_3(source, to, address), source, to, 255) == Advert(
            52, 3, source, 150, 0.5, (address,), True
        )
    assert "1111" not in repr(decode(version_2(), ME, group, 255))


def test_damaged_adverts_are_ignored() -> None:
    group, good = bytes((224, 0, 0, 18)), version_2()
    for packet in (good[:-8], good + bytes(4), good[:2] + b"\x05" + good[3:]):
        advert = decode(packet, ME, group, 255)
        assert advert is not None and not advert.sound
    far = decode(good, ME, group, 254)
    assert far is not None and far.sound and far.hops == 254
    assert decode(b"\x45" + good[1:], ME, group, 255) is None and decode(good[:7], ME, group, 255) is None


@given(st.binary(max_size=80))
def test_no_packet_raises_an_error(packet: bytes) -> None:
    decode(packet, ME, VIP, 255)
    decode(packet, bytes(16), bytes(16), 255)


def test_an_address_that_went_and_came_back_between_two_looks_has_moved() -> None:
    """What was told before that, as backup, is no longer so; nothing is on the interface that should not be."""
    before = link_status(VI, HERE, None, 10.0, NOW - 40)
    told = VI._replace(state="BACKUP")
    unseen = link_status(VI, HERE, before, CLOCK, NOW)
    assert unseen is before
    assert instance_status(told, known(HERE, None, 1.0), unseen).findings == ("backup, but 192.0.2.100 is on eth0",)
    moved = link_status(VI, HERE._replace(gone=frozenset({VIP})), before, CLOCK, NOW)
    found = instance_status(told, known(HERE, None, 1.0), moved)
    assert (found.state, found.findings, found.since) == ("MASTER", (), NOW)
    assert link_status(VI, HERE._replace(gone=frozenset({OTHER})), before, CLOCK, NOW) is before
