"""Files that an earlier version wrote are read with the same meaning."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lvstui.config.gathering import gather
from lvstui.console.keys.keymap import mapped
from lvstui.director.change import (
    AddServer,
    AddService,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.model import Entry, RuleSet, server_key
from lvstui.director.record import DONE, REFUSED, SEEN
from lvstui.director.source import EVERYTHING
from lvstui.director.state import rules_of
from lvstui.formats.readings import write_readings
from lvstui.operations.restore import plan_recovery
from lvstui.store import command_history, drained, journal
from lvstui.store.audit import Log
from lvstui.store.replay import Replay
from lvstui.verbs.named_files import read_any
from tests.demo.worlds import CLUSTER, NAT, VIP, WEB1, WEB2, Director

WRITTEN = Path(__file__).parent / "written"
BEGAN = 1764150000.0


def test_settings__every_action_and_option_is_still_known() -> None:
    settings, _ = gather([WRITTEN / "config.toml"], {})
    assert settings.complaints == ()
    assert (settings.interval, settings.theme, settings.keep_snapshots) == (2.5, "nord", 7)
    assert settings.read_only and settings.ascii and settings.mouse and settings.ask_keepalived
    actions, complaints = mapped(settings.keys)
    assert complaints == ()
    assert len(settings.keys) == 52
    assert {action.id for action in actions} >= set(settings.keys)


def test_recording__every_frame_is_shown(tmp_path: Path) -> None:
    tape = Path(shutil.copy(WRITTEN / "tape", tmp_path))
    replay = Replay(tape)
    states = list(replay.states())
    replay.close()
    assert [state.taken for state in states] == [BEGAN + 8 * number for number in range(40)]
    assert {state.host for state in states} == {"lvs1"}
    assert {state.vrrp.role for state in states} >= {"MASTER", "BACKUP"}
    first = rules_of(states[0])
    assert first.rules[VIP].servers[WEB1].weight == 3
    assert set(first.rules) == set(CLUSTER.rules)
    assert any(WEB1 not in rules_of(state).rules[VIP].servers for state in states) or any(
        WEB2 not in rules_of(state).rules[VIP].servers for state in states
    )


def test_journal__a_restore_that_was_cut_off_can_be_finished_or_taken_back(tmp_path: Path) -> None:
    (tmp_path / "restore.journal").write_bytes((WRITTEN / "restore.journal").read_bytes())
    (tmp_path / "restore.journal").chmod(0o600)
    cut = journal.unfinished(tmp_path / "restore.journal")
    assert cut is not None
    assert (cut.about.name, cut.about.started, cut.about.boot) == ("rules.toml", BEGAN + 0.25, "the-boot")
    state = Director().after(0, EVERYTHING)
    forward = plan_recovery(cut, state, forward=True)
    entry = CLUSTER.rules[VIP]
    assert DeleteServer(VIP, WEB2) in forward.changes
    assert EditServer(VIP, entry.servers[WEB1]._replace(weight=5)) in forward.changes
    assert plan_recovery(cut, state, forward=False).changes == ()


def test_drained_weights__weight_and_reason_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "drained.json").write_bytes((WRITTEN / "drained.json").read_bytes())
    (tmp_path / "drained.json").chmod(0o600)
    memory = drained.read(tmp_path)
    assert memory.complaint == ""
    assert memory.drains == {
        (VIP, WEB1): drained.Drain(3, BEGAN + 0.5, "new kernel"),
        (NAT, server_key("10.0.0.1", 8080)): drained.Drain(1, BEGAN + 1.5),
    }


def test_command_history__the_lines_are_recalled(tmp_path: Path) -> None:
    (tmp_path / "history").write_bytes((WRITTEN / "history").read_bytes())
    (tmp_path / "history").chmod(0o600)
    assert command_history.read(tmp_path) == ["drain host 10.0.0.5 wait 60s", "weight tcp 192.0.2.1:80 10.0.0.1:80 50%"]


def test_audit_log__each_kind_of_change_can_be_described_and_undone(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_bytes((WRITTEN / "audit.jsonl").read_bytes())
    (tmp_path / "audit.jsonl").chmod(0o600)
    records = Log(tmp_path, system=False).latest()[::-1]
    kinds: list[type] = [AddService, EditService, DeleteService, AddServer, EditServer, DeleteServer, Zero, Zero, Flush]
    kinds += [SetTimeouts, StartSync, StopSync, type(None)]
    assert [type(record.change) for record in records] == kinds
    assert [record.epoch for record in records[:12]] == [BEGAN + number for number in range(12)]
    assert {record.result for record in records} == {DONE, REFUSED, SEEN}
    assert records[0].who.name and records[0].who.origin == "203.0.113.9"
    assert records[5].inverse == (AddServer(VIP, CLUSTER.rules[VIP].servers[WEB1]),)
    assert records[12].title == "VRRP VI_1 BACKUP -> MASTER"


def test_snapshots__toml_and_json_hold_the_same_rules() -> None:
    toml, json_ = (read_any(str(WRITTEN / name)).rules for name in ("rules.toml", "rules.json"))
    assert toml == json_
    assert _same_servers(toml, CLUSTER)


def _same_servers(one: RuleSet, other: RuleSet) -> bool:
    def servers(entry: Entry) -> set[object]:
        return set(entry.servers)

    return {key: servers(entry) for key, entry in one.rules.items()} == {
        key: servers(entry) for key, entry in other.rules.items()
    }


def test_json_of_list__no_value_that_scripts_may_read_is_missing() -> None:
    before = json.loads((WRITTEN / "list.json").read_text())
    now = json.loads("".join(write_readings(Director().after(8, EVERYTHING._replace(vrrp=True, owner=True)))))
    assert set(_paths(before)) - set(_paths(now)) == set()


def _paths(value: Any, above: str = "") -> Iterator[str]:
    """Every name in a document, `service[].server[].weight`; lists count as one."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield (path := f"{above}.{name}")
            yield from _paths(below, path)
    elif isinstance(value, list):
        for below in value:
            yield from _paths(below, f"{above}[]")
