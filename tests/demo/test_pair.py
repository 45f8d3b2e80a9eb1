"""The other director of a world: what it says of VRRP, and what the pair has in common."""

from __future__ import annotations

import pytest

from lvstui import cli, places
from lvstui.demo import World, incident
from lvstui.director.change import DeleteServer
from lvstui.director.daemon import KeepalivedOrder
from lvstui.director.errors import NotDone
from lvstui.director.pair.compare import compared
from lvstui.director.pair.point import Side
from lvstui.director.record import Record, Who
from lvstui.director.serving import tallied
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.formats import toml
from lvstui.views.audit_index import Events
from lvstui.views.operator_names import OperatorNames
from lvstui.views.vrrp_story import Sentences, sentences
from tests.demo.worlds import CLUSTER, VIP, WEB1, Clock, Director

LOOK = Scope(sweep=True, vrrp=True, settings=True, owner=True)


def large(clock: Clock) -> World:
    """The world of the large incident."""
    file = places.worlds()[1] / "incident.toml"
    rules, stated = toml.read_beside(file.read_text(encoding="utf-8"), "demo")
    return World(rules, incident(stated, rules.rules, file.name), clock=clock)


def told(state: State) -> Sentences:
    names = OperatorNames({b"\xc6\x33\x64\x03": "lb2"}, {})
    found = sentences(state, Events((Record(0.0, Who(), "", "", "", "", "", ""),)), names)
    assert found is not None
    return found


def test_a_world_says_who_is_master_since_when_and_why() -> None:
    clock = Clock()
    world = large(clock)
    state = world.read(LOOK)
    one = state.vrrp.instances[0]
    assert one.since == pytest.approx(state.taken - 189_170, abs=0.01) and one.instance.interface == "eth1"
    assert told(state).why == "priority 150, none higher is heard; the peer is silent, as a backup is"
    assert told(state).next.endswith("chk_uplink failing costs 60 (150 -> 90)")
    while state.vrrp.role == "MASTER":
        clock.now += 2
        state = world.read(LOOK)
    assert told(state).why == "lb2 (198.51.100.3) sends adverts with priority 100, more than the 90 here"
    assert [one.good for one in state.vrrp.instances[0].instance.tracked] == [False]
    assert state.taken - (state.vrrp.instances[0].since or 0) < 3


def test_a_failover_by_an_operator_is_reported_as_one() -> None:
    clock = Clock()
    world = large(clock)
    world.read(LOOK)
    assert world.order(KeepalivedOrder.STOP).successors == (("VI_1", "lb2"),)
    clock.now += 4
    state = world.read(LOOK)
    assert state.vrrp.role == "BACKUP"
    assert told(state).why.endswith("priority 100, no more than the 150 here, which waits out its delay")


def test_the_other_director_serves_while_the_first_does_not() -> None:
    director = Director()
    other = director.world.other()
    seen = set()
    for _ in range(400):
        here, there = director.after(2), other.read(LOOK)
        assert (there.host, there.at) == ("peer", here.at)
        assert {here.vrrp.role, there.vrrp.role} == {"MASTER", "BACKUP"}
        assert here.traffic is not None and there.traffic is not None
        assert (here.traffic.connections > 0) is (here.vrrp.role == "MASTER")
        assert (there.traffic.connections > 0) is (there.vrrp.role == "MASTER")
        tables = [{key: sorted(pool.servers()) for key, pool in state.pools.items()} for state in (here, there)]
        assert tables[0] == tables[1]  # both check the same servers
        seen.add(here.vrrp.role)
    assert seen == {"MASTER", "BACKUP"}


def test_the_two_differ_exactly_by_the_file_and_the_changes_by_hand() -> None:
    clock = Clock()
    world = large(clock)
    other = world.other()
    world.read(LOOK), other.read(LOOK)
    clock.now += 1
    here, there = world.read(LOOK), other.read(LOOK)
    found = compared(Side(here, tallied(here)), Side(there, tallied(there)), 0.0)
    assert [(point.about, point.what, point.this, point.other) for point in found.differences] == [
        ("tcp 192.0.2.53:53", "service", "rr, 2 servers", "missing"),
        ("203.0.113.61:80", "weight", "1", "9"),
        ("203.0.113.14:8443", "weight", "0", "10"),
    ]


def test_the_other_director_cannot_be_changed() -> None:
    other = Director().world.other()
    with pytest.raises(NotDone, match="can only be read"):
        other.send((DeleteServer(VIP, WEB1),))


def test_a_pair_of_your_own() -> None:
    stated = {
        "peer": {
            "host": "b",
            "lacks": "udp 192.168.80.200:53",
            "weights": [{"service": "tcp 192.168.80.200:80", "server": "192.168.80.102:80", "weight": 7}],
        }
    }
    world = World(CLUSTER, incident(stated, CLUSTER.rules, "mine.toml"), clock=Clock())
    state = world.other().read(LOOK)
    assert (world.peer, state.host, len(state.services)) == ("b", "b", 2)
    assert {server.key: server.weight for server in state.pools[VIP].servers()}[WEB1] == 7


def test_the_verb_compares_the_pair_of_a_world(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--demo", "incident", "--diff", "lb2:"]) == 1
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "if lb2 took over now: 1 service would be missing, 2 things differ, 1 not known"
    assert rest[0].split() == ["lb1", "lb2"]
