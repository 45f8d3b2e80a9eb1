"""Names say what a type or a value is (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "lvstui"
VAGUE = {"found", "told", "kept", "meant", "one"}
"""They say that somebody found, told, kept or meant a value, and not what it is."""


@cache  # not when this file is imported: each of the tests' workers imports all files
def trees() -> dict[Path, ast.Module]:
    """Every module, parsed, by its path."""
    return {path.relative_to(PACKAGE.parent): ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}


def test_names__no_two_public_types_share_one() -> None:
    modules = defaultdict(list)
    for path, tree in trees().items():
        for name in public_types(tree):
            modules[name].append(str(path))
    assert {name: where for name, where in modules.items() if len(where) > 1} == {}


def public_types(tree: ast.Module) -> Iterator[str]:
    """The classes of a module, and its names for other types (but no TypeVar)."""
    for node in [*tree.body, *(each for block in tree.body if isinstance(block, ast.If) for each in block.body)]:
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp()) if is_type(name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias")) if is_type(name):
                yield name


def is_type(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


@pytest.mark.parametrize("word", sorted(VAGUE))
def test_names__no_value_is_only_called(word: str) -> None:
    assert [where for where, name in bound() if name.strip("_") == word] == []


@cache
def bound() -> list[tuple[str, str]]:
    return list(bindings())


def bindings() -> Iterator[tuple[str, str]]:
    """Every name that is given to a value, with its place."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            match node:
                case (
                    ast.FunctionDef(name=name)
                    | ast.AsyncFunctionDef(name=name)
                    | ast.ClassDef(name=name)
                    | ast.arg(arg=name)
                    | ast.Name(id=name, ctx=ast.Store())
                    | ast.Attribute(attr=name, ctx=ast.Store())
                ):
                    yield f"{path}:{node.lineno}", name
