"""The pictures of docs/, made from the simulated director: `python -m tests.screenshots [NAME ...]` writes them again.

The world, its clock and the wall clock are fixed, so that the same code makes the same pictures; a test holds them to
that. No font is fetched by who looks at them.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from lvstui import places
from lvstui.config import Settings
from lvstui.demo import World, incident, past
from lvstui.director.model import Entry, RuleSet, ServiceKey
from lvstui.director.source import Scope, Source
from lvstui.director.subject import Subject, subject
from lvstui.formats import rule_files, toml
from lvstui.store.audit import Log
from lvstui.store.frames import Encoder
from lvstui.store.replay import Replay
from lvstui.store.tape import DIFFERENCE, KEY, TapeWriter
from tests.console.stage import Stage, opened

FOLDER = Path(__file__).resolve().parents[1] / "docs/screenshots"
BEGAN = 1_795_428_000.0
"""23 November 2026, 10:00 UTC."""
_WORLDS = ("seed-cluster", "nat", "persistence", "ipv6", "sip", "thresholds", "fwmark", "hashing", "tunnel-gue")
_TICK = 2.0

NAMES: Mapping[Subject, str] = {
    subject(key): name
    for key, name in (
        ("192.168.80.102", "web1"),
        ("192.168.80.103", "web2"),
    )
}


class Picture(NamedTuple):
    """A screen: how long the world had run, which keys were pressed then, in which theme and size. A tuple of keys
    among them is pressed without anything happening in between; a number is that many seconds that pass."""

    keys: tuple[str | float, ...] = ()
    theme: str = "dark"
    size: tuple[int, int] = (110, 32)
    seconds: float = 200.0
    replay: bool = False
    site: bool = False


PICTURES = {
    "incident": Picture((1.0,), size=(100, 30), seconds=60.0, site=True),
    "services": Picture(),
    "servers": Picture(("down", "enter")),
    "server": Picture(("n", "enter", "enter"), size=(100, 30)),
    "wide": Picture(("down",), size=(180, 46)),
    "small": Picture(("down",), theme="light", size=(80, 24)),
    "hosts": Picture(("2", 20.0)),
    "connections": Picture(("3",)),
    "vrrp": Picture(("4",)),
    "drain": Picture(("down", "enter", "g", "x"), theme="nord"),
    "form": Picture(("down", "enter", "g", "e"), theme="light"),
    "filter": Picture(("slash", *"active>20", "enter")),
    "audit": Picture(
        ("enter", "g", "w", *"5", "enter", "y", 4.0, "down", "x", *"disk", "enter", "y", 4.0, "escape", "6")
    ),
    "command": Picture(("colon", *"drain host 10.1.0.11 ", "enter", "n", "colon", *"weight 10"), theme="gruvbox"),
    "replay": Picture(("left_curly_bracket", "p", "enter"), size=(110, 24), replay=True),
    "themes": Picture(("t", "up"), size=(90, 26)),
    "colorblind": Picture(("down", "down"), theme="colorblind", size=(110, 24)),
    "help": Picture(("question_mark",), size=(90, 40)),
}


def rules() -> RuleSet:
    """Several of the example worlds in one."""
    found: dict[ServiceKey, Entry] = {}
    for name in _WORLDS:
        found |= rule_files.read_rules(str(places.snapshots() / f"{name}.toml"), "").rules.rules
    return RuleSet(found)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def fixed(clock: Clock, began: float = BEGAN) -> Iterator[None]:
    """Wall clock and zone are always the same."""
    with mock.patch.dict(os.environ, {"TZ": "UTC", "TERM": "xterm-256color"}), \
            mock.patch.object(time, "time", lambda: began + clock.now):  # fmt: skip
        time.tzset()
        yield
    time.tzset()


async def picture(name: str) -> str:
    """One of them, as SVG."""
    keys, theme, size, seconds, replay, site = PICTURES[name]
    clock = Clock()
    with fixed(clock), tempfile.TemporaryDirectory() as folder:
        source: Source = World(rules(), clock=clock, host="lvs1")
        names = NAMES
        if site:
            source, names = opened_world("site", Path(folder), clock)
        if replay:
            source = _recorded(source, Path(folder) / "x.tape", clock, seconds)
        async with opened(source, size=size, theme=theme, folder=Path(folder), settings=Settings(names=names)) as stage:
            stage.app.prompt._fade = lambda said: None  # type: ignore[method-assign]  # however long this takes
            if not replay:
                await passes(stage, clock, seconds)
            for key in keys:
                if isinstance(key, float):
                    await passes(stage, clock, key)
                else:
                    await stage.press(key)
            await stage.until(lambda: not stage.app.sampler.reading.under_way)
            await stage.settle()
            return _plain(stage.app.export_screenshot(title=""))


def opened_world(name: str, folder: Path, clock: Clock, began: float = BEGAN) -> tuple[World, Mapping[Subject, str]]:
    """A world of the demo, with its past in the audit log, and its names."""
    file = places.worlds()[1] / f"{name}.toml"
    configured, stated = toml.read_beside(file.read_text(encoding="utf-8"), "demo")
    found = incident(stated, configured.rules, file.name)
    Log(folder, system=False).begin(past(found, configured, began))
    return World(configured, found, clock=clock), found.names


def _recorded(world: Source, path: Path, clock: Clock, seconds: float) -> Replay:
    """A recording of this many seconds of the world, paused at its end."""
    encoder, writer = Encoder(keeping=True), TapeWriter(path)
    for _ in range(round(seconds / _TICK) + 1):
        state = world.read(Scope(sweep=True, vrrp=True, settings=True, owner=True, ask=True))
        whole, payload = encoder.encode(state)
        writer.append(KEY if whole else DIFFERENCE, state.taken, payload)
        clock.now += _TICK
    writer.close()
    replay = Replay(path, lambda: 0.0)
    replay.seek(seconds)
    return replay


async def passes(stage: Stage, clock: Clock, seconds: float) -> None:
    """Lets the world run, and the console look at it, a tick at a time."""
    for _ in range(round(seconds / _TICK)):
        clock.now += _TICK
        await stage.app.director.fresh()
    stage.app._arrived()
    await stage.settle()


def _plain(svg: str) -> str:
    """Without fetched fonts, and with blanks that every viewer keeps."""
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace("font-family: Fira Code,", "font-family:").replace("<text ", '<text xml:space="preserve" ')
    # A cell is 12.2 wide: DejaVu Sans Mono is that at this size, for viewers that leave textLength aside.
    svg = svg.replace("font-size: 20px", "font-size: 20.26px")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main(names: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in names or PICTURES:
        (FOLDER / f"{name}.svg").write_text(asyncio.run(picture(name)), encoding="utf-8")
        print(f"made docs/screenshots/{name}.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
