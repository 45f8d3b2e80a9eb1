"""docs/performance.md matches the figures in the tree; figures are compared and growth is reported."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from tests.bench import performance
from tests.bench.__main__ import KEPT, PAGE, PICTURE
from tests.bench.performance import ROWS, STARTS, Measured

NAMES = dict.fromkeys([name for row in ROWS for name in (row.ours, row.theirs)])
FEW, MANY = {name: [1.0] for name in NAMES}, {name: [10.0] for name in NAMES}
STARTED = {name: [1.0] for row in STARTS for name in (row.ours, row.theirs)}
FOUND = Measured("a machine", {(100, 10): FEW, (1000, 10): MANY}, STARTED)


def test_the_page_and_the_picture_are_made_from_the_recorded_figures() -> None:
    kept = performance.from_data(json.loads(KEPT.read_text(encoding="utf-8")))
    said = PAGE.read_text(encoding="utf-8")
    made = performance.page(kept, []).splitlines()
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
