"""Every view of the incident at four sizes, as text and with the styles of its cells, and what it is drawn with in four
themes. LVSTUI_GOLDENS=1 writes the goldens again. One console walks through all views, so that they cost little."""

from __future__ import annotations

import asyncio
import os
import string
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pytest
from rich.style import Style

from lvstui.config import Settings
from lvstui.director.model import RuleSet, server_key, service_key
from lvstui.director.source import Scope
from lvstui.director.state import rules_of
from tests import screenshots
from tests.console.stage import Stage, opened
from tests.sampling import SOAK

GOLDENS = Path(__file__).parent / "goldens"
SIZES = ((80, 24), (100, 30), (160, 48), (220, 60))
WALK = {
    "services": ("1",),
    "service": ("enter",),
    "server": ("enter",),
    "service-page": ("escape", "escape", "exclamation_mark"),
    "hosts": ("escape", "2"),
    "host": ("enter",),
    "connections": ("escape", "3"),
    "vrrp": ("4",),
    "instance": ("enter",),
    "doctor": ("escape", "5"),
    "finding": ("enter",),
    "audit": ("escape", "6"),
    "record": ("enter",),
    "snapshots": ("escape", "7"),
    "contents": ("enter",),
    "help": ("escape", "question_mark"),
    "form": ("escape", "1", "e"),
    "servers": ("escape", "colon", *"servers", "enter"),
    "command": ("1", "g", "colon", *"weight", "space", *"www", "space"),
    "unfolded": ("escape", "space", "down", "space", "down", "space", "s", *"sh", "enter"),
}
"""The views, and the keys that lead to each from the one before."""
THEMES = ("dark", "light")
_HEAD = "──── "
_SEAM = "\n\f\n"
"""Between the text of a screen and its styles, while both are waited for."""
_PATIENCE = 120.0
"""Seconds that all views together may be late."""
BEFORE = Path("/snapshots/before-cdn3.toml")


_each_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
_some_sizes = pytest.mark.parametrize("size", SIZES if SOAK else SIZES[::2], ids=lambda size: f"{size[0]}x{size[1]}")
"""All four in `make soak`."""


@_each_size
async def test_every_view_as_text_and_with_its_styles(size: tuple[int, int], tmp_path: Path) -> None:
    goldens = [GOLDENS / f"{kind}-{size[0]}x{size[1]}.txt" for kind in ("every", "cells")]
    texts, styles = map(_read, goldens)
    wanted = {name: _SEAM.join((texts[name], styles[name])) for name in texts.keys() & styles.keys()}
    seen = await _walked(WALK, size, tmp_path, "ansi-dark", wanted, _text_and_styles)
    for name, both in seen.items():
        lines = both.split(_SEAM)[0].split("\n")
        assert len(lines) == size[1] and all(len(line) <= size[0] for line in lines), name
    for golden, part in zip(goldens, (0, 1), strict=True):
        _judge(golden, {name: both.split(_SEAM)[part] for name, both in seen.items()})


@_some_sizes
async def test_the_roles_of_every_view(size: tuple[int, int], tmp_path: Path) -> None:
    """One console wears the themes one after the other in each view."""
    golden = GOLDENS / f"styles-{size[0]}x{size[1]}.txt"
    _judge(golden, await _walked(WALK, size, tmp_path, THEMES[-1], _read(golden), _styles, THEMES))


@_some_sizes
async def test_the_roles_of_every_view_without_colours(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    golden = GOLDENS / f"styles-mono-{size[0]}x{size[1]}.txt"
    _judge(golden, await _walked(WALK, size, tmp_path, THEMES[-1], _read(golden), _uncoloured))


async def _walked(
    walk: Mapping[str, Sequence[str]],
    size: tuple[int, int],
    folder: Path,
    theme: str,
    wanted: Mapping[str, str],
    seen: Callable[[Stage], str],
    themes: Sequence[str] = ("",),
) -> dict[str, str]:
    """What is seen of each view, in each of the themes, "" for the one that is worn. A page may be drawn in two steps,
    so what is wanted is waited for."""
    clock = screenshots.Clock()
    found: dict[str, str] = {}
    with screenshots.fixed(clock):
        world, names = screenshots.opened_world("incident", folder, clock)
        rules = rules_of(world.read(Scope(sweep=True, settings=True)))
        img, cdn3 = service_key(6, "192.0.2.12", 80), server_key("203.0.113.63", 80)
        others = {key: server for key, server in rules.rules[img].servers.items() if key != cdn3}
        stored = {BEFORE: RuleSet({**rules.rules, img: rules.rules[img]._replace(servers=others)})}
        settings = Settings(names=names)
        async with opened(
            world, size=size, folder=folder, settings=settings, stored=stored, theme=theme, interval=3600.0
        ) as stage:
            await screenshots.passes(stage, clock, 10.0)
            late = 0.0
            for name, keys in walk.items():
                await stage.press(*keys)
                await stage.until(lambda: not stage.app.sampler.reading.under_way)
                await stage.settle()
                for worn in themes:
                    if worn:
                        stage.app.wear(worn)
                        await stage.settle()
                    named = f"{name} {worn}".rstrip()
                    began = time.monotonic()
                    if os.environ.get("LVSTUI_GOLDENS"):
                        await asyncio.sleep(0.3)
                        wanted = {**wanted, named: seen(stage)}
                    while (found := {**found, named: seen(stage)})[named] != wanted.get(named) and late < _PATIENCE:
                        await asyncio.sleep(0.05)
                        late += time.monotonic() - began
                        began = time.monotonic()
    return found


def _styles(stage: Stage, coloured: bool = True) -> str:
    """What each row is drawn with: a letter for each style and for how many cells; below what the letters are."""
    strips = stage.app.screen._compositor.render_strips()
    parts = [[(one.style or Style(), one.cell_length) for one in strip if one.cell_length] for strip in strips]
    rows = [[(str(style if coloured else style.without_color), size) for style, size in row] for row in parts]
    rows = [[(style, sum(size for _, size in of)) for style, of in groupby(row, itemgetter(0))] for row in rows]
    letters = dict(zip(sorted({style for row in rows for style, _ in row}), string.ascii_letters, strict=False))
    lines = [" ".join(f"{letters[style]}{size}" for style, size in row) for row in rows]
    return "\n".join([*lines, *(f"{letter} {style}" for style, letter in letters.items())])


def _text_and_styles(stage: Stage) -> str:
    return f"{stage.screen()}{_SEAM}{_styles(stage)}"


def _uncoloured(stage: Stage) -> str:
    """The same as it reaches a terminal without colours."""
    return _styles(stage, False)


def _read(path: Path) -> dict[str, str]:
    """The screens of a golden by name."""
    if not path.is_file() or os.environ.get("LVSTUI_GOLDENS"):
        return {}
    parts = path.read_text(encoding="utf-8").split(f"\n{_HEAD}")[1:]
    return {name: text.rstrip("\n") for name, _, text in (part.partition("\n") for part in parts)}


def _judge(path: Path, found: dict[str, str]) -> None:
    text = "".join(f"\n{_HEAD}{name}\n{screen}\n" for name, screen in found.items())
    if os.environ.get("LVSTUI_GOLDENS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "LVSTUI_GOLDENS=1 writes it again"
