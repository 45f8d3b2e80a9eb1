"""The keepalived of our network namespace: found by its name, with the configuration that its command line says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lvstui.keepalived.process import KeepalivedProcesses, Parent, look

pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[list[str]]:
    """The command line of a process that is called keepalived."""
    program = tmp_path / "keepalived"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    yield [str(program)]


def names() -> Iterator[str]:
    """Of all processes."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            yield (process / "comm").read_text().strip()


def test_no_keepalived_runs_here() -> None:
    if "keepalived" not in names():
        assert look() == KeepalivedProcesses(False)


def test_a_keepalived_runs_here(stand_in: list[str]) -> None:
    with subprocess.Popen([*stand_in, "600"]) as process:
        try:
            wanted = KeepalivedProcesses(True, Parent(process.pid, Path("/etc/keepalived/keepalived.conf")))
            until = time.monotonic() + 300
            # While it is started it has its name already, and not yet its words.
            while (found := look()) != wanted and time.monotonic() < until:
                time.sleep(0.05)
            assert found == wanted
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["-f", "/etc/ka.conf"], "/etc/ka.conf"),
        (["-f/etc/ka.conf"], "/etc/ka.conf"),
        (["--use-file=/etc/ka.conf"], "/etc/ka.conf"),
        (["--use-file", "ka.conf"], f"{os.getcwd()}/ka.conf"),
        (["-nlDf", "/etc/ka.conf"], "/etc/ka.conf"),
        (["-Df/etc/ka.conf"], "/etc/ka.conf"),
        (["--us", "/etc/ka.conf", "-nDi", "left"], "/etc/ka.conf"),
        (["-i", "left"], "/etc/keepalived/keepalived.conf"),
        (["-nZf", "/etc/ka.conf"], "None"),
        (["--dont-fork", "-D"], "/etc/keepalived/keepalived.conf"),
    ],
)
def test_where_its_configuration_is(words: list[str], path: str, tmp_path: Path) -> None:
    """A shell by that name, which is given these words beside its own; nothing of them is run."""
    program = tmp_path / "keepalived"
    shutil.copy(os.path.realpath("/bin/sh"), program)
    command = [str(program), "-c", "echo up; read end", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"up\n"
            found = look().parent
            assert found is not None and found.pid == process.pid
            assert str(found.config) == path
            assert found.config_id == ("left" if "left" in words else None if path == "None" else "")
            assert ("'-nZf'" in found.trouble) == (path == "None")
        finally:
            process.kill()


def test_another_process_of_that_name_is_not_keepalived() -> None:
    """Renamed by prctl: the program that it runs is another."""
    rename = "import ctypes, sys; ctypes.CDLL(None).prctl(15, b'keepalived', 0, 0, 0)"
    code = f"{rename}; print('up', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"up\n"
            assert process.pid not in {getattr(look().parent, "pid", None)}
        finally:
            process.kill()
