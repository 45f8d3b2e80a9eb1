"""The console on a director in memory, headless, for tests."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from textual import events
from textual.app import App
from textual.keys import key_to_character
from textual.message_pump import MessagePump
from textual.pilot import Pilot

from lvstui import places
from lvstui.config import Settings
from lvstui.console.app import Console
from lvstui.console.session import director_client
from lvstui.console.session.choices import SavedChoices
from lvstui.console.session.storage import Storage
from lvstui.console.session.under_way import UnderWay
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.record import Who
from lvstui.director.source import Source
from lvstui.director.state import State
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
from lvstui.store.replay import Replay
from lvstui.views.snapshots import EXAMPLE, NAMED, ListedSnapshot
from tests.memory import MemoryDirector

WEB = service_key(6, "192.0.2.1", 80)
DNS = service_key(17, "192.0.2.2", 53)
MARK = service_key(fwmark=7)
ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)

DEFAULTS = Settings()

HANGING = "no answer to the read"
_HANGS = director_client.HANGS

RULES = RuleSet(
    rules_from(
        [
            (Service(WEB, "wrr"), [Server(ONE, weight=3), Server(TWO, weight=3)]),
            (Service(DNS, "rr", one_packet=True), [Server(server_key("10.0.0.3", 53), 0, weight=1)]),
            (Service(MARK, "wlc", persistence=360), []),
        ]
    )
)
"""In the order of their keys: web, dns, then the mark."""


class Stage:
    """The app, its pilot, and what a test needs of them."""

    def __init__(self, app: Console, pilot: Pilot[int], files: Kept) -> None:
        self.app = app
        self.pilot = pilot
        self.files = files
        self._settling = False
        self._fade = app.prompt._fade
        app.prompt._fade = self._fades  # type: ignore[method-assign]

    def _fades(self, said: int) -> None:
        """A message that the bottom line shows for some seconds stays until the machine has settled: a busy machine may
        take longer than that to answer a key, and the test reads the line after it."""
        if self._settling:
            self.app.prompt.set_timer(0.1, lambda: self._fades(said))
        else:
            self._fade(said)

    async def press(self, *keys: str) -> None:
        """Presses keys, one after the other as an operator would, who waits for what was begun before: a change was
        sent before its action is over, and a key that comes between the two is not taken."""
        await self._idle()
        for key in keys:
            self.app.post_message(events.Key(key, key_to_character(key)))
            await self.settle()

    async def burst(self, *keys: str) -> None:
        """Presses keys faster than the console can answer."""
        for key in keys:
            self.app.post_message(events.Key(key, key_to_character(key)))
        await self.settle()

    async def type(self, text: str) -> None:
        await self.burst(*text)

    async def settle(self) -> None:
        """Until nothing is under way but questions and reads."""
        self._settling = True
        try:
            for _ in range(2):  # drawing may cause more to draw
                await self.pilot.pause(0.002)
                if not await self._idle():
                    break
        finally:
            self._settling = False

    async def _idle(self) -> bool:
        return await idle(self.app, self._acting)

    def _acting(self) -> bool:
        """Whether rows are being computed, or an act is under way that does not ask."""
        if self.app.tables.maker.busy:
            return True
        return self.app.runner.busy and not self.app.prompt.asking and len(self.app.screen_stack) == 1

    async def until(self, wanted: Callable[[], bool], seconds: float = 60.0) -> None:
        limit = time.monotonic() + seconds
        while not wanted():
            if time.monotonic() > limit:
                raise AssertionError(f"it did not come; the bottom line says {self.bottom!r}\n{self.screen()}")
            await asyncio.sleep(0.02)

    async def shows(self, *wanted: str) -> None:
        """Waits until all of it is on the screen at once, including the bottom line."""
        await self.until(lambda: all(words in self.screen() or words in self.bottom for words in wanted))

    @property
    def under_way(self) -> list[UnderWay]:
        """What runs on beside the screen."""
        return self.app.context.session.under_way

    @property
    def bottom(self) -> str:
        return " ".join(line.strip() for line in self.app.prompt.text_shown().split("\n")).strip()

    def screen(self) -> str:
        """The screen as text, without spaces at the ends of lines."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def press(app: App[Any], pilot: Pilot[Any], *keys: str) -> None:
    """Presses keys on any app, one after the other, each when the one before was answered. Textual's own `press` pauses
    until the process does not work, and on a busy machine it often does not while there is much to do."""
    await idle(app)
    for key in keys:
        app.post_message(events.Key(key, key_to_character(key)))
        for _ in range(2):
            await pilot.pause(0.002)
            await idle(app)


async def idle(app: App[Any], acting: Callable[[], bool] = lambda: False) -> bool:
    """Until every widget waits for messages, and nothing is `acting`. An act whose read or change does not come back is
    not waited for long: five seconds of a quiet machine, longer on a busy one, for turns are counted too. Whether all
    of it is so."""
    began, calm, turns, patient = time.monotonic(), 0, 0, False
    while calm < 3:
        await asyncio.sleep(0 if calm else 0.001)
        turns += 1
        taken = time.monotonic() - began
        patient = taken > 5.0 and turns > 2500
        busy = acting()
        done = taken > 30.0 or all(map(_waits, _pumps(app)))
        calm = calm + 1 if done and (patient or not busy) else 0
    return not (patient and busy)


def _pumps(app: App[Any]) -> Iterator[MessagePump]:
    yield app
    for screen in app.screen_stack:
        yield from screen.walk_children(with_self=True)


def _waits(pump: MessagePump) -> bool:
    """Whether it has handled all its messages and waits for more."""
    queue: Any = pump._message_queue
    return not pump._running or bool(queue.empty() and queue.ready_event._waiters)


class Kept:
    """Storage in memory, except for what a restore keeps."""

    def __init__(self, folder: Path, stored: dict[Path, RuleSet] | None = None) -> None:
        self.stored = stored or {}
        self.saved: dict[Path, State] = {}
        self.kept: list[State] = []
        self.refused = ""
        self.choices = SavedChoices()
        self.place = places.TablePaths(folder, folder / "run", "this boot")

    def files(self, audited: Audited | None) -> Storage:
        folder, themes = Path("/snapshots"), places.theme_folders()
        return Storage(
            save=self._save,
            load=self._load,
            due=lambda now: False,
            keep=self._keep,
            listed=self._listed,
            remove=self._remove,
            to_read=Path,
            to_write=Path,
            folder=folder,
            themes=themes,
            paths=self.place,
            audited=audited,
            refused=lambda: self.refused,
            choices=self.choices,
        )

    def _keep(self, state: State) -> Path:
        self.kept.append(state)
        return Path("/snapshots/auto.toml")

    def _save(self, state: State, path: Path) -> None:
        self.saved[path] = state

    def _load(self, path: Path) -> tuple[RuleSet, Sequence[str]]:
        return self.stored[path], ()

    def _listed(self) -> Sequence[ListedSnapshot]:
        """In the order they were stored, a minute apart; the last is an example."""
        last = len(self.stored) - 1
        return tuple(
            ListedSnapshot(path, EXAMPLE if n == last > 0 else NAMED, 3600.0 - 60 * n, 1000 + n, n != last or not last)
            for n, path in enumerate(self.stored)
        )

    def _remove(self, path: Path) -> None:
        del self.stored[path]


async def say(stage: Stage, line: str) -> None:
    """Types a command line and runs it."""
    await stage.press("colon")
    await stage.type(line)
    await stage.press("enter")


@asynccontextmanager
async def opened(
    source: Source | None = None,
    size: tuple[int, int] = (80, 24),
    interval: float = 30.0,
    stored: dict[Path, RuleSet] | None = None,
    theme: str = "ansi-dark",
    folder: Path | None = None,
    settings: Settings = DEFAULTS,
    refused: str = "",
    opener: Callable[[str], Source] | None = None,
    pair: str = "",
    choices: SavedChoices | None = None,
    demo: bool = False,
) -> AsyncIterator[Stage]:
    """The console after its first read. `refused`: why the folder of snapshots is not used; `opener` opens another
    director, and `pair` is the one that is open from the start; `demo`: it greets, as on a simulated director."""
    # A thread that nobody waits for may still write a line of the history when the console ends.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        kept = Kept(folder or Path(temporary), stored)
        kept.refused = refused
        kept.choices = choices or SavedChoices()
        settings = settings._replace(interval=interval, theme=theme)
        async with _staged(kept, source, size, settings, opener, pair, demo) as stage:
            yield stage


@asynccontextmanager
async def _staged(
    kept: Kept,
    source: Source | None,
    size: tuple[int, int],
    settings: Settings,
    opener: Callable[[str], Source] | None,
    pair: str,
    demo: bool,
) -> AsyncIterator[Stage]:
    log = Log(kept.place.folder, system=False)
    audited = Audited(
        source or MemoryDirector(RULES), log, Who("ann", "root", "ann"), "console", "net-1", watching=True
    )
    if isinstance(source, Replay):
        app = Console(source, settings, kept.files(None)._replace(replay=source))
    else:
        app = Console(audited, settings, kept.files(audited), demo, opener, pair)
    # A busy machine may take seconds for a read; a test of one that hangs says what is long (monkeypatch).
    hangs = 10.0 if director_client.HANGS == _HANGS else director_client.HANGS
    with mock.patch.object(director_client, "HANGS", hangs):
        async with app.run_test(size=size) as pilot:
            stage = Stage(app, pilot, kept)
            await stage.until(lambda: app.director.state is not None or app.director.trouble not in ("", HANGING))
            await stage.settle()
            yield stage
