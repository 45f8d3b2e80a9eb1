"""The simulated director: the same every time, plausible, and it obeys changes."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from lvstui.director.change import (
    AddService,
    DeleteServer,
    DeleteService,
    EditServer,
    Flush,
    Zero,
)
from lvstui.director.model import (
    RuleSet,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    rules_from,
    service_key,
)
from lvstui.director.rates import History, service_rates, step
from lvstui.director.source import EVERYTHING, Scope
from lvstui.director.state import rules_of, total
from tests.demo.worlds import DNS, NAT, VIP, WEB1, WEB2, Director, picture, quiet
from tests.rulesets import random_ruleset


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_seed_and_clock_make_the_same_world_however_often_it_is_read(seed: int) -> None:
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


def test_replies_of_direct_routing_do_not_pass_the_director() -> None:
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


def test_a_drained_server_loses_its_connections_and_its_neighbour_takes_over() -> None:
    director = quiet()
    first = director.after(10).pools[VIP][0]
    director.world.send([EditServer(VIP, first.server._replace(weight=0))])
    active = [director.after(1).pools[VIP][0].active for _ in range(45)]
    assert active[0] > active[10] > active[20] >= active[-1] == 0
    drained, other = director.after(1).pools[VIP]
    assert (drained.server.weight, drained.counters.connections) == (0, first.counters.connections)
    assert other.active > 0


def test_without_a_live_server_there_is_no_traffic() -> None:
    director = quiet()
    director.world.send([DeleteServer(VIP, WEB1), DeleteServer(VIP, WEB2)])
    before, after = director.after(1).services.find(VIP), director.after(30).services.find(VIP)
    assert before is not None
    assert after is not None
    assert before.counters == after.counters
    assert after.rates.connections == 0


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


def test_a_new_service_starts_at_zero_and_zeroing_starts_again() -> None:
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


def lines_run(work: Callable[[], None]) -> int:
    """How many lines of Python `work` runs: what it costs, however fast the machine is. What the collector of garbage
    ends meanwhile is another test's."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    gc.collect()
    gc.disable()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def test_a_large_world_costs_only_what_is_read() -> None:
    def services(count: int) -> list[tuple[Service, list[Server]]]:
        made = []
        for n in range(count):
            key = ServiceKey(0, 4, 6, bytes((10, 1, n >> 8, n & 255)), 80)
            servers = [Server(ServerKey(4, bytes((10, 2 + i, n >> 8, n & 255)), 80)) for i in range(5)]
            made.append((Service(key), servers))
        return made

    def cost(count: int) -> int:
        director = Director(RuleSet(rules_from(services(count))))
        state = director.after(1)
        assert state.load is not None and state.load.servers == 5 * count

        def look() -> None:
            for _ in range(5):
                state = director.after(0.5)
                assert sum(row.counters.connections for row in map(state.services.__getitem__, range(50)))

        found = lines_run(look)
        assert rules_of(director.after(0, EVERYTHING)).rules.keys() == set(state.services.keys)
        return found

    assert cost(4000) == cost(2000)
