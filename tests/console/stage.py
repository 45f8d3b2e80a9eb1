"""The console on a director in memory, headless, for tests."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from textual import events
from textual.keys import key_to_character
from textual.pilot import Pilot

from lvstui import places
from lvstui.config import Settings
from lvstui.console.app import Console
from lvstui.console.files import Files
from lvstui.director.memory import MemoryDirector
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.record import Who
from lvstui.director.source import Source
from lvstui.director.state import State
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
from lvstui.store.replay import Replay
from lvstui.views.snapshots import EXAMPLE, NAMED, Snapshot

WEB = service_key(6, "192.0.2.1", 80)
DNS = service_key(17, "192.0.2.2", 53)
MARK = service_key(fwmark=7)
ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)

DEFAULTS = Settings()

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
    """The app, its pilot, and what a test asks of them."""

    def __init__(self, app: Console, pilot: Pilot[int], files: Kept) -> None:
        self.app = app
        self.pilot = pilot
        self.files = files

    async def press(self, *keys: str) -> None:
        """Presses keys, one after the other as an operator would."""
        for key in keys:
            self.app.post_message(events.Key(key, key_to_character(key)))
            await self.settle()

    async def burst(self, *keys: str) -> None:
        """Presses keys faster than anything can answer."""
        for key in keys:
            self.app.post_message(events.Key(key, key_to_character(key)))
        await self.settle()

    async def type(self, text: str) -> None:
        await self.burst(*text)

    async def settle(self) -> None:
        """Until nothing is under way but questions and reads."""
        await asyncio.sleep(0.002)
        await self.pilot.pause()

    async def until(self, wanted: Callable[[], bool], seconds: float = 5.0) -> None:
        for _ in range(int(seconds / 0.02)):
            if wanted():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"it did not come; the bottom line says {self.bottom!r}\n{self.screen()}")

    @property
    def bottom(self) -> str:
        return " ".join(self.app.prompt.text_shown().split("\n")).strip()

    def screen(self) -> str:
        """The screen as text, without spaces at the ends of lines."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


class Kept:
    """Files that stay in memory, but for what a restore keeps."""

    def __init__(self, folder: Path, stored: dict[Path, RuleSet] | None = None) -> None:
        self.stored = stored or {}
        self.saved: dict[Path, State] = {}
        self.kept: list[State] = []
        self.place = places.Kept(folder, folder / "run", "this boot")

    def files(self, audited: Audited | None) -> Files:
        folder, themes = Path("/snapshots"), places.theme_folders()
        return Files(
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
            kept=self.place,
            audited=audited,
        )

    def _keep(self, state: State) -> Path:
        self.kept.append(state)
        return Path("/snapshots/auto.toml")

    def _save(self, state: State, path: Path) -> None:
        self.saved[path] = state

    def _load(self, path: Path) -> tuple[RuleSet, Sequence[str]]:
        return self.stored[path], ()

    def _listed(self) -> Sequence[Snapshot]:
        """In the order they were stored, a minute apart; the last is an example."""
        last = len(self.stored) - 1
        return tuple(
            Snapshot(path, EXAMPLE if n == last > 0 else NAMED, 3600.0 - 60 * n, 1000 + n, n != last or not last)
            for n, path in enumerate(self.stored)
        )

    def _remove(self, path: Path) -> None:
        del self.stored[path]


@asynccontextmanager
async def opened(
    source: Source | None = None,
    size: tuple[int, int] = (80, 24),
    interval: float = 30.0,
    stored: dict[Path, RuleSet] | None = None,
    theme: str = "ansi-dark",
    folder: Path | None = None,
    settings: Settings = DEFAULTS,
) -> AsyncIterator[Stage]:
    """The console after its first read."""
    with tempfile.TemporaryDirectory() as temporary:
        kept = Kept(folder or Path(temporary), stored)
        async with _staged(kept, source, size, settings._replace(interval=interval, theme=theme)) as stage:
            yield stage


@asynccontextmanager
async def _staged(kept: Kept, source: Source | None, size: tuple[int, int], settings: Settings) -> AsyncIterator[Stage]:
    log = Log(kept.place.folder, system=False)
    audited = Audited(
        source or MemoryDirector(RULES), log, Who("ann", "root", "ann"), "console", "net-1", watching=True
    )
    if isinstance(source, Replay):
        app = Console(source, settings, kept.files(None)._replace(replay=source))
    else:
        app = Console(audited, settings, kept.files(audited))
    async with app.run_test(size=size) as pilot:
        stage = Stage(app, pilot, kept)
        await stage.until(lambda: app.poll.state is not None or bool(app.poll.trouble))
        await stage.settle()
        yield stage
