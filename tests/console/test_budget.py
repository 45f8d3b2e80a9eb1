"""What the console writes to a real terminal, in bytes. Counts only: no test here fails because a machine is slow."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lvstui.views.past import STEP
from tests.console.terminal import Terminal

TICK = 1536
ROW = 400
KEY = 600
FIRST = 60 * 1024

SETTLED = 6.0
"""Seconds until rates are known and nothing changes any more that was only starting."""


class Terminals:
    """All at once, so that they settle together."""

    def __init__(self, still: Terminal, moving: Terminal, one: Terminal, large: Terminal) -> None:
        self.still, self.moving, self.one, self.large = still, moving, one, large
        self.first = 0


@pytest.fixture(scope="module")
def terminals() -> Iterator[Terminals]:
    with ExitStack() as stack:
        still = stack.enter_context(_rows(80, 24, "50", "3", "--still", "--interval", "0.2"))
        moving = stack.enter_context(_rows(80, 24, "1000", "10"))
        one = stack.enter_context(_rows(150, 45, "1000", "3", "--one"))
        large = stack.enter_context(_rows(200, 60, "10000", "5", "--still"))
        found = Terminals(still, moving, one, large)
        for terminal in (still, moving, one):
            terminal.until("10.0.0.1:80")
        found.first = len(large.until("10.0.0.1:80"))
        # The cursor on another row than the one that changes: the table below stands still.
        one.press("j")
        large.read(SETTLED)
        yield found


def _rows(width: int, height: int, *words: str, **environment: str) -> Terminal:
    return Terminal(["-m", "tests.bench.rows", *words], width, height, environment)


def test_first_screen(terminals: Terminals) -> None:
    assert 0 < terminals.first <= FIRST


def test_idle_ticks_write_nothing(terminals: Terminals) -> None:
    terminals.still.read(0)
    terminals.large.read(0)
    assert terminals.still.read(1.5) == b""
    assert terminals.large.read(1.5) == b""


def test_a_tick_that_changes_every_cell(terminals: Terminals) -> None:
    bursts = terminals.moving.bursts(4.5)
    assert len(bursts) >= 3
    assert max(size for _, size in bursts) <= TICK


def test_one_changed_row(terminals: Terminals) -> None:
    bursts = terminals.one.bursts(3.5)
    assert len(bursts) >= 2
    assert max(size for _, size in bursts) <= ROW


def test_keys_in_the_prompt(terminals: Terminals) -> None:
    for key in ("s", "w", "r", "r", "\x7f", "\x1b"):
        terminals.still.read(0)
        terminals.still.press(key)
        assert 0 < len(terminals.still.read(0.5)) <= KEY


def test_keys_in_a_filter_that_keeps_every_row(terminals: Terminals) -> None:
    for key in ("/", "1", "0", ".", "0", "\x1b"):
        terminals.still.read(0)
        terminals.still.press(key)
        assert 0 < len(terminals.still.read(0.5)) <= KEY


def test_a_row_that_is_marked(terminals: Terminals) -> None:
    for _ in range(2):
        terminals.still.read(0)
        terminals.still.press(" ")
        # The row, its mark, the next row under the cursor, and the servers of that one below.
        assert 0 < len(terminals.still.read(0.5)) <= 3 * ROW
    terminals.still.press("\x1bg")
    terminals.still.read(0.5)


def test_resizing_there_and_back_shows_the_same_screen(terminals: Terminals) -> None:
    before = terminals.still.display()
    terminals.still.resize(120, 40)
    terminals.still.read(1.0)
    assert "state" in terminals.still.display()[3]
    terminals.still.resize(80, 24)
    terminals.still.read(1.0)
    assert terminals.still.display() == before


def test_a_page_over_the_table_and_back(terminals: Terminals) -> None:
    before = terminals.still.display()
    terminals.still.press("?")
    terminals.still.until("what the keys do")
    terminals.still.read(0.3)
    terminals.still.press("k")
    terminals.still.until("MASTER")
    terminals.still.read(0.3)
    assert terminals.still.display() == before


def test_suspending_and_coming_back_paints_everything(terminals: Terminals) -> None:
    terminal = terminals.still
    before = terminal.display()
    os.kill(terminal.pid, signal.SIGTSTP)
    terminal.read(0.5)
    with terminal.lock:
        terminal.screen.reset()
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.until("MASTER")
    terminal.read(0.3)
    assert terminal.display() == before


def test_a_still_table_writes_nothing_when_its_trends_move_on(terminals: Terminals) -> None:
    terminals.large.read(0)
    # Nobody has touched this one; the clock of the trends steps within this time, whatever the tests took before.
    assert terminals.large.read(STEP + 1.0) == b""


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_leaving_is_at_once_and_clean(key: str) -> None:
    with _rows(80, 24, "50", "3") as terminal:
        terminal.until("10.0.0.1:80")
        terminal.press(key)
        assert terminal.wait(10.0) == 0


def test_a_lost_terminal_ends_it() -> None:
    with _rows(80, 24, "50", "3") as terminal:
        terminal.until("10.0.0.1:80")
        os.kill(terminal.pid, signal.SIGHUP)
        assert terminal.wait(10.0) == -signal.SIGHUP


def test_without_utf8_everything_is_ascii() -> None:
    environment = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    with _rows(200, 40, "50", "3", **environment) as terminal:
        terminal.until("10.0.0.1:80")
        assert all(char.isascii() for line in terminal.display() for char in line)


def test_no_color_writes_no_colour() -> None:
    with _rows(80, 24, "50", "3", NO_COLOR="1") as terminal:
        found = terminal.until("10.0.0.1:80") + terminal.read(0.5)
        assert found and not re.search(rb"\x1b\[[0-9;]*[34][0-9][0-9;]*m", found)
