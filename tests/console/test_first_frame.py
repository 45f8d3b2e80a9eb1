"""What stands on the terminal before Textual is loaded: the rows that the console then paints over, at the same places.
It leaves the terminal as it was whatever happens meanwhile, and loses no key."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from lvstui.console import first_frame
from lvstui.console.app import Console
from lvstui.console.session.choices import SavedChoices
from lvstui.console.session.director_client import SMALL
from lvstui.console.session.read_ahead import ReadAhead
from lvstui.director.errors import Unavailable
from lvstui.director.model import RuleSet, Service, rules_from, service_key
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.store.choices import Choices, TableChoice
from tests.console.stage import DEFAULTS, RULES, Kept, opened
from tests.console.terminal import Terminal
from tests.memory import MemoryDirector

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
ROW = "192.168.80.200:80"
HELD = """
import select, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
from lvstui.console import first_frame
from lvstui.console.terminal import alternate_screen
from lvstui import cli
frame = alternate_screen.showing
from contextlib import contextmanager
@contextmanager
def held(lines, encoding):
    with frame(lines, encoding):
        if {waits}:
            select.select((0,), (), ())  # until a key is pressed
        yield
alternate_screen.showing = held
first_frame.PATIENCE = 60.0
sys.exit(cli.main(["--demo", "--fresh"]))
"""
"""The console, which stays at its first frame until a key is pressed."""


@contextmanager
def held(waits: bool) -> Iterator[Terminal]:
    with Terminal(["-c", HELD.format(waits=waits)], 100, 30, {"LVSTUI_CONFIG": "/nonexistent"}) as terminal:
        terminal.until(ROW)
        yield terminal


def output(terminal: Terminal) -> bytes:
    """All that it has written."""
    with terminal.lock:
        return b"".join(part for _, part in terminal._parts)


@pytest.mark.parametrize(("width", "height"), [(40, 10), (80, 24), (100, 30), (160, 48), (220, 60)])
@pytest.mark.parametrize("view", ["services", "hosts", "vrrp"])
async def test_the_rows_stand_where_the_console_paints_them(width: int, height: int, view: str) -> None:
    choices = SavedChoices(choices=Choices(view=view, tables={"services": TableChoice(sort="weight")}))
    director = MemoryDirector(RULES)
    async with opened(director, (width, height), choices=choices) as stage:
        state, storage = stage.app.state, stage.app.context.storage
        lines = first_frame.lines(director, state, DEFAULTS, storage, False, width, height)
        painted = stage.screen().replace("\u258c", " ").split("\n")
    assert stage.app.view == view and 4 <= len(lines) <= height
    assert lines[:2] == painted[:2]
    there = painted[3 : 3 + len(lines) - 3]
    if height < 24:  # the table gives way to what stands below it
        lines, there = lines[:5], there[: len(lines[3:5])]
    for line, drawn in zip(lines[3:], there, strict=True):
        assert drawn.startswith(line), f"{line!r} is not where {drawn!r} is"


def test_a_key_for_the_row_that_is_seen_waits_until_the_console_has_it() -> None:
    with held(waits=True) as terminal:
        terminal.press("z")
        terminal.until("ipvsadm -Z -t 192.168.80.200:80")


def test_it_is_on_the_terminal_before_textual_and_no_key_is_lost() -> None:
    with held(waits=True) as terminal:
        assert output(terminal).count(ENTER) == 1 and not terminal.echoes()
        terminal.press("2:goto 192.168.80.103\r")
        terminal.until("services > TCP 192.168.80.200:80")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.echoes()
        written = output(terminal)
    assert written.count(ENTER) == written.count(LEAVE) == 1


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_meanwhile_ends_it_and_leaves_the_terminal_as_it_was(end: signal.Signals) -> None:
    with held(waits=True) as terminal:
        os.kill(terminal.pid, end)
        assert terminal.wait() == -end
        assert LEAVE in output(terminal) and terminal.echoes()


def test_ctrl_c_meanwhile_leaves_the_console_as_it_does_later() -> None:
    with held(waits=True) as terminal:
        terminal.press("\x03")
        assert terminal.wait() == 0
        assert output(terminal).count(LEAVE) == 1 and terminal.echoes()


def test_a_defect_meanwhile_is_told_on_the_shell_s_screen() -> None:
    broken = HELD.format(waits=False).replace("        yield\n", "        raise OSError('broken')\n        yield\n")
    with Terminal(["-c", broken], 100, 30, {"LVSTUI_CONFIG": "/nonexistent"}) as terminal:
        assert terminal.wait() not in (0, None)
        before, _, after = output(terminal).rpartition(LEAVE)
        assert ROW.encode() in before and b"broken" in after
        assert terminal.echoes()


class Slow(MemoryDirector):
    """A director whose first read ends when it is let go."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.go, self.reads = threading.Event(), 0

    def read(self, scope: Scope) -> State:
        self.reads += 1
        assert self.go.wait(60.0)
        return super().read(scope)


def test_a_read_that_takes_long_holds_nothing_up(monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> None:
    monkeypatch.setattr(first_frame, "PATIENCE", 0.01)
    slow = Slow()
    first = ReadAhead(slow, ask=False)
    with first_frame.shown(first, DEFAULTS, Kept(Path("/nonexistent")).files(None), False):
        pass
    assert capfdbinary.readouterr().out == b""
    slow.go.set()
    assert first.state().services and slow.reads == 1


async def test_the_console_goes_on_from_that_read(tmp_path: Path) -> None:
    slow = Slow()
    slow.go.set()
    first = ReadAhead(slow, ask=False)
    app = Console(slow, DEFAULTS._replace(interval=30.0), Kept(tmp_path).files(None), first=first)
    async with app.run_test():
        while app.director.state is None:
            await asyncio.sleep(0.01)
        assert app.director.state is first.state() and slow.reads == 1
        await app.director.fresh()
        assert slow.reads == 2


async def test_a_first_read_that_fails_is_said_and_tried_again(tmp_path: Path) -> None:
    class Gone(Slow):
        def read(self, scope: Scope) -> State:
            if self.reads:
                return super().read(scope)
            self.reads += 1
            raise Unavailable("ip_vs", "is not loaded", "modprobe ip_vs")

    gone = Gone()
    gone.go.set()
    app = Console(gone, DEFAULTS, Kept(tmp_path).files(None), first=ReadAhead(gone, ask=False))
    async with app.run_test():
        while not app.director.trouble:
            await asyncio.sleep(0.01)
        assert "modprobe ip_vs" in app.director.trouble
        assert (await app.director.fresh()).services


def test_a_large_table_is_left_to_the_console() -> None:
    many = RuleSet(rules_from([(Service(service_key(6, "192.0.2.1", port)), []) for port in range(1, SMALL + 2)]))
    first = ReadAhead(MemoryDirector(many), ask=False)
    first.state()
    files = Kept(Path("/nonexistent")).files(None)
    with (
        mock.patch.object(first_frame, "lines", side_effect=AssertionError("drawn")),
        first_frame.shown(first, DEFAULTS, files, False),
    ):
        pass
