"""Drift beside the rows, in the first line, and as a page."""

from __future__ import annotations

from lvstui.director.drift.all import Drifts, followed
from lvstui.director.state import State
from lvstui.views import drifting
from lvstui.views.around import RowContext
from lvstui.views.head import ScreenStatus, head
from lvstui.views.look import Look
from lvstui.views.operator_names import OperatorNames
from lvstui.views.servers import ServersView
from lvstui.views.services import ServicesView
from tests.views.test_checks import ONE, THREE, TWO, WEB, keeping, state


def drifts_of(now: State) -> Drifts:
    found = followed(now, followed(state(90.0, ONE, keeps=now.keeping)))
    assert found is not None
    return found


def test_a_service_shows_its_drift() -> None:
    now = state(91.0, ONE._replace(weight=7), THREE, keeps=keeping())
    view = ServicesView(now, Look(), (), around=RowContext(drifts=drifts_of(now)))
    cells = dict(zip((column.key for column in view.columns), view.row(0).cells, strict=True))
    assert cells["drift"] == "2 changes"


def test_a_server_shows_its_drift_even_if_it_was_removed() -> None:
    now = state(91.0, ONE._replace(weight=7), THREE, keeps=keeping())
    view = ServersView(now, WEB, Look(), (), RowContext(drifts=drifts_of(now)))
    place = [column.key for column in view.columns].index("drift")
    cells = [view.row(n).cells for n in range(len(view))]
    assert [(row[0], row[place]) for row in cells] == [
        ("10.0.0.1:80", "weight not 3"),
        ("10.0.0.2:80", "removed by hand"),
        ("10.0.0.3:80", ""),
    ]


def test_there_is_no_column_while_nothing_drifts() -> None:
    now = state(91.0, ONE, TWO, THREE, keeps=keeping())
    found = followed(now)
    view = ServersView(now, WEB, Look(), (), RowContext(drifts=found))
    assert "drift" not in [column.key for column in view.columns]
    assert found is not None and found.number == 0


def test_the_masthead_counts_differences() -> None:
    now = state(91.0, ONE, TWO, THREE, keeps=keeping())
    texts = ["".join(piece.text for piece in head(now, ScreenStatus(drift=n), 80)[0]) for n in (0, 2)]
    assert "drift" not in texts[0] and "2 drift" in texts[1]


def test_the_page_says_what_each_event_does_to_each_difference() -> None:
    now = state(91.0, ONE._replace(weight=7), TWO, THREE, keeps=keeping())
    found = drifts_of(now).of(WEB)
    text = ["".join(piece for piece, _ in line) for line in drifting.lines(found)]
    assert text == [
        "tcp 192.0.2.1:80",
        "  10.0.0.1:80  weight 7 by hand, configured 3",
        "    reload: stays",
        "    restart, next check: is reverted to weight 3",
        "    failover: stays here: the peer serves by its own table",
    ]
    called = ["".join(piece for piece, _ in line) for line in drifting.lines(found, OperatorNames({WEB: "shop"}))]
    assert called[0] == "shop  tcp 192.0.2.1:80"
    assert drifting.title(found, "keepalived.conf").startswith("drift: 1 difference")
