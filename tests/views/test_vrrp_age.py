"""The source of the VRRP facts, and their age: in steps larger than an ordinary tick."""

from __future__ import annotations

import pytest

from lvstui.director.state import Vrrp
from lvstui.views.vrrp import told_by


@pytest.mark.parametrize("source", ["dump", "D-Bus"])
def test_a_source_read_every_ten_seconds_shows_the_same_age(source: str) -> None:
    told = Vrrp(source=source, reported_at=1000.0)
    assert {told_by(told, 1000.0 + tenth / 10) for tenth in range(120)} == {f"{source}, under 15 s old"}


def test_an_older_answer_shows_its_age_and_is_stale_after_another_request() -> None:
    ages = [(20.0, "30 s"), (31.0, "1 min"), (100.0, "5 min"), (2000.0, "1 h"), (80000.0, "a day")]
    for age, step in ages:
        for stale, word in ((False, ""), (True, "stale, ")):
            assert told_by(Vrrp(source="dump", reported_at=0.0, stale=stale), age) == f"dump, {word}under {step} old"
    assert told_by(Vrrp(source="dump", reported_at=0.0), 1e6) == "dump, many days old"


def test_sources_without_an_age() -> None:
    assert told_by(Vrrp(source="configuration"), 5.0) == "names from configuration, states from addresses"
    assert told_by(Vrrp(), 5.0) == "addresses alone"
