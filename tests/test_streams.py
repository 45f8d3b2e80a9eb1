"""Standard input, output and errors that are closed, full, or not read any more: the exit code stays true, and nothing
but what was asked for stands in the output."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui import cli, places
from lvstui.director.errors import NotDone
from lvstui.store.audit import Log

MANY = "".join(f"-A -t 192.0.2.{n >> 8}:{(n & 255) + 1} -s rr\n" for n in range(400))
"""Rules whose plan is longer than the buffer of standard output."""

Run = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a line of a shell in which `lvstui` is the command."""
    environment = {**os.environ, "LVSTUI_STATE": str(tmp_path / "state"), "LVSTUI_RUN": str(tmp_path / "run")}
    (tmp_path / "many.rules").write_text(MANY)
    (tmp_path / "odd.toml").write_text("bogus = 1\n")

    def line(text: str) -> subprocess.CompletedProcess[str]:
        script = f'cd {tmp_path}; lvstui() {{ {sys.executable} -m lvstui "$@"; }}; set -o pipefail; {text}'
        environment["PYTHONPATH"] = str(Path(cli.__file__).parents[1])
        return subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL
        )

    return line


def kinds(tmp_path: Path) -> set[str]:
    return {record.result for record in Log(tmp_path / "state" / "demo", system=False).latest()}


def test_a_restore_is_completed_even_if_nobody_reads_its_plan_to_the_end(run: Run, tmp_path: Path) -> None:
    done = run("lvstui --demo --restore many.rules --yes --allow-outage | head -1; echo ${PIPESTATUS[0]}")
    assert done.stdout.splitlines() == ["many.rules: 400 services added, 1 service deleted", "0"]
    assert kinds(tmp_path) == {"done"}
    assert done.stderr == ""


def test_a_completed_restore_exits_0_even_if_its_output_fails(run: Run, tmp_path: Path) -> None:
    nat = places.snapshots() / "nat.toml"
    done = run(f"lvstui --demo --restore {nat} --yes --allow-outage >/dev/full")
    assert kinds(tmp_path) == {"done"}
    assert done.returncode == 0
    assert done.stderr == (
        "lvstui: standard output cannot be written: No space left on device; what follows is not printed\n"
    )


@pytest.mark.parametrize("reader", ["| true", "| head -1 >/dev/null", ">&-", "2>/dev/full >/dev/full"])
def test_a_difference_exits_1_even_if_nobody_reads_it(run: Run, reader: str) -> None:
    assert run(f"lvstui --demo --diff many.rules {reader}").returncode == 1


def test_a_failing_error_output_does_not_change_the_exit_code(run: Run) -> None:
    assert run("lvstui --demo --restore gone.rules --yes 2>/dev/full").returncode == 2
    assert run("lvstui --demo --restore gone.rules --yes 2>&1 | true").returncode == 2
    assert run("lvstui --demo --restore gone.rules --yes 2>&-").returncode == 2


def test_with_a_closed_standard_error_no_warning_is_among_the_rules(run: Run) -> None:
    clean = run("lvstui --demo --save -")
    assert clean.stdout.startswith("-A ")
    assert run("lvstui --demo --config odd.toml --save -").stderr.startswith("lvstui: odd.toml line 1: unknown key")
    for closed in ("2>&-", "2>/dev/full"):
        found = run(f"lvstui --demo --config odd.toml --save - {closed}")
        assert (found.returncode, found.stdout) == (0, clean.stdout)


def test_a_closed_standard_input_is_reported(run: Run) -> None:
    done = run("lvstui --demo --restore many.rules --allow-outage <&-")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        1,
        "lvstui: --restore: standard input is not a terminal, so nobody can confirm",
    )
    for line in ("lvstui --demo --restore - --yes", "lvstui --convert - - --format keepalived"):
        done = run(f"{line} <&-")
        assert (done.returncode, done.stderr) == (2, "lvstui: standard input cannot be read: it is closed\n")


def test_a_question_is_not_asked_if_nobody_can_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            raise AssertionError("it waits for an answer to a question that nobody saw")

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(cli, "_muted", True)
    with pytest.raises(NotDone, match="cannot be written, so nobody can confirm"):
        cli._ask("apply 1 change?")


def test_an_interrupt_while_the_modules_are_loaded_prints_no_traceback() -> None:
    script = """
import sys

class Interrupted:
    def __getattr__(self, name):
        raise KeyboardInterrupt

sys.modules["lvstui.cli"] = Interrupted()
import lvstui.__main__
lvstui.__main__.main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
