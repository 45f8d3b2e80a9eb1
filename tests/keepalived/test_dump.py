"""What keepalived tells of itself, from files that keepalived 2.2.7 wrote, and from those files damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.model import ServerKey, address_text
from lvstui.director.vrrp import Tracked, Transitions
from lvstui.keepalived.dump import checkers, instances, statistics

DUMPS = Path(__file__).parent / "dumps"
DATA, JSON, CHECK = (
    (DUMPS / name).read_text() for name in ("keepalived.data", "keepalived.json", "keepalived_check.data")
)


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


def test_counts_and_the_same_by_json() -> None:
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


def test_the_password_goes_nowhere() -> None:
    assert "s3cr3t" in DATA and "s3cr3t" in JSON
    assert "s3cr3t" not in repr(instances.instances(DATA)) + repr(statistics.instances(JSON))


@pytest.mark.parametrize(
    "text", ["", "{", "[]x", "3", "{}", '[{"data": {}}]', "[1]", '[{"data": {"iname": 1}}]', "[" * 9999]
)
def test_json_that_is_none(text: str) -> None:
    with pytest.raises(ValueError):
        statistics.instances(text)


@given(st.data())
def test_a_file_that_was_cut_or_damaged_is_read_as_far_as_it_goes(data: st.DataObject) -> None:
    for text, read in ((DATA, instances.instances), (CHECK, checkers.watched)):
        end = data.draw(st.integers(0, len(text)))
        start = data.draw(st.integers(0, 40))
        damaged = text[:end].replace(
            data.draw(st.sampled_from([" = ", "\n", "1", ":", "   "])), data.draw(st.text(max_size=3)), start
        )
        read(damaged)
    assert len(instances.instances(DATA[: data.draw(st.integers(0, len(DATA)))])) <= 3


def test_an_older_form() -> None:
    """keepalived 1.3: fewer fields, other headings (its vrrp_data.c), here as this test spells it."""
    text = """\
------< VRRP Topology >------
 VRRP Instance = VI_1
   Using VRRPv2
   Using Native IPv4
   State = MASTER
   Last transition = 1500000000 (Fri Jul 14 02:40:00 2017)
   Listening device = eth0
   Interface = eth0
   Virtual Router ID = 51
   Priority = 101
   Advert interval = 1 sec
   Preempt = enabled
   Virtual IP = 1
     192.0.2.100/32 dev eth0 scope global
"""
    (one,) = instances.instances(text)
    assert (one.state, one.interface, one.priority, one.since) == ("MASTER", "eth0", 101, 1500000000)
    assert [address_text(a.address) for a in one.addresses] == ["192.0.2.100"]
