"""Finds the line of a table or key in a TOML snapshot: the library does not report it, and people need it."""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*\[{1,2}\s*([A-Za-z0-9_.\s-]+?)\s*\]{1,2}\s*(?:#.*)?")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*[=.]""")

TomlPath = tuple[str | int, ...]
"""A table by name and number: `("service", 2, "server", 1)`, `("snapshot",)`, `()` for the top."""


def line_of(text: str, path: TomlPath, key: str) -> int:
    """The line of a key, or of its table where the key is not written (`""` or missing). 0 where that is not known: in
    inline tables, and in texts with multi-line strings."""
    if '"""' in text or "'''" in text:
        return 0
    here: TomlPath = ()
    counts: dict[TomlPath, int] = {}
    at = 0 if path else 1
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.fullmatch(line)
        if header is not None:
            here = _entered(header[1].split("."), line.lstrip().startswith("[["), counts)
            if here == path:
                at = number
            if here[: len(path)] == path and len(here) > len(path) and here[len(path)] == key:
                return number  # the key is a table of its own
            continue
        match = _KEY.match(line)
        if match is not None and here == path and match[1] == key:
            return number
        if match is not None and (*here, match[1]) == path:
            at = number  # the table is written inline
    return at


def _entered(words: list[str], numbered: bool, counts: dict[TomlPath, int]) -> TomlPath:
    """The table that a header opens; `[[x]]` counts up, and tables below it start counting again."""
    here: TomlPath = ()
    for at, word in enumerate(words):
        name = (*here, word.strip())
        last = at == len(words) - 1
        if last and numbered:
            counts[name] = counts.get(name, 0) + 1
        here = (*name, counts[name]) if name in counts else name
    return here
