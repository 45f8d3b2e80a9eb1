"""Numbers, the masthead and headings."""

from __future__ import annotations

import re

import pytest

from lvstui.director.model import service_key
from lvstui.director.state import Load, Rates, State, Vrrp
from lvstui.views.head import Line, ScreenStatus, coarse, head
from lvstui.views.headings import note, pool_heading
from lvstui.views.look import Look
from lvstui.views.number import short
from lvstui.views.share import bar, due


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.4, "0.4"),
        (9.96, "10.0"),
        (999, "999"),
        (9999, "9999"),
        (10_000, "10.0K"),
        (99_950, "100K"),
        (123_456, "123K"),
        (999_499, "999K"),
        (999_500, "1.00M"),
        (1_234_567, "1.23M"),
        (12_345_678_901, "12.3G"),
        (-5, "-5"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short(value) == text


def test_no_number_is_longer_than_its_column() -> None:
    for power in range(60):
        for step in (1, 1.5, 9.949, 9.999):
            assert len(short(step * 2**power)) <= 5


def test_bars() -> None:
    assert bar(0, 0, 10) == "             0%"
    assert bar(1, 0, 10) == "━━━━━━━━━━ 100%"
    assert bar(0.5, 0.5, 10) == "━━━━━│      50%"
    assert bar(0.7, 0.25, 10) == "━━┿━━━━     70%"
    assert bar(1, 1, 10) == "━━━━━━━━━┿ 100%"


@pytest.mark.parametrize(
    ("scheduler", "shares"),
    [
        ("wlc", {"a": 0.75, "b": 0.25, "c": 0}),
        ("rr", {"a": 0.5, "b": 0.5, "c": 0}),
        ("fo", {"a": 1, "b": 0, "c": 0}),
        ("dh", None),
        ("lblc", None),
    ],
)
def test_the_share_that_is_due_follows_the_scheduler(scheduler: str, shares: dict[str, float] | None) -> None:
    assert due({"a": 3, "b": 1, "c": 0}, scheduler) == shares
    if shares is not None:
        assert due({"a": 0}, scheduler) == {"a": 0}


def said(line: Line) -> str:
    return "".join(piece.text for piece in line)


def full(role: str = "MASTER") -> State:
    state = State(0, 0, "lvs1", load=Load(6, 5, 18, 1234, 56_789), traffic=Rates(12, 0, 0, 3e6, 0), owner="")
    held = ("192.0.2.1",) if role == "MASTER" else ()
    return state._replace(vrrp=Vrrp(role, held, True))


def test_the_masthead_names_the_director_and_its_state() -> None:
    who, what = head(full(), ScreenStatus(), 120)
    assert said(who).startswith(" lvs1  MASTER ")
    assert len(said(who)) == 120 and len(said(what)) <= 120
    assert "5/6 servers live" in said(what)
    assert "active 1234" in said(what) and "inact 56.8K" in said(what)
    assert "in 3.00M" in said(what) and "out –" in said(what)
    assert "holds 192.0.2.1" in said(head(full(), ScreenStatus(), 140)[1])


def test_every_number_in_the_masthead_has_a_noun() -> None:
    """An operator cannot know what `+6` counts."""
    held = tuple(f"192.0.2.{number}" for number in range(1, 10))
    known = full()._replace(vrrp=Vrrp("MASTER", held, True))
    texts = {width: said(head(known, ScreenStatus(), width)[1]) for width in (120, 140, 150, 170, 200)}
    assert "holds" not in texts[120] and "holds 9 addresses" in texts[140]
    assert "holds 192.0.2.1 and 8 more addresses " in texts[150]
    assert "holds 192.0.2.1, 192.0.2.2 and 7 more addresses " in texts[170] and texts[200].count("192.0.2.") == 2
    lines = [said(head(known._replace(owner="keepalived"), ScreenStatus(), width)[1]) for width in range(80, 240)]
    assert any(re.search("addresses   +table by keepalived", text) for text in lines)
    assert not any(re.search("addresses ? ?table", text) for text in lines), "the two would be one phrase"
    three = full()._replace(vrrp=Vrrp("MASTER", held[:3], True))
    assert "holds 192.0.2.1, 192.0.2.2, 192.0.2.3 " in said(head(three, ScreenStatus(), 170)[1])
    ill = ScreenStatus(trouble="no answer", age=12.0, unfinished=True, findings=3, drift=2, host="lvs1-in-the-east")
    badges = {width: said(head(known, ill, width)[0]) for width in range(30, 90)}
    assert any("  3 more kinds of problem" in text for text in badges.values())
    assert any(re.search(r"  [23] more kinds *$", text) for text in badges.values())
    assert not any("+" in text for text in badges.values())
    assert all(re.search("more kinds( of problem)? *$", text) for text in badges.values() if "more" in text)
    played = ScreenStatus(unfinished=True, findings=3, drift=2, tape="REPLAY 2026-11-23 10:05:00  5:00/5:00 END")
    narrow = {width: said(head(known, played, width)[0]) for width in range(60, 120)}
    assert not any(re.search(r"MASTER +\d more kind", text) for text in narrow.values()), "more than what?"
    assert any("  3 kinds of problem " in text for text in narrow.values())
    assert any("MASTER  problems " in text for text in narrow.values())


def test_roles() -> None:
    assert "BACKUP" in said(head(full("BACKUP"), ScreenStatus(), 80)[0])
    none = full()._replace(vrrp=Vrrp("", (), False))
    assert "no keepalived" in said(head(none, ScreenStatus(), 80)[0])


@pytest.mark.parametrize("owner", ["keepalived", "ldirectord", "kube-proxy", "kube-router"])
def test_who_programs_the_table(owner: str) -> None:
    assert f"  table by {owner} " in said(head(full()._replace(owner=owner), ScreenStatus(), 140)[1])
    assert "  table by hand " in said(head(full()._replace(owner=""), ScreenStatus(), 140)[1])
    assert "  table by ? " in said(head(full()._replace(owner=None), ScreenStatus(), 140)[1]), "unknown is not nobody"
    assert said(head(full()._replace(owner=owner), ScreenStatus(), 80)[1]).endswith(f" {owner} ")
    assert owner[:4] not in said(head(full()._replace(owner=owner), ScreenStatus(), 28)[1])  # whole or not at all


def test_modes_are_at_the_right_and_never_truncated() -> None:
    crowded = full()._replace(
        host="a-very-long-host-name.of.some.example.org",
        vrrp=Vrrp("MASTER", ("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"), True),
        read_only="not root",
    )
    text = said(head(crowded, ScreenStatus(demo=True, paused=True, age=12, trouble="gone"), 80)[0])
    assert text.endswith(" PAUSED  READ-ONLY  DEMO ") and " STALE 10s " in text and " MASTER " in text
    assert text.startswith(" a-very-long-hos") and len(text) == 80


def test_age_appears_after_two_intervals_and_changes_in_steps() -> None:
    assert " old " not in said(head(full(), ScreenStatus(age=1.9), 80)[0])
    assert " old " not in said(head(full(), ScreenStatus(age=1.9, interval=0.2), 80)[0])  # not "0s old"
    assert "PAUSED " in said(head(full(), ScreenStatus(paused=True, held=1.9), 80)[0])
    assert "PAUSED 30s" in said(head(full(), ScreenStatus(paused=True, held=34.0), 80)[0])
    assert "3s old" in said(head(full(), ScreenStatus(age=3.2), 80)[0])
    assert head(full(), ScreenStatus(age=31), 80) == head(full(), ScreenStatus(age=44), 80)
    assert [coarse(n) for n in (12, 59, 61, 7200)] == ["10s", "45s", "1m", "1h"]


def test_totals_that_do_not_fit_are_left_out_completely() -> None:
    for width in range(40, 200):
        _, what = head(full(), ScreenStatus(), width)
        assert len(said(what).rstrip()) <= width or width < 50


def test_unknown_traffic_is_not_zero() -> None:
    assert "conn/s ?" in said(head(full()._replace(traffic=None), ScreenStatus(), 120)[1])


def test_before_the_first_read() -> None:
    assert "reading" in said(head(None, ScreenStatus(), 80)[0])


def test_headings() -> None:
    key = service_key(6, "192.0.2.1", 80)
    assert note(Look()) == "", "the line of the views says what it is"
    assert note(Look(filter="web", sort="active", reverse=True)) == "filter: web   by active, reversed"
    assert pool_heading(full(), key) == "TCP 192.0.2.1:80"
    assert pool_heading(full(), key, Look(inside=key)) == "services > TCP 192.0.2.1:80"


def test_looks() -> None:
    look = Look().sorted_by_next(("a", "b"))
    assert look.sort == "a"
    assert look.sorted_by_next(("a", "b")).sorted_by_next(("a", "b")) == Look()
    key = service_key(fwmark=1)
    assert Look(sort="a", filter="x", paused=True).enter(key) == Look(inside=key, paused=True)
