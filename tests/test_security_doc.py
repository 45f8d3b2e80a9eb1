"""Every row of docs/security.md names a test, and that test exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    line
    for line in (ROOT / "docs/security.md").read_text().splitlines()
    if line.startswith("| ") and not re.match(r"\| (What|File) \|", line)
]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_names_a_test_that_exists(row: str) -> None:
    named = _TEST.findall(row)
    assert named, f"no test in: {row}"
    assert len(named) == row.count("::"), f"a test without its file in: {row}"
    for path, name in named:
        assert name in functions(path), f"{path}::{name}"
