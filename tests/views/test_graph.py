"""Graphs of the last half hour: their layout, their scale, and that they do not move."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lvstui.views.graph import EventMark, Graph, bars, lines, scale, top
from lvstui.views.head import Line


def text(line: Line) -> str:
    return "".join(piece.text for piece in line)


def test_half_an_hour_fills_the_width_with_the_finest_possible_columns() -> None:
    assert (scale(93).cells, scale(93).seconds) == (90, 10.0)
    assert (scale(66).cells, scale(66).seconds) == (60, 15.0)
    assert (scale(45).cells, scale(45).seconds) == (45, 20.0)
    assert (scale(30).cells, scale(30).seconds) == (30, 30.0)
    for room in range(15, 200):
        laid = scale(room)
        assert laid.cells <= room and laid.columns * laid.seconds == 1800
    assert scale(10).cells == 10


@pytest.mark.parametrize(
    ("most", "end"), [(0, 1), (1, 1), (1.5, 2), (3, 5), (6, 10), (61, 100), (3365, 5000), (1e6, 1e6)]
)
def test_a_scale_ends_at_1_2_or_5_times_a_power_of_ten(most: float, end: float) -> None:
    assert top([None, most]) == end


def test_bars_are_filled_and_every_value_above_0_is_visible() -> None:
    assert bars([0, 0, 4, 4, 8, 8], 2, 8) == ["  ⣿", " ⣿⣿"]
    assert bars([0.01, 0], 1, 100) == ["⡀"]
    assert bars([None, None, 0, 0], 1, 8) == ["  "]
    assert bars([0, 0, 4, 4, 8, 8], 1, 8, blocks=True) == [" ▄█"]
    assert bars([8, 0], 2, 8, blocks=True) == [" ", "█"]


def _drawn(values: Sequence[float | None], width: int = 40, mark: EventMark | None = None) -> list[str]:
    graph = Graph("Active connections", lambda count, seconds: values[-count:], 7, 7200.0, mark)
    return [text(line) for line in lines(graph, width, 2)]


def test_a_gap_is_a_dot_on_the_axis(utc: None) -> None:
    known: list[float | None] = [0.0] * 60
    drawn = _drawn(known)
    assert "·" not in drawn[-1]
    drawn = _drawn([*[None] * 20, *known[20:]])
    assert drawn[-1].startswith("     └· 01:30 ··─")
    assert len(_drawn([None] * 60)) == 1 and "nothing known yet" in _drawn([None] * 60, width=60)[0]


def test_an_event_points_at_its_cell() -> None:
    drawn = _drawn((1.0,) * 60, mark=EventMark(7200.0 - 600, "down"))
    axis = drawn[-1][5:]
    assert axis.index("▼") == 1 + 20 and " down ▼" in axis
    assert axis.endswith(" now")
    late = _drawn((1.0,) * 60, mark=EventMark(7200.0 - 100, "down"))[-1]
    assert " down ▼" in late and "ow" not in late.partition("▼")[2]
    assert "▼" not in _drawn([1.0] * 60, mark=EventMark(7200.0 - 6000, "down"))[-1]


def test_an_event_has_the_tone_of_its_word() -> None:
    """`1 down` was red below the graph of a service that serves, and amber in its row."""
    graph = Graph("Active", lambda count, seconds: [1.0] * count, 7, 7200.0, EventMark(6600.0, "1 down", "alert"))
    assert [piece.role for piece in lines(graph, 40, 2)[-1] if "▼" in piece.text] == ["alert"]


def test_the_title_has_the_present_and_the_highest_value() -> None:
    values = (*(1.0,) * 59, 61.0)
    assert "now 7   peak 61" in _drawn(values, width=60)[0] and _drawn(values)[1].startswith("  100│")
    assert _drawn(values, width=12) == []
