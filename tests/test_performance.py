"""docs/performance.md matches the figures in the tree; figures are compared and growth is reported."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.bench import endurance, performance
from tests.bench.__main__ import KEPT, LIVED, PAGE, PICTURE, lived
from tests.bench.endurance import Held, Run
from tests.bench.performance import ROWS, STARTS, Measured

NAMES = dict.fromkeys([name for row in ROWS for name in (row.ours, row.theirs)])
FEW, MANY = {name: [1.0] for name in NAMES}, {name: [10.0] for name in NAMES}
STARTED = {name: [1.0] for row in STARTS for name in (row.ours, row.theirs)}
FOUND = Measured("a machine", {(100, 10): FEW, (1000, 10): MANY}, STARTED)


def test_the_page_and_the_picture_are_made_from_the_recorded_figures() -> None:
    kept = performance.from_data(json.loads(KEPT.read_text(encoding="utf-8")))
    said = PAGE.read_text(encoding="utf-8")
    made = performance.page(kept, [], lived()).splitlines()
    assert [line for line in made if line not in said.splitlines()] == []
    assert PICTURE.read_text(encoding="utf-8") == performance.picture(kept)
    assert sorted(kept.of) == [(100, 10), (1000, 10), (10_000, 5)]


def test_figures_are_read_as_they_were_written() -> None:
    assert performance.from_data(json.loads(json.dumps(performance.as_data(FOUND)))) == FOUND


def test_only_figures_that_have_grown_are_reported() -> None:
    assert performance.grown(FOUND, FOUND) == []
    more = FOUND._replace(of={**FOUND.of, (1000, 10): {**MANY, "save": [10.6], "read": [10.4]}})
    assert performance.grown(more, FOUND) == ["save at 1000 x 10: 10.600 s, 10.000 s before"]
    assert performance.grown(FOUND, more) == []


def test_the_exponent_of_the_growth_of_cost() -> None:
    power = performance.exponent(FOUND.of, "save")
    assert power is not None and abs(power - 1.0) < 1e-9
    assert performance.exponent({(100, 10): FEW}, "save") is None


def test_a_missed_target_is_named_with_the_next_step() -> None:
    page = performance.page(FOUND, ["save at 1000 x 10: 10.600 s, 10.000 s before"])
    assert "| --save / ipvsadm -S -n | 1.00 | 1.00 | 1.2; 0.6: met |" in page
    assert "| one console tick / ipvsadm -Ln | 1.00 | 1.00 | 0.03; 0.03: missed |" in page
    assert "10.600 s" in page
    missed = [line for line in page.splitlines() if line.startswith("- ")]
    assert all(len(line.partition(": ")[2]) > 10 for line in missed)
    root = ElementTree.fromstring(performance.picture(FOUND))
    assert root.tag.endswith("svg")


def test_what_a_console_held_is_drawn_from_the_run_in_the_tree() -> None:
    run = endurance.from_data(json.loads(LIVED.read_text(encoding="utf-8")))
    assert endurance.from_data(json.loads(json.dumps(endurance.as_data(run)))) == run
    assert PAGE.with_name("endurance.svg").read_text(encoding="utf-8") == endurance.picture(run)
    assert run.held[-1].tick >= 5000 and {what for _, what in run.events} == {"changes", "failovers", "reloads"}
    assert run.held[-1].failed and endurance.grown(run, 60_000, 50) == []


STEADY = Run("a machine", tuple(Held(tick, 1000, 30_000, 13, 900, 5, 0) for tick in range(100, 3001, 100)), ())


def test_nothing_grew_where_all_is_steady() -> None:
    assert endurance.grown(STEADY, 1000, 10) == []
    peak = STEADY.held[15]._replace(blocks=5000, descriptors=40)
    assert endurance.grown(STEADY._replace(held=(*STEADY.held[:15], peak, *STEADY.held[16:])), 1000, 10) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"blocks": 1100}, "1,100 blocks of memory"),
        ({"kilobytes": 33_000}, "33,000 kilobytes"),
        ({"descriptors": 14}, "14 descriptors, 13 in the first"),
        ({"log": 2000}, "2,000 bytes of audit log, more than 1,000"),
        ({"snapshots": 11}, "11 automatic snapshots, more than 10"),
    ],
)
def test_whatever_grew_is_named(more: dict[str, int], words: str) -> None:
    later = tuple(one._replace(**more) if one.tick > 1500 else one for one in STEADY.held)
    (found,) = endurance.grown(STEADY._replace(held=later), 1000, 10)
    assert words in found


def test_a_run_that_is_too_short_says_nothing_of_growth() -> None:
    (found,) = endurance.grown(STEADY._replace(held=STEADY.held[:5]), 1000, 10)
    assert "too few" in found
