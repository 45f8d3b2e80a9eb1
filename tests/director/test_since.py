"""Since when services and servers are in their state, as far as a console has watched."""

from __future__ import annotations

from lvstui.director.model import Server, Service, server_key, service_key
from lvstui.director.serving import tallied
from lvstui.director.since import RowState, RowStates, row_states
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State

WEB = service_key(6, "192.0.2.1", 80)
ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)


def state(taken: float, one: int, two: int = 0) -> State:
    """Two servers, each full at ten connections, with so many of them."""
    rows = [
        ServerReading(Server(key, 3, 1, 10, 5), active, 0, 0, Counters(), Rates())
        for key, active in ((ONE, one), (TWO, two))
    ]
    services = ServiceRows([ServiceReading(Service(WEB), Counters(), Rates())])
    return State(taken, taken, "lvs1", services, {WEB: PoolRows(taken, rows)}, taken, owner="")


def follow(*states: State) -> RowStates:
    before, tally = None, None
    for one in states:
        tally = tallied(one, tally)
        before = row_states(one, tally, before)
    assert before is not None
    return before


def test_a_state_from_before_the_console_started_has_no_time() -> None:
    seen = follow(state(100.0, 10), state(102.0, 10))
    assert seen.began == 100.0
    assert seen.of(WEB) == seen.of((WEB, ONE)) == RowState("full", None) and seen.of((WEB, TWO)) is None


def test_a_server_that_becomes_full_has_a_time_and_keeps_it() -> None:
    seen = follow(state(100.0, 1), state(102.0, 10), state(104.0, 10, 1), state(106.0, 12, 2))
    assert seen.of((WEB, ONE)) == seen.of(WEB) == RowState("full", 102.0)


def test_a_service_and_its_first_failed_server_have_different_times() -> None:
    seen = follow(state(100.0, 1), state(102.0, 10), state(104.0, 10, 10))
    assert seen.of(WEB) == RowState("DOWN", 104.0)
    assert seen.of((WEB, ONE)) == RowState("full", 102.0) and seen.of((WEB, TWO)) == RowState("full", 104.0)


def test_a_recovered_server_is_well_since_its_recovery() -> None:
    seen = follow(state(100.0, 10), state(102.0, 1), state(104.0, 2))
    assert seen.of(WEB) == seen.of((WEB, ONE)) == RowState("up", 102.0)
    again = follow(state(100.0, 10), state(102.0, 1), state(104.0, 10))
    assert again.of((WEB, ONE)) == RowState("full", 104.0)


def test_winding_a_recording_back_starts_again() -> None:
    seen = follow(state(100.0, 1), state(102.0, 10), state(50.0, 10))
    assert seen.began == 50.0 and seen.of(WEB) == RowState("full", None)


def blind(taken: float, one: int, two: int = 0) -> State:
    """The same where who makes the table is not known yet."""
    return state(taken, one, two)._replace(owner=None)


def test_a_state_reported_as_soon_as_keepalived_is_found_is_older() -> None:
    seen = follow(blind(100.0, 1), state(102.0, 10))
    assert seen.began == 102.0 and seen.of(WEB) == seen.of((WEB, ONE)) == RowState("full", None)


def test_since__a_change_while_nothing_was_read_has_no_time_and_earlier_times_are_kept() -> None:
    seen = follow(state(100.0, 1), state(130.0, 10), blind(140.0, 10), state(150.0, 10, 10))
    assert seen.of((WEB, ONE)) == RowState("full", 130.0)
    assert seen.of((WEB, TWO)) == RowState("full", None, missed=True)
    assert seen.of(WEB) == RowState("DOWN", None, missed=True)


def test_a_removed_server_keeps_its_time_if_its_check_is_reported_later() -> None:
    first, second = state(100.0, 1), state(102.0, 10)
    tally = tallied(second, tallied(first, None))
    full = tally.odd[WEB]
    seen = row_states(first, tallied(first, None), None)
    out, down = full._replace(full=0, out=1), full._replace(full=0, down=1)
    for taken, one in ((102.0, out), (106.0, down)):
        seen = row_states(state(taken, 10), tally._replace(odd={WEB: one}), seen)
    assert seen.of((WEB, ONE)) == seen.of(WEB) == RowState("down", 102.0)
