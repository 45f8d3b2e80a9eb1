"""`$NAME=text` definitions, and replacing names in later lines as keepalived 2.2 does (lib/parser.c)."""

from __future__ import annotations

import re
from collections.abc import Callable

from lvstui.keepalived.conf.tokens import BLANK, LONGEST

_DEFINED = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*(.*)", re.DOTALL)
_USED = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|\Z)|\{([A-Za-z_][A-Za-z0-9_]*)((?: *[0-9]+)*)\})")
_REPLACED = 2000
"""The number of replacements in one line after which it counts as endless (a definition that names itself)."""


class Endless(Exception):
    """A definition that refers to itself; its name is the argument."""


class Nameless(Exception):
    """The config-id is used but not known."""


class Definition:
    """The text of a name: one line, or several, of which the first replaces the name and the others follow as separate
    lines."""

    __slots__ = ("lines", "multiline", "open")

    def __init__(self, text: str) -> None:
        self.multiline = self.open = text.endswith("\\")
        first = text[:-1].rstrip(BLANK) if self.open else text
        self.lines = [first] if first or not self.open else []

    def add(self, line: str) -> None:
        """Adds a line to an open definition; a line without a backslash at its end closes it, as a blank line does."""
        self.open = line.endswith("\\")
        text = line[:-1].rstrip(BLANK) if self.open else line
        if text:
            self.lines.append(text)
        if not self.open and not self.lines:
            self.multiline = False


class Definitions:
    """The names and their texts at this point. `folder` returns the folder of the current file."""

    def __init__(self, config_id: str | None, folder: Callable[[], str]) -> None:
        self._folder = folder
        self._known: dict[str, Definition] = {
            "_HASH": Definition("#"),
            "_BANG": Definition("!"),
        }
        if config_id is not None:
            self._known["_INSTANCE"] = Definition(config_id)
        self.random = False  # whether ${_RANDOM} was used, whose value is not known
        self.spent = 0  # characters processed for the last line
        self.too_long = False  # whether a line would have grown beyond the read limit

    def define(self, line: str) -> Definition | None:
        """Parses a line that is a definition; None where it is not."""
        found = _DEFINED.fullmatch(line)
        if found is None:
            return None
        made = self._known[found[1]] = Definition(found[2])
        return made

    def set(self, name: str, value: str) -> None:
        """Sets a name, as ~SEQ and ~LST do for each value."""
        self._known[name] = Definition("")
        self._known[name].lines = [value]

    def replace(self, line: str) -> tuple[str, bool, list[list[str]]]:
        """The line with names replaced, whether any was, and the lines that follow it for each definition of several
        lines, the innermost last. Raises Endless."""
        at, count, replaced = 0, 0, False
        self.spent = 0
        following: list[list[str]] = []
        while (at := line.find("$", at)) >= 0:
            found = _USED.match(line, at)
            definition = self._find(found, line) if found is not None else None
            if found is None or definition is None:
                at += 1
                continue
            count += 1
            self.spent += len(line)
            if count > _REPLACED:
                raise Endless(found[0])
            first = definition.lines[0] if definition.lines else ""
            if len(line.encode()) - len(found[0]) + len(first.encode()) > LONGEST:
                self.too_long = True
                return line, False, following
            replaced = True
            if definition.multiline:
                following.append(definition.lines[1:])
            line = line[:at] + first + line[found.end() :]
            if first.lstrip(BLANK).startswith("~"):
                break
        return line, replaced, following

    def _find(self, found: re.Match[str], line: str) -> Definition | None:
        name = found[1] or found[2]
        if name == "_RANDOM" and name not in self._known:
            self.random = True
            return Definition(found[3].split()[0] if found[3] else "0")
        if found[3]:
            return None
        if name == "_INSTANCE" and name not in self._known:
            raise Nameless
        if name == "_PWD" and name not in self._known:
            return Definition(self._folder())
        definition = self._known.get(name)
        # One of several lines can only stand at the end of a line.
        if definition is not None and definition.multiline and found.end() != len(line):
            return None
        return definition
