"""A broken settings file, key map and theme: on a real terminal the console opens, and each is one clear line."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lvstui.console.widgets.text import several, wrapped
from tests.console.terminal import Terminal

Shown = Callable[..., str]


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    """The screen of the demo with a settings file, once the rules and all that is wanted are on it at the same moment:
    a line may be drawn in two parts, and a message goes again. The file's name fits into a line."""

    def shown(text: str, *wanted: str) -> str:
        path = Path(folder, "c.toml")
        path.write_text(text)
        words = ["-m", "lvstui", "--demo", "--config", str(path)]
        with Terminal(words, 240, 30, {"LVSTUI_STATE": str(tmp_path / "state")}) as terminal:
            end = time.monotonic() + 120
            while True:
                seen = screen(terminal).replace(folder, "/etc/lvstui")
                if all(words in seen for words in ("192.168.80.200:80", "? help", *wanted)):
                    return seen
                assert time.monotonic() < end, seen
                time.sleep(0.05)

    with tempfile.TemporaryDirectory() as folder:
        yield shown


def screen(terminal: Terminal) -> str:
    with terminal.lock:
        return "\n".join(line.rstrip() for line in terminal.screen.display)


def test_each_is_a_line_of_its_own(shown: Shown) -> None:
    key = ' /etc/lvstui/c.toml line 1: unknown key "intervall": did you mean interval?'
    action = ' /etc/lvstui/c.toml line 4: unknown action "drian": did you mean drain?'
    theme = " theme 'drak': there is none"
    lines = shown('intervall = 2\ntheme = "drak"\n[keys]\ndrian = "x"\n', f"{key}\n{action}\n{theme}").splitlines()
    at = lines.index(key)
    assert lines[at + 1] == action and lines[at + 2].startswith(theme)


def test_a_file_that_is_not_toml_is_one_line(shown: Shown) -> None:
    file = " /etc/lvstui/c.toml line 2: this is not TOML: invalid value; nothing in this file counts but read_only\n"
    assert shown("interval = 2\ntheme = \nread_only = true\n", file, "READ-ONLY").count("c.toml") == 1


def test_many_are_counted() -> None:
    assert several(["a", "b", "c"]) == "a\nb\nc"
    assert several(["a", "b", "c", "d"]) == "a\nb\nand 2 more complaints: lvstui --print-config shows them"
    assert several(["a\x1b[2J\n", "b"]) == "a?[2J?\nb"


def test_lines_break_at_the_given_places() -> None:
    lines = wrapped([(" ", ""), ("one two\nthree four", "down")], 8)
    assert ["".join(piece.text for piece in line) for line in lines] == [" one two", " three", "four"]
