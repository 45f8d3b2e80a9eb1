"""Textual's private names: docs/architecture.md says which files use them; look at these when Textual changes.

python -m tests.console.test_private        lists them
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import textual

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


def test_the_architecture_names_the_files_that_use_them() -> None:
    page = " ".join((ROOT / "docs/architecture.md").read_text(encoding="utf-8").split())
    (sentence,) = re.findall(r"Textual's private names are used in (.*?) alone", page)
    assert set(re.findall(r"[\w/]+\.py", sentence)) == set(found())


if __name__ == "__main__":
    for file, those in found().items():
        print(file, *sorted(those))
