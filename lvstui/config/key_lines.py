"""The line of each key in a TOML text; the TOML library does not report it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

KeyPath = tuple[str, ...]


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """The line of every table and key of a valid TOML text, by path: ("keys", "drain") -> 7. What stands inside an
    inline table has no line of its own.

    A statement is as many lines as it takes until they can be read by themselves."""
    numbers: dict[KeyPath, int] = {}
    table: KeyPath = ()
    begun, statement = 1, ""
    for at, line in enumerate(text.split("\n"), 1):
        begun = begun if statement else at
        statement += line + "\n"
        try:
            path = _path(tomllib.loads(statement))
        except tomllib.TOMLDecodeError:
            continue
        header = statement.lstrip().startswith("[")
        if path:
            table, path = (path, path) if header else (table, (*table, *path))
            numbers.setdefault(path, begun)
        statement = ""
    return numbers


def _path(data: Any) -> KeyPath:
    """The path that one statement names. A dotted key is a table in a table; so is an inline table of one key."""
    path: KeyPath = ()
    while isinstance(data, dict) and len(data) == 1:
        (key, data), *_ = data.items()
        path = (*path, key)
        if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict):
            data = data[0]
    return path
