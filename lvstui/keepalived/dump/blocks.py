"""keepalived's dump files as blocks: sections, in them blocks at one level of indentation, in them fields and lists.

The form (lib/logger.c conf_write, and the dump_* functions that call it) is the same in 1.3 to 2.4: ` Title = name`,
`   Field = value`, `   List :` or `   List (2):` followed by deeper lines. Field names differ between versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_SECTION = re.compile(r"\s*-+<\s*(.*?)\s*>-+\s*$")


class Line(NamedTuple):
    """One line: its section, how deep it stands, its name and its value ("" where it has none)."""

    section: str
    indent: int
    name: str
    value: str


def lines(text: str) -> Iterator[Line]:
    """The lines of a dump. A heading is a line with the name ""; its section is the one it opens."""
    section = ""
    for raw in text.splitlines():
        heading = _SECTION.match(raw)
        if heading:
            section = heading[1]
            yield Line(section, len(raw) - len(raw.lstrip()), "", "")
        elif raw.strip():
            name, equals, value = raw.strip().partition(" = ")
            if not equals:
                name, _, value = name.partition(" : ")
            yield Line(section, len(raw) - len(raw.lstrip()), name.rstrip(" :"), value.strip())


def number(text: str, default: float = 0) -> float:
    """The number that a value begins with: `1 sec`, `3589843 usecs`, `0 -> 0`."""
    found = re.match(r"-?\d+(\.\d+)?", text)
    return float(found[0]) if found else default
