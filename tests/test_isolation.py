"""The tests write into a folder of their own. tests/conftest.py checks at the end that nothing was written outside
it; here, that everything that is started writes there, and that the check would notice a file outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lvstui import places
from tests import isolation

FOLDER = Path(os.environ["LVSTUI_TESTS"])


def test_every_path_is_in_the_folder_of_the_run(tmp_path: Path) -> None:
    moved = [places.state(), places.run(), places.boot_rules(), places.unit(), places.syslog()]
    for place in (*moved, Path.home(), tmp_path, Path(tempfile.gettempdir()), Path(os.environ["TMUX_TMPDIR"])):
        assert place.is_relative_to(FOLDER), place
    assert places.configs() == (os.devnull,)


def test_programs_started_by_a_test_write_there_too() -> None:
    command = [sys.executable, "-m", "lvstui", "--demo", "--do", "weight 192.168.80.102 5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert (FOLDER / "state/demo/audit.jsonl").exists()


def test_programs_started_by_a_test_do_not_write_to_the_system_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LVSTUI_SYSLOG", str(tmp_path / "log"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "log"))
        tells = "from lvstui.store import syslog; print(syslog.tell('found'))"
        done = subprocess.run([sys.executable, "-c", tells], capture_output=True, text=True, timeout=300)
        assert done.stdout == "True\n", done.stderr
        assert listener.recv(4096, socket.MSG_DONTWAIT).endswith(b": found")


def test_a_file_written_outside_is_found(tmp_path: Path) -> None:
    home = tmp_path / "home"
    theirs = home / ".local/state/lvstui/net-1"
    theirs.mkdir(parents=True)
    (theirs / "audit.jsonl").write_text("one\n")
    (theirs / "restore.journal").write_text("")
    environment = {"HOME": str(home), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    before = isolation.listing(environment)
    assert isolation.differences(before, isolation.listing(environment)) == []
    (theirs / "audit.jsonl").write_text("one\ntwo\n")
    (theirs / "restore.journal").unlink()
    (tmp_path / "cache/lvstui").mkdir(parents=True)
    (home / ".hypothesis").mkdir()
    found = isolation.differences(before, isolation.listing(environment))
    assert {line.removeprefix(str(tmp_path)) for line in found} == {
        "/cache/lvstui: new",
        "/home/.hypothesis: new",
        "/home/.local/state/lvstui/net-1: written to",
        "/home/.local/state/lvstui/net-1/audit.jsonl: written to",
        "/home/.local/state/lvstui/net-1/restore.journal: gone",
    }


_RUN = """
import socket
from pathlib import Path
def test_that_writes_outside():
    {}
"""


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("pass", ""),
        ("Path('{home}/.config/lvstui').mkdir(parents=True)", "{home}/.config/lvstui: new"),
        (
            "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect_ex('/dev/log')",
            "/dev/log: connected to by test_it.py::test_that_writes_outside (call)",
        ),
    ],
)
def test_a_run_that_writes_outside_fails(tmp_path: Path, does: str, told: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    (tmp_path / "test_it.py").write_text(_RUN.format(does.format(home=home)))
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR", "LANG")}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:asyncio",
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env={
            **environment,
            "HOME": str(home),
            "PYTHONPATH": str(isolation.__file__).removesuffix("/tests/isolation.py"),
        },
    )
    assert "1 passed" in done.stdout
    assert done.returncode == bool(told), done.stdout + done.stderr
    assert told.format(home=home) in done.stdout


def test_no_variable_of_the_users_environment_is_left() -> None:
    """In a worker, too. A terminal is as wide as the test made it, not as COLUMNS says."""
    assert not [name for name in ("COLUMNS", "LINES", "SUDO_USER", "TMUX", "NO_COLOR") if name in os.environ]
