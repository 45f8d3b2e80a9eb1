"""The simulated director: the same every time, plausible, and it obeys."""

from __future__ import annotations

import random
from unittest import mock

import pytest

from lvstui.director.change import (
    AddServer,
    AddService,
    DeleteServer,
    DeleteService,
    EditServer,
    Flush,
    SetTimeouts,
    Zero,
)
from lvstui.director.model import (
    UDP,
    Forward,
    RuleSet,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    Timeouts,
    rules_from,
    server_key,
    service_key,
)
from lvstui.director.rates import History, service_rates, step
from lvstui.director.source import EVERYTHING, Scope
from lvstui.director.state import Rates, State, rules_of, total
from lvstui.director.world import World, daemon
from tests.rulesets import random_ruleset

VIP = service_key(6, "192.168.80.200", 80)
WEB1, WEB2 = server_key("192.168.80.102", 80), server_key("192.168.80.103", 80)
DNS = service_key(UDP, "192.168.80.200", 53)
NAT = service_key(6, "192.168.80.201", 80)
CLUSTER = RuleSet(
    rules_from(
        [
            (Service(VIP, "wrr"), [Server(WEB1, weight=3), Server(WEB2, weight=1)]),
            (Service(DNS, "rr"), [Server(server_key("192.168.80.104", 53))]),
            (Service(NAT, persistence=60), [Server(server_key("10.0.0.1", 8080), Forward.MASQ)]),
        ]
    )
)
LOOK = Scope(sweep=True, vrrp=True, settings=True)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Director:
    """A world with a clock to turn."""

    def __init__(self, rules: RuleSet = CLUSTER, seed: int = 1) -> None:
        self.clock = Clock()
        self.world = World(rules, seed=seed, clock=self.clock)

    def after(self, seconds: float, scope: Scope = LOOK) -> State:
        self.clock.now += seconds
        return self.world.read(scope)


def picture(state: State) -> object:
    """All that a State shows, but for the wall clock."""
    pools = {key: list(pool) for key, pool in state.pools.items()}
    return list(state.services), pools, state.load, state.traffic, state.vrrp, state.at


def quiet(seed: int = 1) -> Director:
    """A world of which no server ever fails."""
    with mock.patch.object(daemon, "FIRST_FAILURE", (10**6, 10**6)):
        return Director(seed=seed)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_seed_and_clock_make_the_same_world_however_it_is_looked_at(seed: int) -> None:
    often, seldom = Director(seed=seed), Director(seed=seed)
    steps = random.Random(seed).choices((0.25, 1, 2, 7.5, 60), k=40)
    for seconds in steps:
        often.after(seconds)
    assert picture(often.after(1)) == picture(seldom.after(sum(steps) + 1))


def test_another_seed_makes_another_world() -> None:
    assert picture(Director(seed=1).after(50)) != picture(Director(seed=2).after(50))


def test_traffic_flows_at_once() -> None:
    state = Director().after(0)
    assert state.traffic is not None
    assert state.load is not None
    assert state.traffic.connections > 0
    assert state.load.active > 0
    assert (state.host, state.vrrp.role, state.vrrp.held) == ("demo", "MASTER", ("192.168.80.200", "192.168.80.201"))


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


def weights(state: State) -> list[int]:
    return [server.weight for pool in state.pools.values() for server in pool.servers()]


def test_a_weight_that_operators_set_is_kept_when_a_server_returns() -> None:
    director = Director()
    for key, entry in CLUSTER.rules.items():
        for server in entry.servers.values():
            director.world.send([EditServer(key, server._replace(weight=9))])
    seen = {tuple(weights(director.after(1))) for _ in range(200)}
    assert seen == {(9, 9, 9), (9, 9, 9, 9)}


@pytest.mark.parametrize("seed", range(10))
def test_a_server_that_operators_deleted_stays_away(seed: int) -> None:
    director = Director(seed=seed)
    director.world.send([DeleteServer(VIP, WEB1)])
    assert all(WEB1 not in rules_of(director.after(5)).rules[VIP].servers for _ in range(200))


@pytest.mark.parametrize("seed", range(5))
def test_what_operators_made_anew_while_a_server_was_down_is_theirs(seed: int) -> None:
    director = Director(seed=seed)
    key, _ = failing(director)
    director.world.send([DeleteService(key), AddService(CLUSTER.rules[key].service)])
    assert all(len(director.after(1).pools[key]) == 0 for _ in range(60))


@pytest.mark.parametrize("seed", range(5))
def test_what_operators_put_back_and_took_away_is_theirs(seed: int) -> None:
    director = Director(seed=seed)
    key, server = failing(director)
    director.world.send([AddServer(key, CLUSTER.rules[key].servers[server]), DeleteServer(key, server)])
    assert all(server not in rules_of(director.after(1)).rules[key].servers for _ in range(25))


def test_counters_move_every_two_seconds_and_never_back() -> None:
    director = quiet()
    before = director.after(0)
    moves = 0
    for tenth in range(1, 400):
        state = director.after(0.1)
        for old, new in zip(before.services, state.services, strict=True):
            assert all(a <= b for a, b in zip(old.counters, new.counters, strict=True))
            if old.counters != new.counters:
                assert tenth % 20 < 2
                moves += 1
        before = state
    assert moves == 3 * 19


def test_rates_follow_from_the_counters() -> None:
    director = quiet()
    history: History = ()
    for _ in range(12):
        history = step(history, director.after(1), [VIP])
    told = service_rates(history, VIP)
    reading = history[-1].services.find(VIP)
    assert told is not None
    assert reading is not None
    assert told.connections == pytest.approx(reading.rates.connections, rel=0.5)


def test_answers_of_direct_routing_do_not_pass_the_director() -> None:
    state = quiet().after(10)
    routed, translated = state.services.find(VIP), state.services.find(NAT)
    assert routed is not None
    assert translated is not None
    assert (routed.counters.out_packets, routed.counters.out_bytes, routed.rates.out_packets) == (0, 0, 0)
    assert translated.counters.out_bytes > translated.counters.in_bytes > 0


def test_connections_come_by_weight_and_udp_is_inactive() -> None:
    state = quiet().after(60)
    heavy, light = state.pools[VIP]
    assert 2 * light.active < heavy.active < 4.5 * light.active
    (dns,) = state.pools[DNS]
    assert dns.active == 0 < dns.inactive
    (nat,) = state.pools[NAT]
    assert nat.persistent > 0


def test_a_drained_server_ebbs_and_its_neighbour_takes_over() -> None:
    director = quiet()
    first = director.after(10).pools[VIP][0]
    director.world.send([EditServer(VIP, first.server._replace(weight=0))])
    active = [director.after(1).pools[VIP][0].active for _ in range(45)]
    assert active[0] > active[10] > active[20] >= active[-1] == 0
    drained, other = director.after(1).pools[VIP]
    assert (drained.server.weight, drained.counters.connections) == (0, first.counters.connections)
    assert other.active > 0


def test_nobody_to_serve_is_no_traffic() -> None:
    director = quiet()
    director.world.send([DeleteServer(VIP, WEB1), DeleteServer(VIP, WEB2)])
    before, after = director.after(1).services.find(VIP), director.after(30).services.find(VIP)
    assert before is not None
    assert after is not None
    assert before.counters == after.counters
    assert after.rates.connections == 0


def test_what_operators_do_holds() -> None:
    director = Director()
    lighter = Server(WEB1, weight=0)
    outcomes = director.world.send([EditServer(VIP, lighter), SetTimeouts(Timeouts(60, 0, 0))])
    assert all(outcome.error is None for outcome in outcomes)
    for _ in range(60):
        state = director.after(10)
        assert rules_of(state).rules[VIP].servers.get(WEB1, lighter) == lighter
        assert state.timeouts == Timeouts(60, 120, 300)


def test_what_a_kernel_refuses_is_refused_and_the_rest_is_done() -> None:
    director = Director()
    gone = service_key(6, "192.0.2.9", 80)
    outcomes = director.world.send([DeleteService(gone), AddService(Service(gone)), AddService(Service(gone))])
    assert [str(outcome.error) if outcome.error else "" for outcome in outcomes] == [
        "ipvsadm -D -t 192.0.2.9:80: no such service",
        "",
        "ipvsadm -A -t 192.0.2.9:80 -s wlc: a service with this address or mark exists already",
    ]
    assert director.after(0).services.find(gone) is not None


def test_a_new_service_begins_with_nothing_and_zeroing_begins_anew() -> None:
    director = quiet()
    director.after(5)
    director.world.send([Zero(NAT), DeleteService(VIP)])
    director.world.send([AddService(Service(VIP))])
    state = director.after(0)
    zeroed, new = state.services.find(NAT), state.services.find(VIP)
    assert zeroed is not None
    assert new is not None
    assert (zeroed.counters.connections, state.pools[NAT][0].counters.connections) == (0, 0)
    assert state.pools[NAT][0].active > 0
    assert (new.counters.connections, len(state.pools[VIP])) == (0, 0)
    director.world.send([Flush()])
    assert len(director.after(0).services) == 0


def test_a_state_does_not_change_when_the_world_does() -> None:
    director = Director()
    state = director.after(5)
    twin = Director().after(5)
    director.world.send([DeleteService(NAT), EditServer(VIP, Server(WEB1, weight=0))])
    director.after(300)
    assert picture(state) == picture(twin)


def test_only_what_is_in_scope_is_fresh() -> None:
    director = Director()
    state = director.after(1, Scope(frozenset([VIP])))
    assert list(state.pools) == [VIP]
    assert (state.swept, state.load) == (None, None)
    swept = director.after(1).at
    state = director.after(1, Scope(frozenset([VIP, service_key(6, "192.0.2.9", 80)])))
    assert {key: pool.at for key, pool in state.pools.items()} == {VIP: state.at, NAT: swept, DNS: swept}
    assert state.swept == swept


def test_keys_stay_the_same_object_while_the_set_of_services_does() -> None:
    director = Director()
    keys = director.after(1).services.keys
    director.world.send([DeleteServer(VIP, WEB1)])
    assert director.after(1).services.keys is keys
    director.world.send([DeleteService(VIP)])
    assert list(director.after(1).services.keys) == [DNS, NAT] or director.after(0).services.keys is not keys


@pytest.mark.parametrize("seed", range(30))
def test_any_rule_set_makes_a_world(seed: int) -> None:
    director = Director(random_ruleset(seed), seed=seed)
    for _ in range(20):
        state = director.after(11)
        assert state.load == total(pool.load for pool in state.pools.values())
        for pool in state.pools.values():
            rows = list(pool)
            assert pool.load.active == sum(row.active for row in rows)
            assert pool.load.inactive == sum(row.inactive for row in rows)
            assert all(min(row.active, row.inactive, row.persistent, *row.counters) >= 0 for row in rows)


def test_a_large_world_costs_what_is_looked_at() -> None:
    def services() -> list[tuple[Service, list[Server]]]:
        made = []
        for n in range(2000):
            key = ServiceKey(0, 4, 6, bytes((10, 1, n >> 8, n & 255)), 80)
            servers = [Server(ServerKey(4, bytes((10, 2 + i, n >> 8, n & 255)), 80)) for i in range(5)]
            made.append((Service(key), servers))
        return made

    import time

    director = Director(RuleSet(rules_from(services())))
    state = director.after(1)
    assert state.load is not None
    assert state.load.servers == 10_000
    began = time.perf_counter()
    for _ in range(20):
        state = director.after(0.5)
        assert sum(row.counters.connections for row in map(state.services.__getitem__, range(50)))
    assert time.perf_counter() - began < 1
    assert rules_of(director.after(0, EVERYTHING)).rules.keys() == set(state.services.keys)
