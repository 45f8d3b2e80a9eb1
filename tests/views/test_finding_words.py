"""The line above the doctor's findings, and one finding, in the operator's names."""

from __future__ import annotations

from lvstui.doctor.finding import NOTICE, WARNING, of_service
from lvstui.views.doctor import summary
from lvstui.views.findings import FindingKey, FindingView
from lvstui.views.operator_names import OperatorNames
from tests.views.test_overview import BADGED, RR, SYNC, diagnosis, seen
from tests.views.test_pages import ONE, WEB

NONE: frozenset[tuple[str, str]] = frozenset()


def test_the_summary_says_how_many_findings_another_badge_counts() -> None:
    """The masthead said `1 finding` above a list of two: at 80 cells nothing explained it."""
    found = diagnosis(seen(), BADGED, RR, SYNC)
    said = summary(found, NONE, 100)
    assert said.startswith("1 critical, 1 warning, 1 notice (1 counted in other badges), 30 checks passed")
    narrow = summary(found, NONE, 80)
    assert len(narrow) < 80 and "(1 in other badges)" in narrow
    assert "badges" not in summary(found, frozenset({BADGED.identity}), 80), "a muted one is in no list"
    assert "badges" not in summary(diagnosis(seen(), RR, SYNC), NONE, 80)
    counted_notice = SYNC._replace(severity=NOTICE, counted=True)
    assert "badges" not in summary(diagnosis(seen(), RR, counted_notice), NONE, 80), "a badge counts no notice"


def test_a_finding_says_what_is_wrong_and_what_the_keys_open_in_the_operator_s_names() -> None:
    web = OperatorNames({WEB: "shop", ONE: "web1"})
    one = of_service(
        "drift", WARNING, WEB, "10.0.0.1:80 has weight 1", (), "10.0.0.1:80 gets less", ("ipvsadm -e 10.0.0.1:80",), "C"
    )
    view = FindingView(diagnosis(seen(), one), FindingKey(*one.identity), 80, web)
    lines = {view.row(number).cells[0]: view.row(number).cells[1] for number in range(len(view))}
    assert (lines["what"], lines["risk"], lines["keys"]) == (
        "web1 has weight 1",
        "web1 gets less",
        "Enter opens shop; there C",
    )
    assert lines["do"] == "ipvsadm -e 10.0.0.1:80", "what is to be typed keeps its address"
