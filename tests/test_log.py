"""lvstui's own log: its contents, who may read it, and where it is never written."""

from __future__ import annotations

import logging
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvstui import cli, live, log, logfile
from lvstui.director.change import EditServer
from lvstui.director.daemon import KeepalivedOrder
from lvstui.director.errors import LvsError, NotDone, Unavailable
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.source import EVERYTHING, Scope
from lvstui.director.state import State
from tests.memory import MemoryDirector
from tests.test_imports import SETUP, loaded

WEB, ONE = service_key(6, "192.0.2.1", 80), server_key("10.0.0.1", 80)
RULES = RuleSet(rules_from([(Service(WEB, "wrr"), [Server(ONE, weight=3)])]))


@pytest.fixture(autouse=True)
def _no_log_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(log, "_logger", None)
    monkeypatch.setattr(log, "_path", "")
    yield
    for handler in logging.getLogger("lvstui").handlers[:]:
        logging.getLogger("lvstui").removeHandler(handler)
        handler.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    logfile.start(str(path))
    return path


def test_log__reads_sends_and_orders_are_logged(file: Path) -> None:
    source = logfile.Logged(MemoryDirector(RULES))
    source.read(EVERYTHING)
    source.send([EditServer(WEB, Server(ONE, weight=5))])
    source.send([EditServer(WEB, Server(server_key("10.0.0.9", 80), weight=5))])
    with pytest.raises(NotDone):
        source.order(KeepalivedOrder.RELOAD)
    text = file.read_text()
    for words in (
        "read 1 services (0 pools, sweep, settings) in ",
        "send -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 5",
        "1 refused",
        "refused: ",
        "order to keepalived: reload",
    ):
        assert words in text


def test_log__the_state_of_the_machine_is_logged_once_a_minute(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = logfile.Logged(MemoryDirector(RULES))
    for _ in range(3):
        source.read(EVERYTHING)
    stands = r"load \d+\.\d\d, \d+ of \d+ MB of memory free, \d+ MB ours, \d+ files open"
    assert len(re.findall(stands, file.read_text())) == 1
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert "not known" in logfile.machine()


def test_log__a_failed_read_says_why(file: Path) -> None:
    class Broken(MemoryDirector):
        def read(self, scope: Scope) -> State:
            raise Unavailable("IPVS", "is gone")

    with pytest.raises(LvsError):
        logfile.Logged(Broken(RULES)).read(EVERYTHING)
    assert "IPVS is gone" in file.read_text()


def test_log__only_its_owner_can_read_it_and_it_is_appended_to(file: Path) -> None:
    log.note("one")
    logfile.start(str(file))
    log.note("two")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [line.split()[-1] for line in file.read_text().splitlines()] == ["one", "two"]


def test_log__a_full_file_is_rotated(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "LARGEST", 1000)
    logfile.start(str(file))
    for _ in range(100):
        log.note("x" * 50)
    found = sorted(path.name for path in file.parent.iterdir())
    assert found == ["log", "log.1", "log.2"]
    assert all(path.stat().st_size <= 1000 for path in file.parent.iterdir())


def test_log__no_control_character_gets_into_it(file: Path) -> None:
    log.note("name %s", "a\x1b]0;owned\x07\n2026 forged line")
    (line,) = file.read_text().splitlines()
    assert "\x1b" not in line and "\x07" not in line


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_log__only_a_regular_file_is_accepted(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(NotDone, match="cannot be written"):
        logfile.start(str(path))
    assert not log.on()


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_log__an_unexpected_error_is_there_with_its_trace_and_the_message_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr(live, "open_source", broken)
    path = str(tmp_path / "log")
    if how == "variable":
        monkeypatch.setenv("LVSTUI_LOG", path)
    code = cli.main(["--list", *(["--log", path] if how == "flag" else [])])
    assert code == 1
    assert path in capsys.readouterr().err
    text = Path(path).read_text()
    assert "Traceback" in text and "ZeroDivisionError: in the middle" in text and "lvstui " in text


def test_log__without_a_log_the_message_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr(live, "open_source", broken)
    assert cli.main(["--list"]) == 1
    assert "LVSTUI_LOG=FILE writes its trace" in capsys.readouterr().err


def test_log__without_a_log_none_of_its_modules_is_loaded() -> None:
    assert not {"logging", "lvstui.logfile"} & loaded(f"{SETUP}cli.main(['--save', '-'])")
