"""The columns chosen on the screen and saved: a line for each set of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lvstui.plain import plain
from lvstui.store import private

NAME = "columns"
_MOST = 100


def read(folder: Path) -> dict[str, tuple[str, ...]]:
    """The saved columns by the name of the set; an unreadable file counts as none."""
    try:
        lines = private.read(folder / NAME).decode("utf-8", "replace").splitlines()
    except OSError:
        return {}
    columns = {}
    for line in lines[:_MOST]:
        name, equals, words = line.partition(" = ")
        if equals and plain(line) == line:
            columns[name] = tuple(words.split())
    return columns


def write(folder: Path, chosen: Mapping[str, Sequence[str]]) -> None:
    """Saves these columns. Raises NotDone."""
    with private.alone(folder, NAME):
        columns = {**read(folder), **chosen}
        private.write(folder / NAME, (f"{name} = {' '.join(words)}\n" for name, words in columns.items() if words))
