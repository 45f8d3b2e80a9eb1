"""The simulated keepalived: servers fail and recover, the role moves, and operators' changes stay."""

from __future__ import annotations

import pytest

from lvstui.director.change import (
    AddServer,
    AddService,
    DeleteServer,
    DeleteService,
    EditServer,
    SetTimeouts,
)
from lvstui.director.daemon import KeepalivedOrder
from lvstui.director.errors import NotDone
from lvstui.director.model import (
    Server,
    ServerKey,
    ServiceKey,
    Timeouts,
)
from lvstui.director.state import Rates, rules_of
from tests.demo.worlds import CLUSTER, VIP, WEB1, Director, quiet


@pytest.mark.parametrize("seed", range(20))
def test_a_newcomer_sees_a_failure_and_a_failover(seed: int) -> None:
    director = Director(seed=seed)
    states = {second: director.after(1) for second in range(1, 125)}
    gone = [second for second, state in states.items() if state.load is not None and state.load.servers < 4]
    away = [second for second, state in states.items() if state.vrrp.role == "BACKUP"]
    assert 26 <= gone[0] <= 40
    assert 12 <= next(n for n in range(gone[0], 125) if n not in gone) - gone[0] <= 18
    assert 80 <= away[0] <= 100
    assert 10 <= len(away) <= 14
    assert away == [*range(away[0], away[0] + len(away))]


def test_the_role_moves_and_traffic_with_it() -> None:
    director = quiet()
    states = [director.after(1) for _ in range(130)]
    away = [state for state in states if state.vrrp.role == "BACKUP"]
    back = states[states.index(away[-1]) + 1]
    assert {state.vrrp.held for state in away} == {()}
    assert {state.traffic for state in away} == {Rates()}
    assert len({tuple(reading.counters for reading in state.services) for state in away}) == 1
    active = [state.load.active for state in away if state.load is not None]
    assert active[-1] < active[0] / 3
    assert (back.vrrp.role, back.vrrp.held) == ("MASTER", ("192.168.80.200", "192.168.80.201"))
    assert back.traffic is not None
    assert back.traffic.connections > 0


def test_a_failed_server_comes_back_as_configured() -> None:
    director = Director()
    rules = {key: dict(entry.servers) for key, entry in CLUSTER.rules.items()}
    seen = set()
    for _ in range(400):
        state = director.after(1)
        now = {key: dict(entry.servers) for key, entry in rules_of(state).rules.items()}
        seen.add(sum(map(len, now.values())))
        assert all(server == rules[key][k] for key, servers in now.items() for k, server in servers.items())
    assert seen == {3, 4}


def failing(director: Director) -> tuple[ServiceKey, ServerKey]:
    """Turns the clock until a server is out; returns which."""
    while True:
        now = rules_of(director.after(1)).rules
        for key, entry in CLUSTER.rules.items():
            for server in entry.servers:
                if server not in now[key].servers:
                    return key, server


def test_a_server_returns_with_its_configured_weight_and_the_others_keep_what_operators_set() -> None:
    """keepalived never reads the table back (tests/lab/test_drift.py has the real one)."""
    director = Director()
    for key, entry in CLUSTER.rules.items():
        for server in entry.servers.values():
            director.world.send([EditServer(key, server._replace(weight=9))])
    service, name = failing(director)
    while name not in (now := rules_of(director.after(1)).rules)[service].servers:
        pass
    for key, entry in now.items():
        for server in entry.servers.values():
            configured = CLUSTER.rules[key].servers[server.key]
            assert server.weight == (configured.weight if server.key == name else 9)


@pytest.mark.parametrize("seed", range(10))
def test_a_server_that_operators_deleted_stays_away(seed: int) -> None:
    director = Director(seed=seed)
    director.world.send([DeleteServer(VIP, WEB1)])
    assert all(WEB1 not in rules_of(director.after(5)).rules[VIP].servers for _ in range(200))


@pytest.mark.parametrize("seed", range(5))
def test_what_operators_recreated_while_a_server_was_down_stays_as_they_made_it(seed: int) -> None:
    director = Director(seed=seed)
    key, _ = failing(director)
    director.world.send([DeleteService(key), AddService(CLUSTER.rules[key].service)])
    assert all(len(director.after(1).pools[key]) == 0 for _ in range(60))


@pytest.mark.parametrize("seed", range(5))
def test_what_operators_added_and_removed_again_stays_away(seed: int) -> None:
    director = Director(seed=seed)
    key, server = failing(director)
    director.world.send([AddServer(key, CLUSTER.rules[key].servers[server]), DeleteServer(key, server)])
    assert all(server not in rules_of(director.after(1)).rules[key].servers for _ in range(25))


def test_changes_by_operators_stay_while_nothing_fails() -> None:
    director = quiet()
    lighter = Server(WEB1, weight=0)
    outcomes = director.world.send([EditServer(VIP, lighter), SetTimeouts(Timeouts(60, 0, 0))])
    assert all(outcome.error is None for outcome in outcomes)
    for _ in range(60):
        state = director.after(10)
        assert rules_of(state).rules[VIP].servers.get(WEB1, lighter) == lighter
        assert state.timeouts == Timeouts(60, 120, 300)


def test_a_stopped_daemon_gives_up_the_role_and_comes_back() -> None:
    director = quiet()
    director.after(7)
    assert director.world.order(KeepalivedOrder.STOP).daemon.keeps_table
    states = [director.after(1) for _ in range(40)]
    roles = [state.vrrp.role for state in states]
    assert "BACKUP" in roles[:2]
    assert 10 <= roles.count("BACKUP") <= 14
    assert roles[-1] == "MASTER"
    assert rules_of(states[-1]).rules == CLUSTER.rules


def test_a_stopped_daemon_cannot_be_stopped_again_and_a_reload_does_not_touch_the_table() -> None:
    director = quiet()
    director.world.order(KeepalivedOrder.STOP)
    director.after(3)
    with pytest.raises(NotDone, match="stopped already"):
        director.world.order(KeepalivedOrder.STOP)
    director.world.send([EditServer(VIP, Server(WEB1, weight=7))])
    before = rules_of(director.after(0))
    assert director.world.order(KeepalivedOrder.RELOAD).complaints == ()
    assert rules_of(director.after(3)) == before
