"""--snapshots, @names, @boot and --install-unit."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lvstui
from lvstui import cli, places, trust
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.source import EVERYTHING
from lvstui.formats import rule_files
from lvstui.formats.contents import snapshot_of_state
from lvstui.places import TablePaths
from lvstui.store.snapshots import AUTOMATIC, BEFORE, Store
from lvstui.verbs import address, snapshots, unit
from tests.verbs.fake import Fake, done

NOW = 1795402386.0
WEB = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three snapshots: before a restore an hour ago, automatic two days ago, one that nobody can read."""
    made = Store(tmp_path)
    state = Fake(WEB).read(EVERYTHING)
    made.keep(BEFORE, NOW - 3600, rule_files.render(snapshot_of_state(state), "toml"))
    made.keep(AUTOMATIC, NOW - 2 * 86400, rule_files.render(snapshot_of_state(state), "toml"))
    (tmp_path / "odd.json").write_text("{")
    os.utime(tmp_path / "odd.json", (NOW - 5, NOW - 5))
    return made


def test_the_list(store: Store) -> None:
    code, text, _ = done(snapshots.run(Fake(WEB.replace("-w 3", "-w 5")), store, "table", NOW))
    lines = text.splitlines()
    assert code == 0 and len(lines) == 4
    assert lines[1].split()[:4] == ["@1", "5", "s", "named"] and "unreadable: is not JSON" in lines[1]
    words = "@2 1 h before restore lvs1 1 1 before-restore-20261123T015306Z 1 server changed"
    assert " ".join(lines[2].split()) == words
    assert "@3" in lines[3] and "2 days" in lines[3]
    _, text, _ = done(snapshots.run(Fake(WEB), store, "table", NOW))
    assert text.splitlines()[2].endswith("  nothing")


def test_the_list_without_a_table_to_compare(store: Store) -> None:
    poor = Fake(WEB)
    poor.unknown = frozenset({"flags"})
    for source in (None, poor):
        code, text, remarks = done(snapshots.run(source, store, "table", NOW))
        assert code == 0 and text.splitlines()[2].endswith("  ?")
        assert bool(remarks) is (source is not None)


def test_the_list_as_data(store: Store) -> None:
    _, text, _ = done(snapshots.run(Fake(WEB), store, "json", NOW))
    data = json.loads(text)
    assert [one["number"] for one in data] == [1, 2, 3]
    assert data[1] | {"path": ""} == {
        "number": 2, "name": "before-restore-20261123T015306Z", "path": "", "kind": "before restore",
        "taken": "2026-11-23T01:53:06Z", "host": "lvs1", "services": 1, "servers": 1, "changes_since": 0,
        "changed_since": "nothing",
    }  # fmt: skip
    assert data[0]["services"] is None


def test_an_empty_store(tmp_path: Path) -> None:
    assert "--save @NAME" in done(snapshots.run(None, Store(tmp_path), "table", NOW))[1]
    assert json.loads(done(snapshots.run(None, Store(tmp_path), "json", NOW))[1]) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (86400, "1 day"), (-3600, "future")]
)
def test_ages_of_snapshots(seconds: float, words: str) -> None:
    assert snapshots.age_text(seconds) == words


def test_saving_and_reading_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LVSTUI_STATE", str(tmp_path))
    assert cli.main(["--demo", "nat", "--save", "@friday"]) == 0
    assert (tmp_path / "demo" / "snapshots" / "friday.toml").exists()
    assert cli.main(["--demo", "nat", "--diff", "@friday"]) == 0
    assert cli.main(["--demo", "nat", "--restore", "@1"]) == 0
    assert cli.main(["--demo", "--diff", "@1", "@friday"]) == 0
    assert cli.main(["--demo", "--convert", "@friday", str(tmp_path / "x.rules")]) == 0
    capsys.readouterr()
    assert cli.main(["--demo", "--snapshots"]) == 0
    assert " friday " in capsys.readouterr().out
    assert cli.main(["--demo", "--restore", "@2"]) == 2
    assert "there is no such snapshot: @1 to @1" in capsys.readouterr().err
    assert cli.main(["--demo", "--restore", f"@{'1' * 5000}"]) == 2
    assert "there is no such snapshot: @1 to @1" in capsys.readouterr().err
    assert cli.main(["--demo", "--save", "@../x"]) == 2


def test_the_rules_with_which_the_machine_boots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LVSTUI_BOOT", str(tmp_path / "etc" / "boot.toml"))
    monkeypatch.setattr(address, "DISTRIBUTIONS", ())
    assert cli.main(["--demo", "--diff", "@boot"]) == 2
    assert "--save @boot" in capsys.readouterr().err
    assert cli.main(["--demo", "--save", "@boot"]) == 0
    assert cli.main(["--demo", "--diff", "@boot"]) == 0
    assert cli.main(["--demo", "nat", "--diff", "@boot"]) == 1


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        ('AUTO="true"\n', "Debian's ipvsadm loads it at the start"),
        ("AUTO=false\n", "does not load it at the start"),
        ("", "does not load it at the start"),
        (None, "cannot be read"),
    ],
)
def test_a_distributions_own_rules(
    switch: str | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LVSTUI_BOOT", str(tmp_path / "none"))
    rules, default = tmp_path / "ipvsadm.rules", tmp_path / "default"
    rules.write_text(WEB)
    if switch is not None:
        default.write_text(switch)
    debian = address.DISTRIBUTIONS[0]._replace(rules=str(rules), switch=str(default))
    monkeypatch.setattr(address, "DISTRIBUTIONS", (debian,))
    file = address.to_read("@boot", TablePaths(tmp_path, tmp_path, ""))
    assert (file.path, file.kind) == (str(rules), "ipvsadm")
    assert words in file.remarks[0].text


def test_a_name_without_at_is_a_file(tmp_path: Path) -> None:
    kept = TablePaths(tmp_path, tmp_path, "")
    assert address.to_read("x@1", kept) == ("x@1", "", ())
    assert address.to_write("-", kept) == "-"
    with pytest.raises(BadInput):
        address.to_write("@", kept)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """lvstui is where root alone writes, as it should be on a director; the tests may run anywhere."""
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/env")


@pytest.mark.usefixtures("installed")
def test_the_unit(tmp_path: Path) -> None:
    target, rules = tmp_path / "system" / "lvstui-restore.service", tmp_path / "boot.toml"
    code, text, _ = done(unit.run(target, rules, False, lambda question: False))
    assert code == 0 and "systemctl enable lvstui-restore.service" in text and "does nothing" in text
    written = target.read_text()
    assert f"--restore {rules} --merge --yes\n" in written and target.stat().st_mode & 0o777 == 0o644
    assert "already exists" in done(unit.run(target, rules, False, lambda question: False))[1]
    target.write_text("[Unit]\n")
    with pytest.raises(NotDone):
        done(unit.run(target, rules, False, lambda question: False))
    assert target.read_text() == "[Unit]\n"
    done(unit.run(target, rules, False, lambda question: True))
    assert target.read_text() == written
    target.write_text("[Unit]\n")
    done(unit.run(target, rules, True, lambda question: False))
    assert target.read_text() == written


def test_the_unit_runs_the_one_file_where_root_alone_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "lvstui-1.pyz"
    file.touch(0o755)
    monkeypatch.setattr(sys, "argv", [str(file)])
    monkeypatch.setattr(sys, "executable", "/usr/bin/env")
    with pytest.raises(NotDone, match=f"systemd would run {file} as root, and /.* is writable by everybody"):
        unit.text(tmp_path / "boot.toml")  # today the file is root's; after a reboot anybody may have put one there
    kept = trust.flaw
    monkeypatch.setattr(
        trust, "flaw", lambda path, lasting: "" if str(tmp_path) in path else kept(path, lasting=lasting)
    )
    assert f"ExecStart=/usr/bin/env -I {file} --restore " in unit.text(tmp_path / "boot.toml")


def test_the_unit_runs_nothing_that_an_ordinary_user_can_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is called: a script of that name, what is found in PATH and its interpreter, a Python and our code."""
    monkeypatch.setattr(trust, "flaw", lambda path, lasting: f"{path} is another's" if path in bad else "")
    script = tmp_path / "lvstui"
    script.write_text(f"#!{tmp_path}/python\n")
    package = str(Path(lvstui.__file__).resolve().parent)
    monkeypatch.setattr(sys, "executable", "/usr/bin/env")
    for argv, found, parts in (
        (str(script), None, (str(script), "/usr/bin/env", package)),
        ("pytest", str(script), (str(script), f"{tmp_path}/python")),
        ("pytest", None, ("/usr/bin/env", package)),
    ):
        monkeypatch.setattr(sys, "argv", [argv])
        monkeypatch.setattr(shutil, "which", lambda name, found=found: found)
        bad: set[str] = set()
        assert "ExecStart=/" in unit.text(tmp_path / "boot.toml")
        for part in parts:
            bad = {part}
            with pytest.raises(NotDone, match=f"systemd would run {part} as root, and {part} is another's"):
                unit.text(tmp_path / "boot.toml")


def test_the_unit_for_metrics_runs_only_programs_that_it_can_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "flaw", lambda path, lasting: "")
    monkeypatch.setattr(shutil, "which", lambda name: "/root/bin/lvstui")
    targets = (tmp_path / "a.service", tmp_path / "a.timer")
    with pytest.raises(NotDone, match="the unit would not see /root/bin/lvstui"):
        done(unit.metrics(targets, tmp_path / "lvstui.prom", True, lambda question: False))
    assert "/root/bin/lvstui" in unit.text(tmp_path / "boot.toml")  # the other one sees it


@pytest.mark.usefixtures("installed")
def test_a_unit_that_may_not_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotDone):
        done(unit.run(tmp_path / "file" / "x.service", tmp_path / "boot.toml", True, lambda question: True))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
@pytest.mark.usefixtures("installed")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    target = tmp_path / "lvstui-restore.service"
    target.write_text(unit.text(places.boot_rules()))
    done = subprocess.run(["systemd-analyze", "verify", str(target)], capture_output=True, text=True, check=False)
    told = [
        line
        for line in done.stderr.splitlines()
        if "lvstui-restore.service" in line and not re.search(r"Command 'man|Can't show lvstui\(1\)", line)
    ]
    assert not told, done.stderr


def test_the_rules_of_the_demo_cannot_be_boot_rules(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LVSTUI_BOOT", raising=False)
    assert cli.main(["--demo", "--save", "@boot"]) == 1
    assert "no machine should start with them" in capsys.readouterr().err
