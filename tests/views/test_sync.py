"""Rows and facts of sync daemons."""

from __future__ import annotations

from collections.abc import Hashable

from lvstui.director.model import SyncDaemon
from lvstui.director.state import State
from lvstui.views.grid_view import GridView
from lvstui.views.head import ScreenStatus, head
from lvstui.views.look import Look
from lvstui.views.sync import SyncKey, SyncView, WithSync, in_brief
from lvstui.views.vrrp import InstanceKey, InstancesView
from lvstui.views.vrrp_story import sync_lines
from tests.director.sync.test_daemons import BACKUP, FOLLOWS, MASTER, state


def rows(now: State, look: Look = Look()) -> WithSync:  # noqa: B008
    return WithSync(InstancesView(now, look), now, look)


def cells(view: GridView[Hashable], index: int) -> dict[str, str]:
    return dict(zip([column.key for column in view.columns], view.row(index).cells, strict=True))


def test_daemons_are_below_the_instances() -> None:
    view = rows(state("MASTER", MASTER, BACKUP._replace(group="ff02::5", port=9000), eth1=False))
    assert [view.key(index) for index in range(len(view))] == [
        InstanceKey("VI_1"),
        SyncKey("master"),
        SyncKey("backup"),
    ]
    assert [view.place(view.key(index)) for index in range(len(view))] == [0, 1, 2]
    master, backup = cells(view, 1), cells(view, 2)
    assert (master["name"], master["state"], master["interface"]) == ("sync daemon", "master", "eth1 down")
    assert (master["priority"], master["addresses"]) == ("id 51", "224.0.0.81:8848")
    assert master["finding"] == "eth1 is down: nothing is sent"
    assert backup["addresses"] == "[ff02::5]:9000"
    assert view.row(1).tone == "down"
    assert view.place(SyncKey("")) is None


def test_a_daemon_that_should_run_has_a_row_too() -> None:
    view = rows(state("BACKUP", meant=FOLLOWS))
    assert cells(view, 1)["state"] == "no backup"
    assert view.row(1).tone == "down"
    assert cells(rows(state("BACKUP")), 1)["state"] == "none"
    assert rows(state("BACKUP")).row(1).tone == "drained"
    assert len(rows(state("BACKUP")._replace(sync=None))) == 1


def test_a_finding_is_said_in_full_where_its_column_is_too_narrow() -> None:
    now = state("MASTER", BACKUP)
    lines = ["".join(piece.text for piece in line) for line in sync_lines(now, 80)]
    assert lines == [" sync    backup MASTER, but only a backup daemon: nothing is sent"]
    assert sync_lines(now, 120) and not sync_lines(state("MASTER", MASTER), 80)


def test_the_filter_applies_to_daemons() -> None:
    view = rows(state("MASTER", MASTER), Look(filter="daemon"))
    assert [view.key(index) for index in range(len(view))] == [SyncKey("master")]


def facts(now: State, role: str) -> dict[str, str]:
    view = SyncView(now, SyncKey(role))
    assert [view.place(view.key(index)) for index in range(len(view))] == list(range(len(view)))
    found = {}
    for index in range(len(view)):
        what, value = view.row(index).cells
        found[what] = value
    return found


def test_the_details_of_a_daemon() -> None:
    now = state("MASTER", MASTER, meant=FOLLOWS)._replace(sysctls={"sync_threshold": 3, "conn_reuse_mode": 1})
    found = facts(now, "master")
    assert found["interface"] == "eth1 up"
    assert found["id"] == "51"
    assert found["longest message"] == "1472 bytes"
    assert found["by keepalived.conf"] == "lvs_sync_daemon: follows VRRP instance VI_1, now MASTER"
    assert found["kernel switch"].startswith("sync_threshold=3 ")
    assert facts(state("BACKUP", BACKUP._replace(id=0)), "backup")["id"] == "0   every id is accepted"
    assert facts(state("MASTER", MASTER, eth1=None), "master")["interface"] == "eth1 missing"
    assert facts(state("MASTER", SyncDaemon("master", "eth9")), "master")["interface"] == "eth9"
    assert facts(state("MASTER"), "")["finding"].startswith("none runs")
    assert SyncView(state("MASTER", MASTER), SyncKey("backup")).empty == "the backup daemon is gone"
    assert len(SyncView(state("MASTER", MASTER), SyncKey("backup"))) == 0


def test_the_masthead_names_running_daemons() -> None:
    assert in_brief(state("MASTER", MASTER, BACKUP)) == ("sync master+backup", False)
    assert in_brief(state("BACKUP", MASTER)) == ("sync master", True)
    assert in_brief(state("BACKUP", meant=FOLLOWS)) == ("sync missing", True)
    assert in_brief(state("BACKUP")) == ("", False)
    line = head(state("BACKUP", MASTER)._replace(owner="keepalived"), ScreenStatus(), 80)[0]
    assert ("sync master", "alert") in line
    fine = state("MASTER", MASTER)._replace(owner="keepalived")
    said = ["".join(text for text, _ in head(fine, ScreenStatus(), width)[1]) for width in (160, 30)]
    assert "   sync master " in said[0] and said[0].endswith("table by keepalived ")
    assert "sync" not in said[1] and "keepalived" not in said[1], "never a part of it"
    for width in range(40, 200):
        text = "".join(piece.text for piece in head(fine, ScreenStatus(), width)[1])
        before = text.removesuffix("keepalived ").removesuffix("table by ")
        assert before == text or before.endswith("  "), "it stands apart from what is before it"
