"""Terminals of any kind and size, slow, stopped or gone; each is left as it was found."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from tests.console.terminal import PATIENCE, ROOT, Terminal, state_of
from tests.sampling import SOAK, some

LEFT = b"\x1b[?1049l"
"""The alternate screen is left."""


def rows(width: int, height: int, *words: str, **environment: str) -> Terminal:
    return Terminal(["-m", "tests.bench.rows", *(words or ("200", "3", "--still"))], width, height, environment)


def clean(found: bytes) -> bool:
    """Whether the alternate screen was left, the cursor is seen again, and nothing was printed after."""
    _, left, after = found.rpartition(LEFT)
    return bool(left) and b"\x1b[?25h" in after and re.sub(rb"\x1b\[[?<>0-9;]*[a-zA-Z]", b"", after) == b""


@pytest.mark.parametrize(
    ("term", "colorterm", "colours"),
    some(
        [
            ("linux", "", 16),
            ("xterm", "", 16),
            ("screen", "", 16),
            ("vt220", "", 16),
            ("xterm-256color", "", 256),
            ("tmux-256color", "", 256),
            ("screen-256color", "", 256),
            ("xterm", "truecolor", 2**24),
        ],
        3,
    ),
)
def test_every_kind_of_terminal_works(term: str, colorterm: str, colours: int) -> None:
    with rows(80, 24, TERM=term, COLORTERM=colorterm) as terminal:
        found = terminal.until("10.0.0.") + terminal.calm()
        assert (b";2;" in found) is (colours == 2**24)
        assert (re.search(rb"[34]8;5;", found) is not None) is (colours == 256)
        assert b"\x1b[?1000h" not in found  # the mouse stays the terminal's
        terminal.answer("j")
        terminal.press("q")
        assert terminal.wait() == 0
        assert clean(terminal.read(0)) and terminal.echoes()


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_is_offered_plain_text(term: str) -> None:
    environment = {"TERM": term} if term else {}
    with Terminal(["-m", "lvstui", "--demo"], 80, 24, {"TERM": "dumb"} | environment) as terminal:
        found = terminal.until("--watch")
        assert terminal.wait() == 2
        assert b"\x1b" not in found and b"this terminal is dumb" in found


def test_every_size_and_back_shows_the_same_screen() -> None:
    with rows(80, 24) as terminal:
        terminal.until("10.0.0.")
        first = terminal.settled(4.0)
        for width, height in (
            (300, 100),
            (81, 25),
            (200, 60),
            (60, 15),
            (20, 5),
            (300, 24),
            (80, 100),
            (1, 1),
            (80, 24),
        ):
            terminal.resize(width, height)
            terminal.read(0.4)
        terminal.shows(lambda: terminal.display() == first, "\n".join(first))
        terminal.press("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("pause", some([0.0, 0.004, 0.03], 1))
def test_after_many_resizes_the_screen_is_as_if_it_was_never_resized(pause: float) -> None:
    """A terminal cuts off what is right of its new edge. Where it grows back before the console looks, its size is as
    it was and its right half is blank."""
    with rows(160, 40, "200", "3", "--still", "--graphs", "off") as terminal:  # a graph moves on by itself
        terminal.until("10.0.0.")
        first = terminal.settled()
        for storm in range(12):
            for width, height in [(80, 24), (40, 12), (160, 40), (80, 40), (160, 40)][storm % 3 :]:
                terminal.resize(width, height)
                time.sleep(pause)
            terminal.until_screen(first)
        terminal.press("q")
        assert terminal.wait() == 0


OVERTAKEN = """
import time
from textual.drivers.linux_driver import LinuxDriver
size_of = LinuxDriver._get_terminal_size
def overtaken(self):
    size = size_of(self)
    if size == (80, 40):  # the next SIGWINCH comes between reading this size and telling it
        while size_of(self) == size:
            time.sleep(0.01)
    return size
LinuxDriver._get_terminal_size = overtaken
from tests.bench.rows import main
main()
"""


def test_a_size_that_is_reported_late_does_not_stay() -> None:
    with Terminal(["-c", OVERTAKEN, "200", "3", "--still", "--graphs", "off"], 160, 40) as terminal:
        terminal.until("10.0.0.")
        first = terminal.settled()
        terminal.resize(80, 40)
        time.sleep(0.3)
        terminal.resize(160, 40)
        terminal.until_screen(first)
        terminal.press("q")
        assert terminal.wait() == 0


def test_a_terminal_that_is_too_small_gets_a_message() -> None:
    with rows(70, 20) as terminal:
        terminal.until("70x20: made for 80x24 and more")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(number: signal.Signals) -> None:
    with rows(80, 24) as terminal:
        found = terminal.until("10.0.0.")
        assert not terminal.echoes()
        os.kill(terminal.pid, number)
        assert terminal.wait() == -number
        found += terminal.read(0)
        assert clean(found) and terminal.echoes()


def test_a_signal_ends_the_console_even_if_the_link_is_blocked() -> None:
    with rows(200, 60, "1000", "10") as terminal:
        terminal.until("10.0.0.")
        terminal.rate = 0
        for _ in range(40):
            terminal.press("\x1b[6~")
            time.sleep(0.02)
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.wait() in (-signal.SIGTERM, 128 + signal.SIGTERM)


def test_a_terminal_that_goes_away_ends_the_console() -> None:
    with rows(80, 24) as terminal:
        terminal.until("10.0.0.")
        terminal.lose()
        assert terminal.wait() == -signal.SIGHUP


def test_a_terminal_that_goes_away_without_a_signal_ends_the_console() -> None:
    """Nobody sends a hang-up where the terminal is not that of the session: reads come to an end, writes fail."""
    master, slave = pty.openpty()
    words = [sys.executable, "-m", "tests.bench.rows", "50", "3"]
    environment = os.environ | {"TERM": "xterm", "PYTHONUTF8": "1"}
    with subprocess.Popen(words, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        found = b""
        while b"10.0.0." not in found:
            found += os.read(master, 65536)
        os.close(master)
        assert process.wait(PATIENCE) == -signal.SIGHUP


def test_ctrl_z_suspends_and_fg_paints_again() -> None:
    with rows(80, 24) as terminal:
        terminal.until("10.0.0.")
        before = terminal.settled(4.0)
        found = [terminal.read(0)]

        def left() -> bool:
            found.append(terminal.read(0))
            return state_of(terminal.pid) == "T" and clean(b"".join(found)) and terminal.echoes()

        terminal.press("\x1a")
        terminal.shows(left, "the screen that was left")
        with terminal.lock:
            terminal.screen.reset()
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.shows(lambda: terminal.display() == before and not terminal.echoes(), "\n".join(before))


def names(terminal: Terminal) -> list[str]:
    """Of each row its name: rates come with time."""
    return [line[:30] for line in terminal.display()[2:]]


def test_a_slow_link_gets_the_present_screen_and_not_old_frames() -> None:
    """Pages are turned: one after the other was drawn, and faster than they can be drawn."""
    pages = 50 if SOAK else 20
    with ExitStack() as stack:
        at_once, terminal = (stack.enter_context(rows(200, 60, "5000", "10", "--still")) for _ in range(2))
        for one in (at_once, terminal):
            one.until("10.0.0.")
            one.calm()
        fast = sum(len(at_once.answer("\x1b[6~", 0.05)) for _ in range(pages)) + len(at_once.answer("k"))
        terminal.read(0)
        terminal.rate = 5_000
        for _ in range(pages):
            terminal.press("\x1b[6~")
            time.sleep(0.03)
        terminal.press("k")
        # Both are looked at: on a busy machine the last page of the first may be drawn late.
        terminal.shows(lambda: names(terminal) == names(at_once), "\n".join(names(at_once)))
        slow = len(terminal.read(0))
    assert 0 < slow < fast * 0.6


def test_keys_do_not_wait_for_a_blocked_link() -> None:
    """Many frames are due, the link holds few, and nobody takes one: the keys go on, and leaving leaves."""
    with rows(200, 60, "1500", "3", "--still") as terminal:
        terminal.until("10.0.0.")
        terminal.calm()
        terminal.rate = 0
        for n in range(200 if SOAK else 40):
            terminal.press("\x1b[6~" if n % 2 else "\x1b[F")
            terminal.press("g")
            time.sleep(0.01)
        terminal.press("q")
        assert terminal.wait() == 0
