"""What the console writes to a real terminal, in bytes. Counts only: no test here fails because a machine is slow."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lvstui.views.past import STEP
from tests.console.terminal import PATIENCE, Terminal, state_of

TICK = 1331
ROW = 400
KEY = 600
FIRST = 60 * 1024

SETTLED = 4.0
"""Seconds without a byte after which nothing changes any more that was only starting: more than from sweep to sweep."""
ON_TIME = (0.5, 1.3)
"""Seconds from tick to tick of a console that looks once a second. One that the machine held up is followed at once by
the next, and both are taken for one."""


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
            terminal.until("10.0.0.")
        found.first = len(large.until("10.0.0."))
        # The cursor on another row than the one that changes: the table below stands still.
        one.press("j")
        for terminal in (still, large):
            terminal.calm(SETTLED)
        yield found


def _rows(width: int, height: int, *words: str, **environment: str) -> Terminal:
    return Terminal(["-m", "tests.bench.rows", *words], width, height, environment)


def ticks(terminal: Terminal, count: int) -> list[int]:
    """The bytes of so many ticks that came on time, as did the one before: behind a late one two may be taken for
    one."""
    found: list[int] = []
    last, before, limit = 0.0, False, time.monotonic() + 2 * PATIENCE
    while len(found) < count:
        assert time.monotonic() < limit, "no ticks that came on time"
        for at, size in terminal.bursts(2.5):
            on_time = ON_TIME[0] <= at - last <= ON_TIME[1]
            found += [size] if on_time and before else []
            last, before = at, on_time
    return found


def test_first_screen(terminals: Terminals) -> None:
    assert 0 < terminals.first <= FIRST


def test_idle_ticks_write_nothing(terminals: Terminals) -> None:
    terminals.still.calm(1.5)
    terminals.large.calm(1.5)


def test_a_tick_that_changes_every_cell(terminals: Terminals) -> None:
    assert max(ticks(terminals.moving, 8)) <= TICK


def test_one_changed_row(terminals: Terminals) -> None:
    assert max(ticks(terminals.one, 2)) <= ROW


def test_keys_in_the_prompt(terminals: Terminals) -> None:
    for key in ("s", "w", "r", "r", "\x7f", "\x1b"):
        assert 0 < len(terminals.still.answer(key)) <= KEY


def test_keys_in_a_filter_that_keeps_every_row(terminals: Terminals) -> None:
    for key in ("/", "1", "0", ".", "0", "\x1b"):
        assert 0 < len(terminals.still.answer(key)) <= KEY


def test_a_row_that_is_marked(terminals: Terminals) -> None:
    for _ in range(2):
        # The row, its mark, the next row under the cursor, and the servers of that one below.
        assert 0 < len(terminals.still.answer(" ")) <= 3 * ROW
    for key in ("\x1b", "g"):
        terminals.still.answer(key)


def timeless(terminal: Terminal) -> list[str]:
    """The screen below its first line, which tells how old the table is when the machine is too busy to read it."""
    return terminal.display()[1:]


def test_resizing_and_back_shows_the_same_screen(terminals: Terminals) -> None:
    before = terminals.still.settled()[1:]
    terminals.still.resize(120, 40)
    # What is right of the old edge is new: the old screen has a line of the same words.
    terminals.still.shows(lambda: any(line[80:].strip() for line in timeless(terminals.still)))
    terminals.still.calm()
    terminals.still.resize(80, 24)
    terminals.still.shows(lambda: timeless(terminals.still) == before, "\n".join(before))


def test_a_page_over_the_table_and_back(terminals: Terminals) -> None:
    before = terminals.still.settled()[1:]
    terminals.still.press("?")
    terminals.still.until("this view")
    terminals.still.press("\x1b")
    terminals.still.shows(lambda: timeless(terminals.still) == before, "\n".join(before))


def test_resuming_after_a_suspend_paints_everything(terminals: Terminals) -> None:
    terminal = terminals.still
    before = terminal.settled()[1:]
    os.kill(terminal.pid, signal.SIGTSTP)
    terminal.shows(lambda: state_of(terminal.pid) == "T", "a program that stands still")
    terminal.calm()
    with terminal.lock:
        terminal.screen.reset()
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.shows(lambda: timeless(terminal) == before, "\n".join(before))


def test_a_quiet_table_writes_nothing_when_its_trends_advance(terminals: Terminals) -> None:
    # Nobody has touched this one; the clock of the trends steps within this time, whatever the tests took before.
    # A read that takes a busy machine more than a second is told of, and the time begins anew.
    terminals.large.calm(STEP + 1.0, 300.0)


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_the_console_leaves_at_once_and_cleanly(key: str) -> None:
    with _rows(80, 24, "50", "3") as terminal:
        terminal.until("10.0.0.")
        terminal.press(key)
        assert terminal.wait() == 0


def test_a_lost_terminal_ends_the_console() -> None:
    with _rows(80, 24, "50", "3") as terminal:
        terminal.until("10.0.0.")
        os.kill(terminal.pid, signal.SIGHUP)
        assert terminal.wait() == -signal.SIGHUP


def test_without_utf8_everything_is_ascii() -> None:
    environment = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    with _rows(200, 40, "50", "3", **environment) as terminal:
        terminal.until("10.0.0.")
        assert all(char.isascii() for line in terminal.display() for char in line)


def test_no_color_writes_no_colour() -> None:
    with _rows(80, 24, "50", "3", NO_COLOR="1") as terminal:
        found = terminal.until("10.0.0.") + terminal.calm()
        assert found and not re.search(rb"\x1b\[[0-9;]*[34][0-9][0-9;]*m", found)
