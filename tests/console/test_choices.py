"""What is chosen on the screen is there again at the next start, and nothing that would hide trouble."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lvstui import consoles, places
from lvstui.config import Settings
from lvstui.console.session.choices import SavedChoices, remembered
from lvstui.store import choices as store
from lvstui.store import private
from lvstui.store.choices import NOTHING, Choices, TableChoice
from tests.console.stage import opened
from tests.console.terminal import Terminal


async def test_view_order_theme_and_filters_are_restored(tmp_path: Path) -> None:
    path = tmp_path / "console" / "choices.toml"
    async with opened(choices=remembered(path)) as stage:
        await stage.press("tab", "o", "slash", *"active<9", "enter", "space", "p")
        await stage.press("enter", "o", "o", "escape")
        await stage.press("t", "up", "enter", "2", "o")
        theme, look = stage.app.theme, stage.app.look
        assert look.sort and stage.app.view == "hosts"
        stage.app.keep_choices()
    found, complaint = store.read(path)
    assert complaint == "" and set(found.tables) == {"hosts", "services", "services inside"}

    async with opened(choices=remembered(path)) as stage:
        assert (stage.app.view, stage.app.look.sort) == ("hosts", look.sort)
        await stage.shows(f"by {look.sort}", "as it was left; :forget ends that")
        await stage.press("1")
        services = stage.app.look
        assert services.columns == found.tables["services"].columns != ""
        assert services.sort == found.tables["services"].sort != ""
        assert (services.filter, services.marked, services.paused) == ("", frozenset(), False)
        await stage.press("slash", "up")
        assert "active<9" in stage.screen()
        await stage.press("escape", "enter")
        assert stage.app.look.sort == found.tables["services inside"].sort
        assert stage.app.choices() == found._replace(view="services", theme=theme)


async def test_after_forget_nothing_is_saved_again(tmp_path: Path) -> None:
    path = tmp_path / "console" / "choices.toml"
    store.write(path, Choices("hosts", "", ("up",), {"hosts": TableChoice(sort="active")}))
    async with opened(choices=remembered(path)) as stage:
        await stage.press("colon")
        await stage.type("forget")
        await stage.press("enter")
        await stage.shows("forgotten: view, order, theme")
        stage.app.keep_choices()
        assert not path.exists() and stage.app.context.session.filters == ()


async def test_an_unusable_file_is_reported_and_the_defaults_apply(tmp_path: Path) -> None:
    path = tmp_path / "console" / "choices.toml"
    private.write(path, ["view = 7\n"])
    async with opened(choices=remembered(path)) as stage:
        await stage.shows("view is not a name; the console starts with its defaults")
        assert stage.app.view == "services"


async def test_an_unknown_view_or_order_is_ignored(tmp_path: Path) -> None:
    tables = {
        "services": TableChoice("nonesuch", "nonesuch"),
        "nonesuch inside": TableChoice(sort="x"),
        "audit": TableChoice("own"),
    }
    for view in ("nonesuch", "pair", "connections"):
        async with opened(choices=SavedChoices(None, Choices(view, "", (), tables))) as stage:
            assert stage.app.view == "services"
            await stage.shows("192.0.2.1:80")
            await stage.press("6")
            assert stage.app.look.columns == "", "a kind of records that is not shown is no order of columns"


async def test_what_cannot_be_saved_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "console").symlink_to(tmp_path)
    async with opened(choices=SavedChoices(tmp_path / "console" / "choices.toml")) as stage:
        await stage.press("tab")
        await stage.app.director.fresh()
        stage.app._arrived()
        await stage.shows("what you choose here is not remembered", "is a link")
        assert stage.app.context.storage.choices.path is None


def test_the_command_line_says_what_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on a simulated director nor in a recording, but for the theme; not with --fresh; config.toml goes before."""
    monkeypatch.setenv("LVSTUI_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: True))
    chosen = Choices("hosts", "nord")
    store.write(places.choices(), chosen)

    def started(theme: str = "", **flags: Any) -> tuple[str, Choices, bool]:
        found: list[tuple[str, Choices, bool]] = []

        def console(arguments: Any, kept: SavedChoices) -> int:
            found.append((arguments.settings.theme, kept.saved, kept.path is not None))
            return 0

        monkeypatch.setattr(consoles, "_console", console)
        given = {"on": "", "demo": None, "replay": None, "fresh": False, **flags}
        assert consoles.run(SimpleNamespace(settings=Settings(theme=theme), **given)) == 0
        return found[0]

    assert started() == ("nord", chosen, True)
    assert started(theme="light") == ("light", chosen, True)
    assert started(demo="") == started(replay="x.tape") == ("nord", Choices(theme="nord"), False)
    assert started(fresh=True) == ("", NOTHING, False)
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.delenv("COLORTERM", raising=False)
    assert started() == ("", chosen, True)


def test_the_next_console_opens_as_the_last_one_was_left(tmp_path: Path) -> None:
    path = tmp_path / "console" / "choices.toml"
    words = ["-m", "tests.bench.rows", "50", "3", "--still", "--choices", str(path)]
    with Terminal(words, 80, 24) as terminal:
        terminal.until("10.0.0.")
        terminal.press("o2")
        terminal.until("172.16.0.")
        terminal.press("q")
        assert terminal.wait() == 0
    assert os.stat(path).st_mode & 0o777 == 0o600
    found, _ = store.read(path)
    assert found.view == "hosts" and found.tables["services"].sort
    with Terminal(words, 80, 24) as terminal:
        terminal.until("172.16.0.")
        terminal.press("1")
        terminal.until(f"by {found.tables['services'].sort}")
