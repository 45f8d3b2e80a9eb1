"""The filter's language: what it accepts, its errors, and which rows it keeps."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.views.filter import Filter, Term, Value, Vocabulary, has, matching_rows, parse

VOCABULARY = Vocabulary(
    {"active": "active", "weight": "weight", "cps": "cps", "conn/s": "cps"},
    {"scheduler": "scheduler", "sched": "scheduler"},
    ("up", "down", "drained"),
)

ROWS: list[dict[str, Value]] = [
    {"text": "tcp 192.0.2.1:80 web1", "scheduler": "wrr", "active": 5.0, "weight": 1.0, "cps": 12.5, "state": "up"},
    {"text": "tcp 192.0.2.1:443", "scheduler": "wlc", "active": 500.0, "weight": 0.0, "cps": None, "state": "down?"},
    {"text": "udp 192.0.2.53:53", "scheduler": "rr", "active": 0.0, "weight": 7.0, "cps": 0.0, "state": "2 drained"},
]


def rows(text: str) -> list[int]:
    def values(column: str) -> Sequence[Value]:
        return [row[column] for row in ROWS]

    def texts(word: str) -> list[list[str]]:
        return [[str(row["text"]) for row in ROWS], [str(row["scheduler"]) for row in ROWS]]

    found = parse(text, VOCABULARY)
    assert found.complaint == ""
    return list(matching_rows(found, len(ROWS), texts, values))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0, 1, 2]),
        ("   ", [0, 1, 2]),
        ("TCP", [0, 1]),
        ("!tcp", [2]),
        ("! tcp", [2]),
        ("!!tcp", [0, 1]),
        ("wlc", [1]),
        ("rr", [0, 2]),
        ("active>4", [0, 1]),
        ("active>=500", [1]),
        ("active<5", [2]),
        ("active<=5", [0, 2]),
        ("weight=0", [1]),
        ("weight!=0", [0, 2]),
        ("!weight=0", [0, 2]),
        ("cps>=10", [0]),
        ("conn/s>=10", [0]),
        ("cps<100", [0, 2]),
        ("!cps<100", [1]),
        ("active>0.4k", [1]),
        ("active<.5K", [0, 2]),
        ("scheduler=wlc", [1]),
        ("sched!=WLC", [0, 2]),
        ("down", [1]),
        ("!down", [0, 2]),
        ("drained", [2]),
        ("up", [0]),
        ('"down"', []),
        ('"192.0.2.1:80 web"', [0]),
        ('!"up"', [0, 1, 2]),
        ("tcp active>100", [1]),
        ("tcp !active>100", [0]),
        ("192 down drained", []),
    ],
)
def test_rows_that_pass_a_filter(text: str, expected: list[int]) -> None:
    assert rows(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("activ>100", "no column activ; did you mean active?"),
        ("zzz>100", "no column zzz; one of active, conn/s, cps, sched, scheduler, weight"),
        ("active>", "active> wants a number"),
        ("active>many", "active> wants a number"),
        ("active>-1", "active> wants a number"),
        ("scheduler>wlc", "scheduler is a text: = or !="),
        (">5", ">5: a column stands before >"),
        ("tcp !", "! stands before what it inverts"),
    ],
)
def test_an_unknown_term_is_reported_and_filters_nothing(text: str, words: str) -> None:
    found = parse(text, VOCABULARY)
    assert found.complaint.startswith(words)
    assert all(term == Term("", "", "tcp") for term in found.terms)


def test_the_first_complaint_is_shown_and_the_other_terms_apply() -> None:
    assert parse("a>1 b>2 tcp", VOCABULARY).terms == (Term("", "", "tcp"),)
    assert parse("a>1 b>2 tcp", VOCABULARY).complaint.startswith("no column a;")


@given(st.text(max_size=40))
def test_no_text_raises_an_error(text: str) -> None:
    found = parse(text, VOCABULARY)
    assert isinstance(found, Filter)
    list(matching_rows(found, 3, lambda _: [["a", "b", "c"]], lambda _: [1.0, None, 2.0]))


def test_a_state_of_several_words() -> None:
    assert has("2 drained", "drained") and has("down?", "down") and not has("updown", "up") and not has(None, "up")
