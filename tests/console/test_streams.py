"""Redirected standard streams: the screen is drawn to the terminal, or one line says why not."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.console.terminal import PATIENCE, Terminal

LEFT = b"\x1b[?1049l"
TALKS = """
import runpy, sys, threading, time
def talk():
    while True:
        print("said beside", file=sys.stderr, flush=True)
        time.sleep(0.05)
threading.Thread(target=talk, daemon=True).start()
sys.argv = ["rows", "200", "3", "--still"]
runpy.run_module("tests.bench.rows", run_name="__main__")
"""


def redirected(command: str, redirections: str, **environment: str) -> Terminal:
    """A command line of a shell on a terminal. The shell stays, and keeps the terminal open."""
    shell = f"import os; os.execvp('sh', ['sh', '-c', {f'{command} {redirections}; exit $?'!r}])"
    return Terminal(["-c", shell], 80, 24, {"PYTHON": sys.executable, **environment})


def holds(path: Path, text: str, seconds: float = PATIENCE) -> bool:
    """Waits until a file holds this text."""
    limit = time.monotonic() + seconds
    while text not in path.read_text():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("redirection", ["2>{file}", "2>/dev/null", "2>&-"])
def test_the_screen_is_drawn_to_the_terminal_wherever_errors_go(tmp_path: Path, redirection: str) -> None:
    file = tmp_path / "errors"
    file.touch()
    with redirected('"$PYTHON" -m tests.bench.rows 200 3 --still', redirection.format(file=file)) as terminal:
        found = terminal.until("10.0.0.")
        assert b"\x1b[?1049h" in found
        terminal.press("q")
        assert terminal.wait() == 0
        assert LEFT in terminal.read(0.3) and terminal.echoes()
    assert file.read_text() == ""


def test_output_to_standard_error_still_goes_to_its_file(tmp_path: Path) -> None:
    file = tmp_path / "errors"
    with redirected('"$PYTHON" -c "$TALKS"', f"2>>{file}", TALKS=TALKS) as terminal:
        terminal.until("10.0.0.")
        file.write_text("")  # what was said before the screen stood
        assert holds(file, "said beside")
        assert "said beside" not in "\n".join(terminal.display())
        terminal.press("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize(
    ("redirections", "stream"),
    [
        (">{out}", "output"),
        (">{out} 2>{err}", "output"),
        ("</dev/null", "input"),
        ("</dev/null 2>{err}", "input"),
        ("<&-", "input"),
        (">&- 2>{err}", "output"),
        ("</dev/null >{out} 2>{err}", "input"),
    ],
)
def test_without_a_terminal_one_line_says_which_stream_is_not_one(
    tmp_path: Path, redirections: str, stream: str
) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    for file in (out, err):
        file.touch()
    with redirected('"$PYTHON" -m lvstui --demo', redirections.format(out=out, err=err)) as terminal:
        if "{err}" not in redirections:
            terminal.until(f"standard {stream} is not a terminal")
        assert terminal.wait() == 2
        if "{err}" in redirections:
            first, mend = err.read_text().splitlines()
            assert first == f"lvstui: console: standard {stream} is not a terminal"
            assert "--list" in mend
        assert b"\x1b" not in terminal.read(0.3)
    assert out.read_text() == ""
