"""Parses keepalived's dump files into blocks: sections with blocks at one level of indentation, and in these fields and
lists.

The form (lib/logger.c conf_write, and the dump_* functions that call it) is the same in 1.3 to 2.4: ` Title = name`, `
Field = value`, ` List :`, ` List (2):` or ` List = 2` followed by deeper lines. Field names differ between versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lvstui.values import NamedTuple

_FIELD = 3
"""The indentation of fields; deeper lines are list items."""
_GLUED = re.compile(r"^( {3}Unicast checksum compatibility = (?:no|never|config|auto|unknown))([ -])", re.MULTILINE)
_SECTION = re.compile(r"\s*-+<\s*(.*?)\s*>-+\s*$")


class DumpLine(NamedTuple):
    """One line: its section, indentation, name and value ("" for none)."""

    section: str
    indent: int
    name: str
    value: str


def lines(text: str) -> Iterator[DumpLine]:
    """The lines of a dump. A heading is a line with the name ""; its section is the one it opens."""
    section = ""
    for raw in _unglued(text).splitlines():
        heading = _SECTION.match(raw)
        if heading:
            section = heading[1]
            yield DumpLine(section, len(raw) - len(raw.lstrip()), "", "")
        elif raw.strip():
            name, equals, value = raw.strip().partition(" = ")
            if not equals:
                name, _, value = name.partition(" : ")
            indent = len(raw) - len(raw.lstrip())
            yield DumpLine(section, indent, name if indent > _FIELD else name.rstrip(" :"), value.strip())


def _unglued(text: str) -> str:
    """Separates two lines: 1.3 does not end one line, and the next one, an instance or a section, follows directly."""
    return _GLUED.sub(r"\1\n\2", text)


def number(text: str, default: float = 0) -> float:
    """The number that a value begins with: `1 sec`, `3589843 usecs`, `0 -> 0`."""
    match = re.match(r"-?\d{1,20}(\.\d{1,20})?", text)
    return float(match[0]) if match else default
