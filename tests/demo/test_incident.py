"""What is wrong in a world when it begins, from its file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lvstui import cli, places
from lvstui.demo import World, incident, past
from lvstui.demo.incident import HAND, KEYS, PAST
from lvstui.demo.routers import PEER, VRRP
from lvstui.director.errors import BadInput
from lvstui.director.model import server_key, service_key
from lvstui.director.record import SEEN
from lvstui.director.serving import tallied
from lvstui.director.source import Scope
from lvstui.formats import toml
from lvstui.store.audit import Log
from tests.demo.worlds import CLUSTER, VIP, WEB1, WEB2, Clock

LOOK = Scope(sweep=True, vrrp=True, settings=True, owner=True)
SITE = places.worlds()[1] / "site.toml"
TLS = service_key(6, "192.0.2.10", 443)
WEB_2, WEB_3 = server_key("10.0.1.12", 443), server_key("10.0.1.13", 443)


def site(clock: Clock) -> World:
    rules, stated = toml.read_beside(SITE.read_text(encoding="utf-8"), "demo")
    return World(rules, incident(stated, rules.rules, "site.toml"), clock=clock)


def test_the_site_has_the_problems_of_its_file_and_recovers() -> None:
    clock = Clock()
    world, tally = site(clock), None
    for _ in range(3):  # as the console does: what keepalived tells must be younger than the table
        clock.now += 1
        state = world.read(LOOK)
        tally = tallied(state, tally)
    assert state.host == "lb1" and tally is not None and tally.odd[TLS].ill == (WEB_3,)
    assert (tally.odd[TLS].live, tally.odd[TLS].down, tally.odd[TLS].drained) == (1, 1, 1)
    assert {server.key: server.weight for server in state.pools[TLS].servers()}[WEB_2] == 0
    assert tally is not None
    for _ in range(232):  # and nothing else fails by chance meanwhile
        clock.now += 1
        state = world.read(LOOK)
        tally = tallied(state, tally)
        assert state.vrrp.role == "MASTER" and tally.odd[TLS].down == 1
    clock.now += 10
    assert WEB_3 in {server.key for server in world.read(LOOK).pools[TLS].servers()}


def test_names_of_a_world_are_known_to_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--demo", "site", "--do", "weight web2 10", "--dry-run"]) == 1  # it would change something
    assert "10.0.1.12:443" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ([], "is not a table"),
        ({"dwn": []}, "dwn is not one of its keys"),
        ({"down": ["10.9.9.9"]}, "not the address of a real server"),
        ({"down": ["web1"]}, "not a host, server or service"),
        ({"down": ["10.0.0.1:8080"]}, "not the address of a real server"),
        ({"back": -1}, "back is not a number of seconds"),
        ({"back": True}, "back is not a number of seconds"),
        ({"checks": {"web1": "TCP_CHECK"}}, "not a host, server or service"),
        ({"vrrp": {"vrid": 256}}, "vrid is not a number"),
        ({"vrrp": {"address": "tcp 1.2.3.4:5"}}, "address is not an address"),
        ({"vrrp": {"priority": 100}}, "the priority of the peer, 100, is not below the 100 here"),
        ({"vrrp": {"cost": 50}}, "the priority of the peer, 100, is not below the 150 here and above it less the cost"),
        ({"peer": {"hots": "lb2"}}, "hots is not one of its keys"),
        ({"peer": {"lacks": ["tcp 9.9.9.9:80"]}}, "lacks: tcp 9.9.9.9:80 is not a service in this file"),
        (
            {"peer": {"weights": [{"service": "tcp 9.9.9.9:80", "server": "10.0.0.1:1", "weight": 1}]}},
            "not in this file",
        ),
        ({"past": [{"event": "down", "host": "192.168.80.102"}]}, "ago is not a number of seconds"),
        ({"past": [{"ago": 5, "event": "left"}]}, "left is not an event"),
        ({"past": [{"ago": 5, "event": "role"}]}, "text is not text"),
        ({"past": [{"ago": 5, "event": "down", "host": "10.9.9.9"}]}, "not the address of a real server"),
        ({"down_for": "long"}, "down_for is not a number"),
        ({"host": 3}, "host is not text"),
        ({"names": {"10.0.0.1": ""}}, "is not text"),
        ({"names": 7}, "is not a table"),
        ({"by_hand": [{"service": "tcp 9.9.9.9:80", "server": "10.0.0.1:1", "weight": 1}]}, "not in this file"),
        ({"by_hand": [{"service": "tcp 192.168.80.200:80", "server": "10.9.9.9:1", "weight": 1}]}, "that service"),
        (
            {"by_hand": [{"service": "tcp 192.168.80.200:80", "server": "192.168.80.102:80", "weight": "x"}]},
            "weight is not a weight",
        ),
    ],
)
def test_an_invalid_table_is_refused_in_one_line(stated: Any, words: str) -> None:
    with pytest.raises(BadInput, match=re.escape(words)):
        incident(stated, CLUSTER.rules, "world.toml")


def test_a_world_of_your_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = incident(
        {
            "host": "lb7",
            "down": ["192.168.80.103"],
            "by_hand": [{"service": "tcp 192.168.80.200:80", "server": "192.168.80.102:80", "weight": 9}],
        },
        CLUSTER.rules,
        "world.toml",
    )
    state = World(CLUSTER, found, clock=Clock()).read(LOOK)
    assert state.host == "lb7"
    assert {server.key: server.weight for server in state.pools[VIP].servers()} == {WEB1: 9}
    assert state.keeping is not None and state.keeping.effective is not None
    assert state.keeping.effective.rules.rules[VIP].servers[WEB2].weight == 1
    file = tmp_path / "mine.toml"
    file.write_text(SITE.read_text(encoding="utf-8").replace('host = "lb1"', "host = 5"), encoding="utf-8")
    assert cli.main(["--demo", str(file), "--list"]) == 2
    assert "host is not text" in capsys.readouterr().err


def test_the_log_has_what_happened_before_and_nothing_from_another_world(tmp_path: Path) -> None:
    rules, stated = toml.read_beside(SITE.read_text(encoding="utf-8"), "demo")
    records = past(incident(stated, rules.rules, "site.toml"), rules, 100_000.0)
    assert [100_000 - record.epoch for record in records] == [86_700, 43_260, 43_260, 43_180, 43_180, 5_400, 540, 540]
    role, drain = records[0], records[5]
    assert (role.of_role, role.title) == (True, "VRRP BACKUP -> MASTER, now holds 6 addresses")
    assert (drain.title, drain.who.name, drain.reason) == ("drain 10.0.1.12:443", "ann", "kernel update")
    assert {record.result for record in records if record is not drain} == {SEEN}
    assert "10.0.1.13:80" in records[6].title
    log = Log(tmp_path, system=False)
    log.begin(records[1:])
    log.begin(records)
    assert [record.title for record in reversed(log.latest())] == [record.title for record in records]
    assert log.latest()[-6].change == drain.change and not log.trouble


DOC = (Path(__file__).parents[2] / "docs/demo.md").read_text(encoding="utf-8")


def test_the_example_in_the_docs_is_valid_and_has_every_key(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOC, re.DOTALL)
    rules, stated = toml.read_beside(example, "demo")
    assert stated is not None
    found = incident(stated, rules.rules, "example.toml")
    world = World(rules, found, clock=Clock())
    state = world.read(LOOK)
    assert (state.host, world.peer) == ("lb1", "lb2")
    assert [record.title for record in past(found, rules, 100_000.0)][:2] == [
        "VRRP BACKUP -> MASTER, now holds 192.0.2.10",
        "10.0.0.13:80 removed from tcp 192.0.2.10:80",
    ]
    # Every field that can be stated is in the example, so that the page is complete.
    assert set(stated) == set(KEYS)
    assert {key for one in stated["by_hand"] for key in one} == set(HAND)
    assert {key for one in stated["past"] for key in one} | {"reason"} == set(PAST)
    assert (set(stated["vrrp"]), set(stated["peer"])) == (set(VRRP), set(PEER))
