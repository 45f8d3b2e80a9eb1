"""Servers that keepalived removed keep their rows, and say why."""

from __future__ import annotations

from typing import Any

from lvstui.director.causes import EARLIER
from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server, Service, server_key, service_key
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State
from lvstui.views.around import RowContext
from lvstui.views.look import Look
from lvstui.views.past import Past
from lvstui.views.servers import Place, ServersView
from lvstui.views.services import ServicesView

WEB = service_key(6, "192.0.2.1", 80)
ONE, TWO, THREE = (Server(server_key(f"10.0.0.{n}", 80), weight=3) for n in (1, 2, 3))
MEANT = Configured(
    RuleSet({WEB: Entry(Service(WEB, "wrr"), {server.key: server for server in (ONE, TWO, THREE)})}),
    [],
    checked={(WEB, server.key): ("TCP_CHECK",) for server in (ONE, TWO, THREE)},
)


def keeping(*down: Server) -> KeepalivedState:
    """A dump of the 100th second in which these are down."""
    servers = tuple(
        CheckedServer(server.key, 3, 3, alive, alive, False, (Checker("TCP_CHECK", alive, True),))
        for server in (ONE, TWO, THREE)
        for alive in (server not in down,)
    )
    return KeepalivedState("", MEANT, MEANT, {WEB: CheckedService(WEB, 1, True, None, servers)}, 100.0)


def state(at: float, *servers: Server, keeps: KeepalivedState | None) -> State:
    """Of a machine whose clocks agree."""
    rows = [ServerReading(server, 5, 0, 0, Counters(), Rates()) for server in servers]
    services = ServiceRows([ServiceReading(Service(WEB, "wrr"), Counters(), Rates())])
    return State(at, at, "lvs1", services, {WEB: PoolRows(at, rows)}, at, keeping=keeps)


def seen(*states: State) -> RowContext:
    past = Past()
    for one in states:
        past.see(one, one.services.keys)
    return RowContext(past=past)


def servers(of: State, around: RowContext, look: Look = Look(columns="checks")) -> dict[str, dict[str, Any]]:  # noqa: B008
    view = ServersView(of, WEB, look, (), around)
    rows = [view.row(n) for n in range(len(view))]
    assert [view.place(row.key) for row in rows] == list(range(len(rows)))
    names = [column.key for column in view.columns]
    return {row.cells[0]: {"tone": row.tone, **dict(zip(names, row.cells, strict=True))} for row in rows}


def test_a_server_removed_by_its_check_is_struck_out_in_its_place() -> None:
    now = state(99.0, ONE, THREE, keeps=keeping(TWO))
    found = servers(now, seen(now))
    assert list(found) == ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]
    out = found["10.0.0.2:80"]
    assert (out["tone"], out["state"], out["check"]) == ("out", "down", "down by TCP_CHECK")
    assert (out["weight"], out["active"]) == ("3", "")
    assert (found["10.0.0.1:80"]["state"], found["10.0.0.1:80"]["check"]) == ("up", "up")


def test_removals_by_hand_and_by_a_check_are_distinguished() -> None:
    now = state(99.0, ONE, THREE._replace(weight=0), keeps=keeping())
    found = servers(now, seen(now))
    assert (found["10.0.0.2:80"]["state"], found["10.0.0.2:80"]["check"]) == ("removed", "taken out by hand")
    assert (found["10.0.0.3:80"]["state"], found["10.0.0.3:80"]["check"]) == ("draining", "weight 0 by hand")


def test_the_origin_of_a_change_since_keepalived_s_last_report_is_unknown() -> None:
    before, now = state(99.0, ONE, TWO, THREE, keeps=keeping()), state(101.0, ONE, THREE, keeps=keeping())
    found = servers(now, seen(before, now))
    assert (found["10.0.0.2:80"]["state"], found["10.0.0.2:80"]["check"]) == ("out?", "out by check or hand")


def test_a_server_that_has_not_changed_since_keepalived_s_last_report_is_as_it_was() -> None:
    """Also after a second change; the report says nothing of a server that has changed."""
    keeps = keeping(TWO)
    states = [
        state(99.0, ONE, THREE, keeps=keeps),
        state(101.0, ONE, THREE._replace(weight=1), keeps=keeps),
        state(102.0, THREE._replace(weight=1), keeps=keeps),
    ]
    found = servers(states[-1], seen(*states))
    assert (found["10.0.0.2:80"]["state"], found["10.0.0.2:80"]["check"]) == ("down", "down by TCP_CHECK")
    assert (found["10.0.0.1:80"]["state"], found["10.0.0.1:80"]["check"]) == ("out?", "out by check or hand")


def test_a_service_counts_those_that_are_out() -> None:
    now = state(99.0, ONE, keeps=keeping(TWO))._replace(owner="keepalived")
    view = ServicesView(now, Look(), (), around=seen(now))
    cells = dict(zip((column.key for column in view.columns), view.row(0).cells, strict=True))
    assert (cells["live"], cells["check"]) == ("1/3", "1 down, 1 by hand")
    assert cells["state"].endswith("1 down")
    assert (view.row(0).tones["state"], view.row(0).tones["live"], view.row(0).sign) == ("alert", "alert", "▼")


def test_a_sum_says_by_hand_only_where_nothing_else_explains_it() -> None:
    keeps = keeping(TWO)._replace(causes={(WEB, THREE.key): EARLIER})
    now = state(99.0, ONE._replace(weight=0), keeps=keeps)._replace(owner="keepalived")
    view = ServicesView(now, Look(), (), around=seen(now))
    cells = dict(zip((column.key for column in view.columns), view.row(0).cells, strict=True))
    assert cells["check"] == "1 down, 1 by hand, 1 by hand?"


def test_the_worst_servers_come_first_and_can_be_filtered() -> None:
    now = state(99.0, ONE, keeps=keeping(TWO))
    assert len(ServicesView(now, Look(filter="check>0"), (), around=seen(now))) == 1
    assert len(ServicesView(now, Look(filter="check>2"), (), around=seen(now))) == 0
    assert list(servers(now, seen(now), Look(columns="checks", filter="down"))) == ["10.0.0.2:80"]
    assert next(iter(servers(now, seen(now), Look(columns="checks", sort="state")))) == "10.0.0.2:80"


def test_without_keepalived_there_is_no_text_about_checks() -> None:
    now = state(99.0, ONE, keeps=None)
    view = ServersView(now, WEB, Look(), ())
    assert "checks" not in [one.name for one in view.sets]
    assert "check" not in [column.key for column in view.columns]
    assert view.key(0) == Place(WEB, ONE.key)
