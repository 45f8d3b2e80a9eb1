"""Thresholds in the settings: each moves the limit of a finding, and none accepts an impossible value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from lvstui.config.settings import NumberEntry
from lvstui.director.facts import Flowing, Sample
from lvstui.director.model import server_key
from lvstui.director.serving import tallied
from lvstui.director.state import PoolRows, ServiceRows, State
from lvstui.doctor.diagnosis import Diagnosis, diagnosed
from lvstui.doctor.thresholds import LIMITS, USUAL, Thresholds
from lvstui.views.doctor import limits
from tests.doctor.test_diagnosis import CLIENT, LOCAL, WEB, ids, state


def numbers(**given: int) -> State:
    return state(active=500, facts=LOCAL._replace(numbers={**LOCAL.numbers, **given}))


def tracked(count: int) -> State:
    name = "net.netfilter.nf_conntrack_"
    return state(facts=LOCAL._replace(numbers={**LOCAL.numbers, f"{name}count": count, f"{name}max": 1000}))


def spread(first: int, second: int) -> State:
    now = state()
    pool = now.pools[WEB]
    return now._replace(pools={WEB: PoolRows(1.0, [pool[0]._replace(active=first), pool[1]._replace(active=second)])})


def left(drained: int) -> State:
    """Three servers, so many of them drained."""
    now = state()
    row = now.pools[WEB][0]
    rows = [
        row._replace(server=row.server._replace(key=server_key(f"10.0.0.{n}", 80), weight=int(n > drained)))
        for n in (1, 2, 3)
    ]
    return now._replace(pools={WEB: PoolRows(1.0, rows)})


def sampled(flowing: Flowing, scheduler: str) -> State:
    place = WEB, server_key("10.0.0.1", 80)
    now = state(facts=LOCAL._replace(sample=Sample(1.0, flowing.rows, True, 0.1, {place: flowing})))
    reading = now.services.find(WEB)
    assert reading is not None
    return now._replace(services=ServiceRows([reading._replace(service=reading.service._replace(scheduler=scheduler))]))


CASES: dict[str, tuple[Callable[[], Sequence[State]], float, str]] = {
    # name -> what is looked at, a threshold with which it is (or is not) found, and what is found or gone then
    "imbalance": (lambda: [spread(150, 50)], 40, "imbalance"),
    "imbalance-sample": (lambda: [spread(150, 50)], 500, "imbalance"),
    "last-live": (lambda: [left(1)], 2, "last-live"),
    "unanswered": (lambda: [sampled(Flowing(100, 70, 100), "wrr")], 60, "unanswered"),
    "one-client": (lambda: [sampled(Flowing(100, 0, 100, 60, CLIENT), "sh")], 70, "one-client"),
    "conntrack-full": (lambda: [tracked(850)], 80, "conntrack-full"),
    "table-memory": (lambda: [numbers(MemTotal=2**20)], 50, "table-memory"),
    "hash-small": (lambda: [state(active=500, table_size=32)], 50, "hash-small"),
    "clock-jump": (lambda: [state(1.0), state(3.0)._replace(taken=1103.0)], 200, "clock-jump"),
}


def looked(states: Sequence[State], given: Thresholds) -> list[str]:
    found: Diagnosis | None = None
    for now in states:
        found = diagnosed(now, tallied(now), None, found, limits=given)
    assert found is not None
    return ids(found)


@pytest.mark.parametrize("name", [limit.name for limit in LIMITS])
def test_a_threshold_changes_what_is_found(name: str) -> None:
    states, number, finding = CASES[name]
    wanted, complaints = limits({name: NumberEntry(number, "file line 2")})
    assert complaints == () and wanted != USUAL
    usual = looked(states(), USUAL)
    assert (finding in usual) != (finding in looked(states(), wanted)), usual


@pytest.mark.parametrize(
    ("name", "number", "says"),
    [
        ("conntrack-full", 400, "conntrack-full must be a number from 1 to 99 (%), and is 400"),
        ("last-live", 1.5, "last-live must be a whole number from 1 to 1000 (servers), and is 1.5"),
        ("unanswerd", 3, "'unanswerd' in [thresholds] is not a threshold of the doctor: did you mean unanswered?"),
        ("x", 3, "'x' in [thresholds] is not a threshold of the doctor: docs/configuration.md lists them"),
    ],
)
def test_an_impossible_threshold_is_one_line_and_changes_nothing(name: str, number: float, says: str) -> None:
    wanted, complaints = limits({name: NumberEntry(number, "file line 2")})
    assert wanted == USUAL and complaints == (f"file line 2: {says}",)


def test_the_default_thresholds_are_valid() -> None:
    assert all(limit.fits(getattr(USUAL, limit.field)) for limit in LIMITS)
    assert {limit.field for limit in LIMITS} == set(Thresholds._fields)
