"""The contents of a snapshot beside the present table."""

from __future__ import annotations

from lvstui.director.model import Entry, RuleSet, Server, Service
from lvstui.views.look import Look
from lvstui.views.operator_names import OperatorNames
from lvstui.views.snapshots import ContentsView, contents
from tests.console.stage import ONE, RULES, TWO, WEB

WANTED = RuleSet({WEB: Entry(Service(WEB, "wlc"), {ONE: Server(ONE, weight=3)})})


def test_what_a_restore_would_delete_is_said_first_because_a_narrow_line_is_cut_at_its_end() -> None:
    assert contents(WANTED, RULES).counts.startswith("1 server deleted, 2 services deleted, 1 service changed")


def test_rules_have_their_names_and_can_be_found_by_them() -> None:
    names = OperatorNames({WEB: "shop", TWO: "web2"})
    view = ContentsView(contents(WANTED, RULES), Look(filter="web2"), None, names)
    assert [column.key for column in view.columns][:2] == ["name", "called"]
    assert [view.row(number).cells[:2] for number in range(len(view))] == [("  10.0.0.2:80", "web2")]
    bare = ContentsView(contents(WANTED, RULES), Look())
    assert "called" not in [column.key for column in bare.columns]
    assert len(bare.row(0).cells) == len(bare.columns)
