"""Which adverts keepalived discards, as predicted; tests/lab/test_discards.py compares with the daemon."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lvstui.director.vrrp.adverts import CROSSING, Advert, heard
from lvstui.director.vrrp.discards import discarded
from lvstui.director.vrrp.instance_status import InstanceStatus, LinkStatus, instance_status
from lvstui.director.vrrp.instances import Instance, Receiving, VirtualAddress
from lvstui.director.vrrp.passwords import veiled
from tests.director.vrrp.test_standing import (
    CLOCK,
    HERE,
    ME,
    NOT_HERE,
    NOW,
    OTHER,
    PEER,
    ROUTER,
    THIRD,
    VI,
    VIP,
    known,
    spoken,
)

GOOD = Advert(51, 2, PEER, 90, 1.0, (VIP,), True, auth="PASS", secret=veiled(b"1111"))
MINE = VI._replace(receives=Receiving("PASS", veiled(b"1111")))
THREE = MINE._replace(version=3)
UNICAST = MINE._replace(peers=("192.0.2.2",))


@pytest.mark.parametrize(
    ("instance", "advert", "why"),
    [
        (MINE, GOOD, ""),
        (MINE, GOOD._replace(secret=veiled(b"1112")), "their password (auth_pass) differs"),
        (MINE, GOOD._replace(auth=""), "they are sent without a password, here with a password"),
        (MINE, GOOD._replace(auth="AH"), "they are authenticated by AH, here with a password"),
        (MINE, GOOD._replace(auth="type 7"), "they are authenticated by type 7, here with a password"),
        (VI._replace(receives=Receiving()), GOOD, "they are authenticated with a password, here without a password"),
        (VI, GOOD, ""),  # a dump tells nothing of passwords
        (MINE, GOOD._replace(version=3), "they are of VRRP version 3, here it is version 2"),
        (THREE, GOOD._replace(version=3, auth="", interval=5.0), ""),
        (THREE, GOOD._replace(version=3, auth="HMAC"), "they are authenticated by auth_hmac, here with a password"),
        (MINE, GOOD._replace(interval=2.0), "they come every 2 s, here advert_int is 1"),
        (MINE, GOOD._replace(sound=False), "they are malformed (length or checksum)"),
        (MINE, GOOD._replace(hops=254), "they have passed a router (TTL 254, must be 255)"),
        (MINE, GOOD._replace(group=False), "they are sent by unicast, here no unicast peer is configured"),
        (UNICAST, GOOD, "they are sent by multicast, here unicast peers are configured"),
        (UNICAST, GOOD._replace(group=False, hops=3), ""),
        (UNICAST, GOOD._replace(group=False, source=THIRD), ""),
        (
            UNICAST._replace(receives=Receiving("PASS", veiled(b"1111"), sources=True)),
            GOOD._replace(group=False, source=THIRD),
            "their sender is not a unicast peer here (check_unicast_src)",
        ),
        (
            THREE._replace(receives=Receiving(lenient=True)),
            GOOD._replace(version=3, sound=False),
            "",
        ),
        (MINE, GOOD._replace(addresses=(VIP, OTHER)), "they announce 192.0.2.101 too"),
        (MINE, GOOD._replace(addresses=()), "they do not announce 192.0.2.100"),
        (MINE, GOOD._replace(addresses=(OTHER,)), "they announce 192.0.2.101 too and do not announce 192.0.2.100"),
        (Instance("VI_1", "MASTER", None, "eth0", 51), GOOD, ""),  # D-Bus alone tells next to nothing
    ],
)
def test_why_an_advert_is_discarded(instance: Instance, advert: Advert, why: str) -> None:
    found = discarded(instance, advert, [one.address for one in instance.addresses])
    assert (found.why if found is not None else "") == why
    if found is not None:
        assert found.lists is ("announce" in why) and found.foreign is (advert.addresses == (OTHER,))


def test_a_password_cannot_be_derived_from_its_hash() -> None:
    assert veiled(b"1111") == veiled(b"1111\0\0\0\0") == veiled(b"1111") != veiled(b"1112")
    assert b"1111" not in veiled(b"1111")


BOTH = MINE._replace(addresses=(VirtualAddress(VIP, 32, "eth0"), VirtualAddress(OTHER, 32, "eth0")))
SEEN = LinkStatus(("eth0", "eth0"), True, (), CLOCK - 20.0, NOW - 20.0)


def stands(last: float, seen: LinkStatus = SEEN, told: str = "") -> InstanceStatus:
    """Another, whose list is another one, spoke last so many seconds ago; we say nothing."""
    voices = heard({}, ROUTER, GOOD, CLOCK - last)
    return instance_status(BOTH._replace(state=told), known(HERE, voices, 1.0 if told else None), seen)


def test_a_discarded_advert_gives_no_role() -> None:
    """keepalived 2.2.7 falls silent where it hears such adverts, and stays the master."""
    words = "split brain: 192.0.2.2 (priority 90) is master too, because keepalived discards its adverts: "
    for last in (0.1, 1.0, 3.5, 19.0):  # held while its sender may be silent for the same reason
        found = stands(last)
        assert found.state == "MASTER"
        assert found.findings[0] == f"{words}they do not announce 192.0.2.101", last
    # One that we take, and keepalived too: the addresses were left here.
    one = instance_status(MINE, known(HERE, heard({}, ROUTER, GOOD, CLOCK - 0.1)), SEEN._replace(where=("eth0",)))
    assert one.state == "BACKUP"


def test_the_role_of_a_newer_keepalived_that_accepts_the_advert_counts() -> None:
    """Whose last advert came before the addresses did has lost them; and who tells of himself as backup is one."""
    gone = stands(20.0 - CROSSING)
    assert gone.findings[0].startswith("address lists differ from those in adverts of 192.0.2.2 (priority 90): ")
    assert stands(0.1, told="BACKUP").state == "BACKUP"


def test_a_master_silenced_by_discarded_adverts_is_not_called_a_backup() -> None:
    """Each advert that is thrown away puts our own next one off, so the other director takes over beside us."""
    forged = GOOD._replace(source=THIRD, secret=b"x")
    taker = GOOD._replace(addresses=(VIP, OTHER), priority=80)
    found = instance_status(BOTH, known(HERE, heard(spoken(forged), ROUTER, taker, CLOCK - 0.1)), SEEN)
    assert found.state == "MASTER", found.findings
    assert "192.0.2.3 (priority 90) is master too" in found.findings[0], found.findings
    assert not any("backup" in text for text in found.findings)


NEWER = BOTH._replace(receives=BOTH.receives and BOTH.receives._replace(unequal=True))


def test_a_version_that_accepts_unequal_lists_gets_its_role_from_them() -> None:
    """From 2.3.3 on: no advert is thrown away for its list, and that the lists differ is said all the same."""
    words = "address lists differ from those in adverts of 192.0.2.2 (priority 90): they do not announce 192.0.2.101"
    backup = instance_status(NEWER, known(HERE, heard({}, ROUTER, GOOD, CLOCK - 0.1)), SEEN)
    assert backup.state == "BACKUP" and words in backup.findings, backup.findings
    ours = GOOD._replace(source=ME, priority=100, addresses=(VIP, OTHER))
    split = instance_status(NEWER, known(HERE, spoken(GOOD, ours)), SEEN)
    assert split.findings == (words, "split brain: 192.0.2.2 (priority 90) is master too")
    # Whose addresses are all others uses a VRID that is taken: that is what is wrong.
    clash = instance_status(NEWER, known(HERE, spoken(GOOD._replace(addresses=(THIRD,)), ours)), SEEN)
    assert clash.findings == ("VRID 51 clashes: 192.0.2.2 (priority 90) announces other addresses",)


def test_a_backup_names_the_discarded_adverts_without_a_split_brain() -> None:
    voices = heard({}, ROUTER, GOOD._replace(secret=b"x"), CLOCK - 0.5)
    found = instance_status(MINE._replace(state="BACKUP"), known(NOT_HERE, voices, 1.0), LinkStatus(("",), True))
    words = "keepalived discards the adverts of 192.0.2.2 (priority 90): their password (auth_pass) differs"
    assert (found.state, found.findings) == ("BACKUP", (words,))


def test_the_remark_ends_when_the_sender_resigns_is_accepted_or_stays_silent() -> None:
    voices = heard({}, ROUTER, GOOD, CLOCK - 5)
    for after in (GOOD._replace(priority=0), GOOD._replace(addresses=(VIP, OTHER))):
        found = instance_status(BOTH, known(HERE, heard(voices, ROUTER, after, CLOCK - 4)), SEEN)
        assert not any("discards" in text for text in found.findings)
    assert not any("discards" in text for text in stands(61.0).findings)


def test_each_of_several_unicast_instances_has_its_own_peers() -> None:
    """They may share a VRID on one interface (keepalived 2.2.7)."""
    one = UNICAST._replace(name="one")
    two = UNICAST._replace(name="two", peers=("192.0.2.3",), addresses=(VirtualAddress(OTHER, 32, "eth0"),))
    voices = heard({}, ROUTER, GOOD._replace(group=False), CLOCK - 0.5)
    all_known = known(NOT_HERE, voices)
    all_known = all_known._replace(report=all_known.report._replace(instances=(one, two)))
    assert [len(instance_status(each, all_known, LinkStatus(("",), True)).masters or ()) for each in (one, two)] == [
        1,
        0,
    ]


# Two threads want what stands for a password at once, for the first time in this process. Random bytes wait until
# both are there, or half a second.
AT_ONCE = """
import os, threading
both, made = threading.Barrier(2), os.urandom
def random(size):
    try:
        both.wait(0.5)
    except threading.BrokenBarrierError:
        pass
    return made(size)
os.urandom = random
from lvstui.director.vrrp.passwords import veiled
said = set()
threads = [threading.Thread(target=lambda: said.add(veiled(b"s3cr3t"))) for _ in range(2)]
for one in threads:
    one.start()
for one in threads:
    one.join()
print(len(said))
"""


def test_a_password_has_the_same_hash_in_every_thread() -> None:
    """Else equal passwords are called unequal for as long as the process lives."""
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
