"""Rates are given when they can be known, and only then."""

from __future__ import annotations

import pytest

from lvstui.director.model import Server, Service, server_key, service_key
from lvstui.director.rates import NO_RATES, History, rates, service_rates, step
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State

KEY = service_key(6, "192.0.2.1", 80)
RS = server_key("10.0.0.1", 80)


def kernel(seconds: float, per_second: int) -> Counters:
    """Counters as the kernel shows them: moved every two seconds."""
    return Counters(*(int(seconds // 2) * 2 * per_second for _ in range(5)))


def series(end: int, per_second: int = 100, tick: float = 1.0) -> list[tuple[float, Counters]]:
    return [(n * tick, kernel(n * tick, per_second)) for n in range(int(end / tick) + 1)]


def state(at: float, counters: Counters) -> State:
    service = ServiceReading(Service(KEY), counters, Rates())
    server = ServerReading(Server(RS), 1, 0, 0, counters, Rates())
    return State(at, at, "lvs1", ServiceRows([service]), {KEY: PoolRows(at, [server])})


def test_unknown_until_two_movements_four_seconds_apart() -> None:
    assert rates([]) is None
    assert all(rates(series(end)) is None for end in range(6))
    assert rates(series(6)) == Rates(*[100.0] * 5)


@pytest.mark.parametrize("tick", [0.25, 0.5, 0.9, 1.0, 1.1, 1.7, 2.0, 3.0, 5.0, 60.0])
def test_steady_traffic_has_a_steady_rate(tick: float) -> None:
    history: History = ()
    for n in range(100):
        at = n * tick
        history = step(history, state(at, kernel(at, 100)), [KEY])
        told = service_rates(history, KEY)
        if n < 6 or at < 11:
            continue
        assert told is not None
        # A movement is seen up to one tick late, unless ticks and the kernel's two seconds go together.
        assert told.connections == pytest.approx(100, rel=1e-9 if tick in (0.25, 0.5, 1, 2, 60) else 0.5)


def test_counters_that_do_not_move_have_rate_0() -> None:
    still = [(float(n), Counters(7, 7, 7, 7, 7)) for n in range(5)]
    assert rates(still[:4]) is None
    assert rates(still) == NO_RATES


def test_new_traffic_has_a_rate_at_its_first_movement() -> None:
    still = [(float(n), Counters()) for n in range(8)]
    moved = [*still, (8.0, Counters(100, 100, 0, 0, 0))]
    told = rates(moved)
    assert told is not None
    assert told.connections == 25


def test_zeroed_counters_begin_again() -> None:
    before = series(10)
    after = [(11.0 + n, kernel(n, 50)) for n in range(4)]
    assert rates([*before, *after]) is None
    after = [(11.0 + n, kernel(n, 50)) for n in range(8)]
    assert rates([*before, *after]) == Rates(*[50.0] * 5)


def test_history_is_kept_for_as_long_as_it_is_needed() -> None:
    history: History = ()
    for second in range(30):
        history = step(history, state(second, kernel(second, 10)), [KEY])
    assert len(history) == 10
    assert service_rates(history, KEY) == Rates(*[10.0] * 5)
    assert service_rates(history, KEY._replace(port=81)) is None
