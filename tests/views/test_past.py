"""What is remembered of the last minutes: which rows moved and how busy they were; and how it is drawn."""

from __future__ import annotations

import pytest

from lvstui.director.model import Server, Service, server_key, service_key
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State
from lvstui.views.around import Around
from lvstui.views.look import Look
from lvstui.views.past import RECENT, STEP, Past
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
    view = ServersView(of, WEB, Look(), (), Around(past=past))
    return dict(zip((c.key for c in view.columns), view.row(number).cells, strict=True))[column]


def test_a_weight_that_moved_is_marked_for_a_minute() -> None:
    past = Past()
    past.see(state(0.0, both(3, 3)), [WEB])
    assert past.moved(Place(WEB, ONE)).weight == 0
    now = state(1.0, both(5, 0))
    past.see(now, [WEB])
    assert cell(now, past, "weight") == "▲5" and cell(now, past, "state") == "up"
    assert cell(now, past, "weight", 1) == "▼0" and cell(now, past, "state", 1) == "▼draining"
    view = ServicesView(now, Look(), (), around=Around(past=past))
    found = dict(zip((c.key for c in view.columns), view.row(0).cells, strict=True))
    assert found["state"] == "▼1 drained" and found["weight"] == "▼5"
    later = state(1.0 + RECENT, both(5, 0))
    past.see(later, [WEB])
    assert cell(later, past, "weight") == "5" and cell(later, past, "state", 1) == "draining"


def test_two_weights_that_moved_against_each_other_are_seen() -> None:
    past = Past()
    past.see(state(0.0, both(3, 5)), [WEB])
    past.see(state(1.0, both(5, 3)), [WEB])
    assert (past.moved(Place(WEB, ONE)).weight, past.moved(Place(WEB, TWO)).weight) == (1, -1)
    assert past.moved(WEB).weight == 0


def test_what_came_is_new_but_nothing_is_at_the_start() -> None:
    past = Past()
    past.see(state(0.0, {ONE.address: 1}), [WEB])
    assert not past.moved(WEB).new and not past.moved(Place(WEB, ONE)).new
    now = state(1.0, both(1, 1), services=(Service(WEB), Service(DNS)))
    past.see(now, [WEB])
    assert cell(now, past, "state", 1) == "new" and cell(now, past, "state") == "up"
    assert past.moved(DNS).new and not past.moved(WEB).new


def test_a_trend_is_the_mean_of_each_step_and_moves_only_with_it() -> None:
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


def test_a_row_that_was_out_of_sight_has_a_gap() -> None:
    past = Past()
    past.see(state(0.0, both(1, 1)), [WEB])
    past.see(state(STEP, both(1, 1)), [])
    past.see(state(2 * STEP, both(1, 1)), [WEB])
    past.see(state(3 * STEP, both(1, 1)), [WEB])
    assert past.trend(WEB, 3) == [20.0, None, 20.0]
    past.see(state(3 * STEP + 10_000, both(1, 1)), [])
    assert past.trend(WEB, 3) == [None, None, None]


def test_memory_is_bounded() -> None:
    past = Past()
    services = tuple(Service(service_key(6, "192.0.2.1", port)) for port in range(1, 3001))
    rows = ServiceRows([ServiceReading(service, Counters(), Rates()) for service in services])
    for tick in range(3):
        seen = [service.key for service in services[tick * 1000 :]]
        pools = {service.key: PoolRows(0.0, []) for service in services}
        past.see(State(tick * 10.0, 0.0, "x", rows, pools, 0.0), seen)
    assert len(past._trends) <= 4000


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
