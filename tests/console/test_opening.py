"""What the console does when it opens so that its first frame comes soon, and keys are answered soon afterwards."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet
from textual.design import ColorSystem

import lvstui
from lvstui import places
from lvstui.config import Settings
from lvstui.console import app
from lvstui.console.actions import action_runner
from lvstui.console.actions.action_runner import ActionRunner
from lvstui.console.terminal import theme
from lvstui.director.model import RuleSet
from tests.console.stage import Kept, opened
from tests.memory import MemoryDirector

PACKAGE = Path(lvstui.__file__).parent


@pytest.fixture
def collecting() -> Iterator[None]:
    """Puts back how garbage is collected."""
    yield
    gc.unfreeze()
    gc.enable()


async def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_runner, "_STANDS", 0.0)
    await ActionRunner.ready(object.__new__(ActionRunner))


async def test_garbage_is_collected_once_the_frame_stands(collecting: None, monkeypatch: pytest.MonkeyPatch) -> None:
    gc.unfreeze()
    gc.disable()
    await ready(monkeypatch)
    assert gc.isenabled() and gc.get_freeze_count() > 10_000, "nobody looks through what was loaded again"


async def test_where_garbage_is_collected_anyway_nothing_is_kept(
    collecting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gc.unfreeze()
    await ready(monkeypatch)
    assert gc.isenabled() and not gc.get_freeze_count()


@pytest.mark.parametrize(("words", "there"), [([], False), (["--on", "lvs1,lvs2"], True)])
def test_what_reaches_directors_elsewhere_is_loaded_for_them_alone(words: list[str], there: bool) -> None:
    code = f"""
import gc, sys
from lvstui import arguments, cli, consoles
stopped = []
for name in ("_console", "_directors"):
    setattr(consoles, name, lambda *given: stopped.append(gc.isenabled()) or 0)
sys.stdin.isatty = sys.stdout.isatty = lambda: True
cli.main({words!r})
assert stopped == [False] and gc.isenabled()
print("lvstui.verbs.fleet" in sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.stderr.split() == [str(there)], done.stderr


ENVIRONMENT = {"TERM": "xterm", "LVSTUI_STATE": "/nonexistent", "LVSTUI_CONFIG": "/nonexistent"}


def test_a_theme_with_all_colours_of_its_own_needs_none_of_textuals(monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed(*given: Any) -> dict[str, str]:
        raise AssertionError("mixed")

    (folder,) = places.theme_folders()[:1]
    whole = theme.parse((folder / "dark.toml").read_text(), "dark", "dark.toml")
    monkeypatch.setattr(ColorSystem, "generate", mixed)
    assert theme.parse((folder / "dark.toml").read_text(), "dark", "dark.toml") == whole
    with pytest.raises(AssertionError, match="mixed"):
        theme.parse('primary = "#6fa8d6"', "short", "short.toml")


def test_threads_let_one_another_on_while_the_console_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key passes through three threads, each of which may have to wait for the sweep."""
    seen: list[float] = []
    monkeypatch.setattr(app.Console, "run", lambda self, **given: seen.append(sys.getswitchinterval()))
    before = sys.getswitchinterval()
    app.run(MemoryDirector(RuleSet()), Settings(), Kept(tmp_path).files(None))
    assert seen == [pytest.approx(0.0005)] and sys.getswitchinterval() == pytest.approx(before)


async def test_style_sheets_are_read_once_with_the_theme_that_is_worn(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    really = Stylesheet.reparse

    def reparse(sheet: Stylesheet) -> None:
        read.append(str(sheet._variables["role-key"]))
        really(sheet)

    monkeypatch.setattr(Stylesheet, "reparse", reparse)
    async with opened(theme="dark") as stage:
        assert read == [] and stage.app.theme == "dark" and "-theme-dark" in stage.app.classes
        worn = stage.app.themes.by_name
        assert stage.app.stylesheet._variables["role-key"] == worn["dark"].variables["role-key"]
        for name in ("light", "dark"):
            stage.app.theme = name
            await stage.pilot.pause()
            assert read[-1] == worn[name].variables["role-key"]
        assert len(read) == 2


def test_no_value_of_ours_is_compiled_field_by_field() -> None:
    """typing.NamedTuple compiles each annotation; only what is generic needs it."""
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if any("NamedTuple" in line for line in path.read_text().splitlines() if line.startswith("from typing import"))
    }
    assert found == {"views/field.py", "views/column.py"}
