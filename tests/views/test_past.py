"""The memory of the last minutes: which rows changed and how busy they were; and how it is drawn."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.model import Server, Service, server_key, service_key
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State, total
from lvstui.views.around import RowContext
from lvstui.views.graph import HALF_HOUR
from lvstui.views.look import Look
from lvstui.views.past import MOST, RECENT, STEP, Past, Trend
from lvstui.views.place import Place
from lvstui.views.servers import ServersView
from lvstui.views.services import ServicesView
from lvstui.views.share import skew
from lvstui.views.spark import spark

WEB, DNS = service_key(6, "192.0.2.1", 80), service_key(17, "192.0.2.2", 53)
ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)


def state(
    at: float, weights: dict[bytes, int], active: int = 10, services: tuple[Service, ...] = (Service(WEB),)
) -> State:
    keys = {ONE.address: ONE, TWO.address: TWO}
    rows = [
        ServerReading(Server(keys[a], weight=w), active, 0, 0, Counters(), Rates(active / 2))
        for a, w in weights.items()
    ]
    readings = [ServiceReading(service, Counters(), Rates(active)) for service in services]
    return State(at, 0.0, "lvs1", ServiceRows(readings), {WEB: PoolRows(at, rows)}, at)


def both(one: int, two: int) -> dict[bytes, int]:
    return {ONE.address: one, TWO.address: two}


def cell(of: State, past: Past, column: str, number: int = 0) -> str:
    view = ServersView(of, WEB, Look(), (), RowContext(past=past))
    return dict(zip((c.key for c in view.columns), view.row(number).cells, strict=True))[column]


def test_a_changed_weight_is_marked_for_a_minute() -> None:
    past = Past()
    past.see(state(0.0, both(3, 3)), [WEB])
    assert past.moved(Place(WEB, ONE)).weight == 0
    now = state(1.0, both(5, 0))
    past.see(now, [WEB])
    assert cell(now, past, "weight") == "▲5" and cell(now, past, "state") == "up"
    assert cell(now, past, "weight", 1) == "▼0" and cell(now, past, "state", 1) == "▼draining"
    view = ServicesView(now, Look(), (), around=RowContext(past=past))
    found = dict(zip((c.key for c in view.columns), view.row(0).cells, strict=True))
    assert found["state"] == "▼1 drained" and found["weight"] == "▼5"
    later = state(1.0 + RECENT, both(5, 0))
    past.see(later, [WEB])
    assert cell(later, past, "weight") == "5" and cell(later, past, "state", 1) == "draining"


def test_two_opposite_changes_of_weights_are_noticed() -> None:
    past = Past()
    past.see(state(0.0, both(3, 5)), [WEB])
    past.see(state(1.0, both(5, 3)), [WEB])
    assert (past.moved(Place(WEB, ONE)).weight, past.moved(Place(WEB, TWO)).weight) == (1, -1)
    assert past.moved(WEB).weight == 0


def test_added_rows_are_new_except_at_the_start() -> None:
    past = Past()
    past.see(state(0.0, {ONE.address: 1}), [WEB])
    assert not past.moved(WEB).new and not past.moved(Place(WEB, ONE)).new
    now = state(1.0, both(1, 1), services=(Service(WEB), Service(DNS)))
    past.see(now, [WEB])
    assert cell(now, past, "state", 1) == "new" and cell(now, past, "state") == "up"
    assert past.moved(DNS).new and not past.moved(WEB).new


def test_a_trend_has_the_mean_of_each_step_and_changes_only_at_steps() -> None:
    past = Past()
    for tick in range(int(3 * STEP)):
        past.see(state(float(tick), both(1, 1), active=10 if tick < STEP else 70), [WEB])
    assert past.trend(Place(WEB, ONE), 3) == pytest.approx([None, 10.0, 70.0])
    assert past.trend(Place(WEB, ONE), 2, rate=True) == pytest.approx([5.0, 35.0])
    assert past.trend(WEB, 2) == pytest.approx([20.0, 140.0])
    before = past.trend(WEB, 12)
    past.see(state(3 * STEP - 0.5, both(1, 1), active=999), [WEB])
    assert past.trend(WEB, 12) == before
    past.see(state(3 * STEP, both(1, 1), active=70), [WEB])
    assert past.trend(WEB, 12) != before


def test_a_row_that_was_not_visible_has_a_gap() -> None:
    past = Past()
    past.see(state(0.0, both(1, 1)), [WEB])
    past.see(state(STEP, both(1, 1)), [])
    past.see(state(2 * STEP, both(1, 1)), [WEB])
    past.see(state(3 * STEP, both(1, 1)), [WEB])
    assert past.trend(WEB, 3) == [20.0, None, 20.0]
    past.see(state(3 * STEP + 10_000, both(1, 1)), [])
    assert past.trend(WEB, 3) == [None, None, None]


def table(at: float, services: int, servers: int, unknown: frozenset[str] = frozenset()) -> State:
    """A sweep of so many services with so many servers each, all of them at ten connections."""
    keys = [service_key(6, "192.0.2.1", port + 1) for port in range(services)]
    rows = [
        ServerReading(Server(server_key("10.0.0.1", port + 1), weight=1), 10, 0, 0, Counters(), Rates(5))
        for port in range(servers)
    ]
    pool = PoolRows(at, rows)
    readings = ServiceRows([ServiceReading(Service(key), Counters(), Rates(5)) for key in keys])
    pools = dict.fromkeys(keys, pool)
    load = total([pool.load])
    return State(at, at, "x", readings, pools, at, load._replace(servers=services * servers, live=0), unknown=unknown)


def test_history_of_every_service_and_server_is_kept_for_half_an_hour_even_if_not_shown() -> None:
    past = Past()
    for step in range(int(HALF_HOUR / STEP) + 1):
        now = table(step * STEP, 3, 2)
        past.sweep(now)
        past.see(now, [])
    for key in now.services.keys:
        assert past.trend(key, 180) == [20.0] * 180
        assert past.trend(Place(key, server_key("10.0.0.1", 2)), 180) == [10.0] * 180
        assert past.trend(key, 90, rate=True, seconds=20.0) == pytest.approx([5.0] * 90)
    assert past.before(now.services.keys[0], HALF_HOUR) == 20.0


def test_history_of_a_large_table_is_kept_for_servers_that_were_shown() -> None:
    past = Past()
    now = table(0.0, 100, 100)
    first, second, other = now.services.keys[:3]
    one = server_key("10.0.0.1", 1)
    past.see(now, [first])
    past.see(now, [second])
    for step in range(1, 4):
        now = table(step * STEP, 100, 100)
        past.sweep(now)
        past.see(now, [second])
    assert past.trend(Place(first, one), 2) == past.trend(Place(second, one), 2) == [10.0, 10.0]
    assert past.trend(Place(other, one), 2) == [] and past.trend(other, 2) == [1000.0, 1000.0]


def test_memory_is_limited() -> None:
    past = Past()
    for tick in range(12):
        now = table(tick * STEP, 100, 100)
        past.sweep(now)
        past.see(now, now.services.keys[tick * 8 : tick * 8 + 40])
    assert MOST <= len(past._trends) <= MOST + MOST // 5 + 100
    one = past._trends[now.services.keys[0]]
    assert sys.getsizeof(one) + sys.getsizeof(one._means) < 1000


def test_an_unknown_count_is_not_zero() -> None:
    past = Past()
    for tick in range(3):
        now = table(tick * STEP, 1, 1, frozenset(("counters",)))
        past.sweep(now)
        past.see(now, now.services.keys)
    assert past.trend(now.services.keys[0], 2, rate=True) == [None, None]
    assert past.trend(now.services.keys[0], 2) == [10.0, 10.0]


@given(st.floats(0, 2e9))
def test_numbers_are_stored_as_precisely_as_they_are_shown(value: float) -> None:
    trend = Trend(0)
    trend.add(0.0, value, None)
    trend.add(STEP, 0.0, None)
    assert trend.mean(0, False) == pytest.approx(value, rel=0.0005, abs=0.001)
    assert trend.mean(1, False) == 0.0


def test_sparks() -> None:
    assert spark([]) == spark([None, None]) == spark([0, 0]) == spark([5, 5, 5]) == spark([None, 100, 95]) == ""
    assert spark([0, 50, 100]) == "▁▅█"
    assert spark([None, 0, 7]) == " ▁█"


def test_skew() -> None:
    assert skew([(1, 50), (1, 50)]) == 0
    assert skew([(1, 100), (1, 0)]) == 0.5
    assert skew([(3, 75), (1, 25)]) == 0
    assert skew([(1, 100)]) is None
    assert skew([(1, 3), (1, 0)]) is None
    assert skew([(0, 100), (0, 100)]) is None
