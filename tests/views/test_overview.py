"""What stands below a short table of services: what goes first where there is little room, and what is left out."""

from __future__ import annotations

import pytest

from lvstui.director.drift.all import followed
from lvstui.director.hosts import hosts
from lvstui.doctor.diagnosis import Diagnosis, diagnosed
from lvstui.doctor.finding import CRITICAL, NOTICE, WARNING, Finding
from lvstui.views import overview
from lvstui.views.head import Line, Piece
from lvstui.views.sight import Sight
from tests.views.test_pages import GONE, ONE, TWO, WEB, drawn, sight, state, up

pytestmark = pytest.mark.usefixtures("utc")

BADGED = Finding("no-live", CRITICAL, "tcp 192.0.2.1:80", "no server takes new connections", counted=True)
RR = Finding("scheduler", WARNING, "tcp 192.0.2.1:443", "rr ignores its weights")
SYNC = Finding("no-sync", NOTICE, "sync daemon", "none runs")


def seen(*down: object) -> Sight:
    pools = GONE if down else up(3, 3, 3)
    found = sight(state(pools, down=down))
    return found._replace(hosts=hosts(found.state))


def diagnosis(one: Sight, *found: Finding) -> Diagnosis:
    assert one.tally is not None
    return diagnosed(one.state, one.tally, followed(one.state))._replace(findings=found, passed=30)


def latest(width: int, height: int) -> list[Line]:
    return [(Piece(f" event {number}"),) for number in range(min(height, 20))]


def blocks(
    one: Sight, height: int, width: int = 88, *found: Finding, muted: frozenset[tuple[str, str]] = frozenset()
) -> str:
    made = overview.lines(one, diagnosis(one, *found), muted, latest, width, height)
    assert len(made) <= height and all(sum(len(piece.text) for piece in line) <= width for line in made)
    return drawn(made)


def test_events_keep_their_place_and_then_findings_and_hosts_get_theirs() -> None:
    one = seen(ONE)
    assert "event 6" in (low := blocks(one, 7, 88, RR)) and "Findings" not in low and "Hosts" not in low
    assert "rr ignores" in (more := blocks(one, 10, 88, RR)) and "event 6" in more and "Hosts" not in more
    high = blocks(one, 14, 88, RR)
    assert high.index("Hosts to look at") < high.index("Findings") < high.index("event 0") < high.index("event 6")
    assert "event 12" in blocks(one, 20, 88, RR), "the rest of the room is the events'"


def test_hosts_with_a_problem_come_first_and_the_others_only_where_there_is_room() -> None:
    one = seen(ONE)
    narrow, broad = blocks(one, 30), blocks(one, 30, 121)
    assert "1 of 2   2 shows all" in narrow and "10.0.0.1" in narrow and "10.0.0.2" not in narrow
    assert "active" not in narrow, "a figure that moves would be sent with each tick"
    assert "2 hosts, 1 to look at" in broad and broad.index("10.0.0.1") < broad.index("10.0.0.2") and "active" in broad


def test_where_all_is_well_a_narrow_block_lists_no_host() -> None:
    assert "Hosts" not in blocks(seen(), 30) and "2 hosts, 0 to look at" in blocks(seen(), 30, 121)


def test_hosts_that_are_not_added_up_or_too_many_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Hosts" not in blocks(seen(ONE)._replace(hosts=None), 30, 121)
    monkeypatch.setattr(overview, "MOST_HOSTS", 1)
    assert "Hosts" not in blocks(seen(ONE), 30, 121)


def test_a_finding_with_a_badge_of_its_own_and_a_muted_one_are_not_repeated() -> None:
    words = blocks(seen(ONE), 30, 88, BADGED, RR, SYNC)
    assert "no server takes" not in words and "1 other counted above   5 explains" in words
    assert words.index("~ warning") < words.index("notice") and "sync daemon: none runs" in words
    words = blocks(seen(ONE), 30, 88, RR, SYNC, muted=frozenset({RR.identity}))
    assert "rr ignores" not in words and "sync daemon" in words
    assert "Findings" not in blocks(seen(ONE), 30, 88, BADGED)
    assert "30 checks passed   5 explains" in blocks(seen(ONE), 30, 88, RR)


def test_nothing_is_drawn_beyond_the_room() -> None:
    one = seen(ONE, TWO)
    for height in range(1, 40):
        for width in (60, 88, 121):
            blocks(one, height, width, RR, SYNC, *(RR._replace(subject=f"{WEB} {number}") for number in range(9)))
