"""Textual's private names: one module uses them, checks their shape, and works without those that have changed.

python -m tests.console.test_private        lists them
"""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest
import textual
from textual import _compositor
from textual.app import App
from textual.drivers import linux_driver
from textual.message import Message

from lvstui.config import Settings
from lvstui.console.app import run
from lvstui.console.terminal import textual_private
from lvstui.director.errors import BadInput
from tests.console.stage import RULES, Kept
from tests.console.terminal import Terminal
from tests.memory import MemoryDirector

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "lvstui/console"


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def trees(folder: Path) -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}


def made(tree: ast.Module) -> Iterator[str]:
    """The private names that a file gives to functions and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def used(tree: ast.Module) -> Iterator[str]:
    """The private names that a file reads from something, or imports of Textual."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if not (isinstance(node.value, ast.Name) and node.value.id == "os"):
                yield node.attr
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual"):
            yield from (*(node.module or "").split("."), *(alias.name for alias in node.names))


def overridden(path: Path) -> Iterator[str]:
    """Of the classes of a file: what they have that a class of Textual's below them has too."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for found in vars(importlib.import_module(name)).values():
        if isinstance(found, type) and found.__module__ == name:
            below = {word for base in found.__mro__[1:] if base.__module__.startswith("textual") for word in vars(base)}
            yield from below & {word for word, value in vars(found).items() if isinstance(value, FunctionType)}


def found() -> dict[str, set[str]]:
    """The private names of Textual that each file of the console uses."""
    ours = {name for tree in trees(CONSOLE).values() for name in made(tree)}
    theirs = {name for tree in trees(Path(textual.__file__).parent).values() for name in made(tree)}
    theirs |= {path.stem for path in Path(textual.__file__).parent.rglob("_*.py")}
    names = {
        path.name: set(filter(private, {*(set(used(tree)) & theirs - ours), *overridden(path)}))
        for path, tree in trees(CONSOLE).items()
    }
    return {name: those for name, those in names.items() if those}


def test_one_module_uses_the_private_names() -> None:
    assert set(found()) == {"textual_private.py"}


def test_the_locked_textual_has_all_private_names() -> None:
    assert textual_private.changed() == frozenset() and textual_private.lost() == ""
    assert f"textual=={textual_private.TESTED} " in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def other(self: App[int], screen: object, renderable: object, region: object = None) -> None:
    """What App._display may be one day."""


@pytest.mark.parametrize(
    ("owner", "name", "value", "part"),
    [
        (App, "_display", other, "display"),
        (App, "_display", None, "display"),
        (_compositor, "ChopsUpdate", None, "display"),
        (_compositor.Compositor, "render_strips", None, "display"),
        (linux_driver, "WriterThread", None, "writer"),
        (linux_driver, "getincrementaldecoder", None, "pastes"),
        (Message, "stop", other, "keys"),
    ],
)
def test_a_part_whose_names_have_changed_is_reported_as_lost(
    owner: object, name: str, value: object, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delattr(owner, name)
    else:
        monkeypatch.setattr(owner, name, value)
    assert textual_private.changed() == {part}
    monkeypatch.setattr(textual_private, "CHANGED", frozenset({part}))
    assert textual_private.LOSSES[part] in textual_private.lost()


def test_a_textual_that_would_draw_into_a_file__the_console_refuses_to_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its own driver draws to standard error."""
    monkeypatch.setattr(textual_private, "CHANGED", frozenset({"writer"}))
    closed: list[bool] = []
    source, storage = MemoryDirector(RULES), Kept(tmp_path).files(None)
    monkeypatch.setattr(source, "close", lambda: closed.append(True))
    with (tmp_path / "errors").open("w") as errors:
        monkeypatch.setattr(sys, "__stderr__", errors)
        with pytest.raises(BadInput, match="not a terminal"):
            run(source, Settings(), storage)
    assert closed == [True] and (tmp_path / "errors").read_text() == ""


RENAMED = {
    "_display": "_present",
    "_batch_count": "_batches",
    "_stop_propagation": "_halted",
    "_writer_thread": "_tty_writer",
    "WriterThread": "TtyWriter",
    "ChopsUpdate": "SpansUpdate",
    "_compositor": "_composing",
    "_ansi_sequences": "_sequences",
    "_in_band_window_resize": "_in_band",
    "_capture_stderr": "_stderr",
}


def a_newer_textual(folder: Path) -> None:
    """A Textual whose private names are others, all through."""
    words = re.compile(rf"\b({'|'.join(RENAMED)})\b")
    here = Path(textual.__file__).parent
    shutil.copytree(here, folder / "textual", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "textual").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name == "linux_driver.py":
            text = text.replace("import getincrementaldecoder", "import getincrementaldecoder as decoder_of")
            text = text.replace("= getincrementaldecoder(", "= decoder_of(")
        path.write_text(words.sub(lambda word: RENAMED[word[0]], text), encoding="utf-8")
        if path.stem in RENAMED:
            path.rename(path.with_stem(RENAMED[path.stem]))


def test_on_a_textual_with_other_private_names__the_console_works_and_says_what_is_lost(tmp_path: Path) -> None:
    """On a terminal: plain Textual draws, keys move, forms and the prompt take text, and it leaves."""
    a_newer_textual(tmp_path)
    words = ["-m", "lvstui", "--demo"]
    with Terminal(words, 200, 30, {"PYTHONPATH": str(tmp_path)}) as terminal:
        terminal.until_all(
            lambda lines: all(words in "\n".join(lines) for words in ("has changed inside", "whole lines are sent"))
        )
        terminal.until("virtual service")
        terminal.press("/")
        terminal.until_all(lambda lines: any(line.strip() == "filter" for line in lines))  # not the footer's word
        terminal.press("nothing-of-this-name\r")
        terminal.until_all(
            lambda lines: (
                any("nothing-of-this-name" in line for line in lines)
                and all(line.strip() != "filter" for line in lines)  # while the prompt is open, q is a letter of it
            )
        )
        terminal.press("q")
        assert terminal.wait() == 0


if __name__ == "__main__":
    for file, those in found().items():
        print(file, *sorted(those))
