"""Sentences over several lines: as few as they need, and no short word alone on the last one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from textwrap import wrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.console.widgets.text import wrapped
from lvstui.views.sheet import ALONE, sentence

WORDS = st.lists(st.text("abcdefghij.:-", min_size=1, max_size=12), min_size=1, max_size=40).map(" ".join)
GOLDENS = Path(__file__).parents[1] / "console" / "goldens"
_LONG = 58
"""Cells from which a line of an 80-column screen is one that continues."""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("one two three", ["one two three"]),
        ("the peer is silent, as a backup is", ["the peer is silent, as a", "backup is"]),
        ("it is written in the file 2001:db8:1234:5678::1", ["it is written in the file", "2001:db8:1234:5678::1"]),
        ("abcdefghijklmnopqrst abcdefghijkl", ["abcdefghijklmnopqrst", "abcdefghijkl"]),
        ("", [""]),
    ],
)
def test_a_short_word_is_not_left_alone(text: str, wanted: list[str]) -> None:
    assert sentence(text, 32) == wanted


def test_what_is_cut_is_as_long_as_there_is_room() -> None:
    assert sentence("one two three four five", 12, 1) == ["one two ~"]
    assert sentence("one two three four five", 12, 2) == ["one two", "three four ~"]
    assert sentence("one two three four five", 12, 3) == ["one two", "three", "four five"]


@given(WORDS, st.integers(16, 80))
def test_it_takes_as_many_lines_as_it_needs_and_loses_no_word(text: str, width: int) -> None:
    lines = sentence(text, width)
    assert " ".join(lines).split() == text.split()
    assert len(lines) == len(wrap(text, width, break_on_hyphens=False)) and max(map(len, lines)) <= width


@given(WORDS, st.integers(20, 80))
def test_so_does_a_line_in_colours(text: str, width: int) -> None:
    half = len(text) // 2
    lines = [
        "".join(piece.text for piece in line) for line in wrapped([(text[:half], "key"), (text[half:], "")], width)
    ]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "") and max(map(len, lines)) <= width


@pytest.mark.parametrize(
    "name", ["every-80x24.txt", *sorted(path.name for path in GOLDENS.glob("incident-*80x24.txt"))]
)
def test_no_screen_has_a_short_word_alone(name: str) -> None:
    lines = (GOLDENS / name).read_text(encoding="utf-8").splitlines()
    alone = [
        line
        for above, line in pairwise(lines)
        if (word := line.strip()).isalpha() and len(word) <= ALONE and " " not in word and len(above.rstrip()) >= _LONG
    ]
    assert alone == []


def test_an_option_of_ipvsadm_stays_beside_its_value() -> None:
    """`-w` at the end of a line and `10` on the next are easily misread."""
    text = "u: ipvsadm -a -t 192.0.2.10:443 -r 10.0.1.13:443 -g -w 10, and 1 more change"
    for width in range(30, 80):
        lines = sentence(text, width)
        assert " ".join(lines) == text and max(map(len, lines)) <= width
        assert not any(line.endswith((" -t", " -r", " -w")) for line in lines), lines
    assert sentence("press -w now and then", 9) == ["press -w", "now and", "then"], "no command, no option"
