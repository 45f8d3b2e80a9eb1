"""What keepalived tells of itself, from files that keepalived 2.2.7 wrote, from files as the source of other versions
writes them (dumps/README.md), and from all of them damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.checks.check_report import Checker
from lvstui.director.model import ServerKey, address_text, service_text
from lvstui.director.vrrp.instances import Tracked, Transitions
from lvstui.keepalived.dump import checkers, instances, statistics

DUMPS = Path(__file__).parent / "dumps"
DATA, JSON, CHECK = (
    (DUMPS / name).read_text() for name in ("keepalived.data", "keepalived.json", "keepalived_check.data")
)

OLDER = ("1.3.9", "2.0.20", "2.1.5", "2.4.3")
"""The versions of which there is a dump written from their source (dumps/README.md)."""


def test_instances() -> None:
    one, two, three = instances.instances(DATA)
    assert (one.name, one.state, one.interface, one.vrid, one.group) == ("V1", "FAULT", "d0", 51, "G1")
    assert (one.priority, one.effective, one.faults, one.version) == (100, 105, 1, 2)
    assert [(address_text(a.address), a.prefix, a.device) for a in one.addresses] == [
        ("192.0.2.100", 24, "d0"),
        ("192.0.2.101", 32, "d0"),
    ]
    assert one.tracked == (Tracked("interface", "d1"), Tracked("script", "good", 0, True))
    assert (two.family, two.version, two.advert, two.preempt) == (6, 3, 0.5, False)
    assert (three.peers, three.tracked) == (("10.1.0.2",), (Tracked("script", "fatal", 0, False),))


def test_counters_are_the_same_in_the_dump_and_in_json() -> None:
    for told, counted in zip(instances.instances(DATA), statistics.instances(JSON), strict=True):
        assert counted.transitions == Transitions(0, 0)
        same = ("name", "state", "interface", "vrid", "family", "version", "priority", "effective", "addresses")
        assert [getattr(told, name) for name in same] == [getattr(counted, name) for name in same]
    assert statistics.instances('{"json_version": 2, "vrrp": ' + JSON + "}") == statistics.instances(JSON)


def test_checkers() -> None:
    web, mark = checkers.watched(CHECK)
    assert (web.key.port, web.quorum, web.has_quorum) == (80, 1, False)
    assert web.sorry == ServerKey(4, bytes((10, 0, 0, 99)), 80)
    five, six = web.servers
    assert (five.alive, five.programmed, five.inhibits, five.weight) == (False, False, False, 3)
    assert (six.alive, six.programmed, six.inhibits) == (False, True, True)
    assert [server.checkers[0].kind for server in (five, six, *mark.servers)] == ["TCP_CHECK", "HTTP_GET", "MISC_CHECK"]
    assert (mark.key.fwmark, mark.has_quorum) == (7, True)


def test_the_password_is_not_kept() -> None:
    assert "s3cr3t" in DATA and "s3cr3t" in JSON
    assert "s3cr3t" not in repr(instances.instances(DATA)) + repr(statistics.instances(JSON))


@pytest.mark.parametrize(
    "text", ["", "{", "[]x", "3", "{}", '[{"data": {}}]', "[1]", '[{"data": {"iname": 1}}]', "[" * 9999]
)
def test_invalid_json(text: str) -> None:
    with pytest.raises(ValueError):
        statistics.instances(text)


@given(st.data())
def test_a_truncated_or_damaged_file_is_read_as_far_as_possible(data: st.DataObject) -> None:
    older = [(DUMPS / f"{data.draw(st.sampled_from(OLDER[1:]))}{kind}.data").read_text() for kind in ("", "_check")]
    for text, read in (
        (DATA, instances.instances),
        ((DUMPS / "1.3.9.data").read_text(), instances.instances),
        (older[0], instances.instances),
        (older[1], checkers.watched),
        (CHECK, checkers.watched),
    ):
        end = data.draw(st.integers(0, len(text)))
        start = data.draw(st.integers(0, 40))
        damaged = text[:end].replace(
            data.draw(st.sampled_from([" = ", "\n", "1", ":", "   "])), data.draw(st.text(max_size=3)), start
        )
        read(damaged)
    assert len(instances.instances(DATA[: data.draw(st.integers(0, len(DATA)))])) <= 3


@pytest.mark.parametrize("version", OLDER)
def test_instances_of_other_versions(version: str) -> None:
    one, two, six = instances.instances((DUMPS / f"{version}.data").read_text())
    assert (one.name, one.state, one.interface, one.vrid, one.group) == ("VI_1", "MASTER", "eth0", 51, "G1")
    assert (one.priority, one.effective, one.advert, one.preempt, one.version) == (101, 111, 1.0, True, 2)
    assert one.since is not None and int(one.since) == 1539248000
    assert [(address_text(a.address), a.prefix, a.device) for a in one.addresses + one.excluded] == [
        ("192.0.2.100", 24, "eth0"),
        ("192.0.2.101", 32, "eth0"),
        ("192.0.2.102", 32, "eth0"),
    ]
    assert one.tracked[:3] == (
        Tracked("interface", "eth1", 10),
        Tracked("script", "chk", 0, True),
        Tracked("script", "chk_bad", -5, False),
    )
    later = (Tracked("file", "load", 1), Tracked("process", "named"), Tracked("bfd", "upstream"))
    assert one.tracked[3:] == (() if version == "1.3.9" else later)
    assert (two.state, two.interface, two.vmac, two.group, two.family) == ("BACKUP", "eth1", "vrrp.52", "G1", 4)
    assert (two.master, two.master_priority, two.advert, two.preempt) == ("10.1.0.2", 150, 0.5, False)
    assert (two.peers, two.addresses[0].device) == (("10.1.0.2", "10.1.0.3"), "vrrp.52")
    assert (six.state, six.family, six.interface, six.group, six.peers) == ("FAULT", 6, "eth2", "", ("2001:db8::2",))
    assert six.faults == (2 if version == "2.4.3" else 1 if version != "1.3.9" else 0)


@pytest.mark.parametrize("version", OLDER)
def test_json_of_other_versions(version: str) -> None:
    one, two, six = statistics.instances((DUMPS / f"{version}.json").read_text())
    assert (one.name, one.state, one.vrid, one.effective, one.transitions) == (
        "VI_1",
        "MASTER",
        51,
        111,
        Transitions(2, 1),
    )
    assert [address_text(a.address) for a in one.addresses] == ["192.0.2.100", "192.0.2.101"]
    assert (two.state, two.vmac, two.master_priority, two.preempt) == ("BACKUP", "vrrp.52", 150, False)
    assert (six.state, six.family) == ("FAULT", 6)


@pytest.mark.parametrize("version", OLDER[1:])
def test_checkers_of_other_versions(version: str) -> None:
    """1.3 writes no such file."""
    web, mark = checkers.watched((DUMPS / f"{version}_check.data").read_text())
    assert (web.key.port, web.quorum, web.has_quorum, web.sorry) == (
        80,
        4,
        False,
        ServerKey(4, bytes((10, 0, 0, 99)), 80),
    )
    five, six = web.servers
    assert (five.alive, five.programmed, five.weight, five.effective) == (True, True, 3, 3)
    assert (six.alive, six.programmed) == (False, False)
    assert five.checkers == (Checker("TCP_CHECK", True, True),)
    assert six.checkers == (Checker("TCP_CHECK", False, True),)
    (marked,) = mark.servers
    assert (mark.key.fwmark, mark.key.family, marked.inhibits, marked.checkers) == (
        7,
        6,
        True,
        (Checker("TCP_CHECK", False, True),),
    )


@pytest.mark.parametrize("version", OLDER)
def test_no_password_of_other_versions(version: str) -> None:
    data, counts = ((DUMPS / f"{version}.{kind}").read_text() for kind in ("data", "json"))
    assert ("s3cr3t" in data) == ("s3cr3t" in counts) == (version != "2.4.3")
    assert "s3cr3t" not in repr(instances.instances(data)) + repr(statistics.instances(counts))


GROUPED = """\
------< LVS Topology >------
 ------< Virtual server group >------
 Virtual Server Group = g, 1, IPv4 = yes, IPv6 = no
   VIP = 192.0.2.10, VPORT = 80
     Alive: 1 tcp, 0 udp, 0 sctp
     reloaded = False
   VIP Range = 192.0.2.20-%s, VPORT = 81
   FWMARK = 7 IPv4
 ------< Virtual server >------
 VS GROUP = [g, 1]:0
   Address family = inet
   protocol = TCP
   quorum = 1, hysteresis = 0
   sorry server = [10.1.0.12]:tcp:3306
   sorry server forwarding method = DR
   quorum_state_up = 0
   ------< Real server >------
   RIP = 10.1.0.11, RPORT = 3306, WEIGHT = 1 EFF WEIGHT = 1
   forwarding method = DR
   effective weight = 1
   alive = 0
   RS set = 0
------< Health checkers >------
 [g, 1]:0 -> [10.1.0.11]:tcp:3306
   Keepalive method = TCP_CHECK
   Has run = yes
"""


@pytest.mark.parametrize("end", ["192.0.2.21", "21"])
def test_a_group_becomes_each_of_its_services(end: str) -> None:
    """Without NAT a server has the port of the service, whatever is written for it."""
    found = checkers.watched(GROUPED % end)
    assert [service_text(one.key) for one in found] == [
        "tcp 192.0.2.10:80",
        "tcp 192.0.2.20:81",
        "tcp 192.0.2.21:81",
        "fwmark 7",
    ]
    assert [one.servers[0].key.port for one in found] == [80, 81, 81, 0]
    assert [one.sorry.port for one in found if one.sorry is not None] == [80, 81, 81, 0]
    for one in found:
        assert not one.has_quorum and not one.servers[0].alive
        assert one.servers[0].checkers == (Checker("TCP_CHECK", False, True),)
    nat = checkers.watched((GROUPED % end).replace("= DR", "= NAT"))
    assert {one.servers[0].key.port for one in nat} == {3306}


def test_an_invalid_range_in_the_dump_is_left_out() -> None:
    for end in ("::1", "999", "nonsense", "192.0.2.1", "9" * 5000):
        assert [one.key.port for one in checkers.watched(GROUPED % end)] == [80, 0]
