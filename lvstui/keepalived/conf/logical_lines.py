"""The logical lines of a configuration, as keepalived 2.2 produces them (lib/parser.c, read_line): lines for another
machine are left out, definitions and sequences inserted, includes opened, lines cut at braces.

`$NAME=text` defines a name, which is replaced in later lines. `~SEQ(NAME, START, STEP, END) text` and
`~LST(NAME, VALUE, ...) text` are a text once for each value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lvstui.director.errors import BadInput
from lvstui.keepalived.conf.included_files import Sources
from lvstui.keepalived.conf.limits import TURN, ReadingLimits
from lvstui.keepalived.conf.notes import Notes, Where, bad
from lvstui.keepalived.conf.secrets import said, strange
from lvstui.keepalived.conf.tokens import BLANK, LONGEST, split_brace, split_words, without_comment
from lvstui.values import NamedTuple

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
        match = _DEFINED.fullmatch(line)
        if match is None:
            return None
        made = self._known[match[1]] = Definition(match[2])
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
            match = _USED.match(line, at)
            definition = self._find(match, line) if match is not None else None
            if match is None or definition is None:
                at += 1
                continue
            count += 1
            self.spent += len(line)
            if count > _REPLACED:
                raise Endless(match[0])
            first = definition.lines[0] if definition.lines else ""
            if len(line.encode()) - len(match[0]) + len(first.encode()) > LONGEST:
                self.too_long = True
                return line, False, following
            replaced = True
            if definition.multiline:
                following.append(definition.lines[1:])
            line = line[:at] + first + line[match.end() :]
            if first.lstrip(BLANK).startswith("~"):
                break
        return line, replaced, following

    def _find(self, match: re.Match[str], line: str) -> Definition | None:
        name = match[1] or match[2]
        if name == "_RANDOM" and name not in self._known:
            self.random = True
            return Definition(match[3].split()[0] if match[3] else "0")
        if match[3]:
            return None
        if name == "_INSTANCE" and name not in self._known:
            raise Nameless
        if name == "_PWD" and name not in self._known:
            return Definition(self._folder())
        definition = self._known.get(name)
        # One of several lines can only stand at the end of a line.
        if definition is not None and definition.multiline and match.end() != len(line):
            return None
        return definition


RepeatedValues = Iterator[tuple[tuple[str, str], ...]]
"""The names and values of each repetition."""


class Repeated(NamedTuple):
    """A text that is repeated `times`, each time with other values."""

    times: int
    values: RepeatedValues
    text: str


_SEQ = re.compile(r"~SEQ(x?)[ \t]*\([ \t]*([^ \t,)]+)[ \t]*,[ \t]*([^)]*)\)[ \t]*(.*)", re.DOTALL)
_LST = re.compile(r"~LST[ \t]*\([ \t]*(\{[^{}()]*\}|[^ \t,(){}]*)[ \t]*,[ \t]*([^()]*)\)[ \t]*(.*)", re.DOTALL)
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]+|[0-9]+)")


def repeated(line: str, replace: Callable[[str], str]) -> Repeated | None:
    """Parses a repetition into its values and text; None where the line is neither form. `replace` inserts
    definitions."""
    return _sequence(line, replace) if line.startswith("~SEQ") else _list(line)


def _sequence(line: str, replace: Callable[[str], str]) -> Repeated | None:
    match = _SEQ.fullmatch(line)
    if match is None:
        return None
    words = [_integer(word.strip(" \t")) for word in replace(match[3]).split(",")]
    given = [number for number in words if number is not None]
    if len(given) != len(words) or not 1 <= len(given) <= 3:
        return None
    if len(given) == 1:
        end = given[0]
        start, step = (-1 if end < 0 else 1), (-1 if end < 1 else 1)
    elif len(given) == 2:
        start, end = given
        step = 1 if start <= end else -1
    else:
        start, step, end = given
        if not step or (start < end and step < 0) or (start > end and step > 0):
            return None
    if match[1] and (start < 0 or end < 0):
        return None
    # The first value is used even where it is beyond the last one (~SEQ(x, 0) gives 1).
    numbers = range(start, end + (1 if step > 0 else -1), step) or range(start, start + 1)
    times = 1 + (numbers[-1] - start) // step
    return Repeated(times, _counted(match[2], numbers, bool(match[1])), match[4])


def _counted(name: str, numbers: range, hexadecimal: bool) -> RepeatedValues:
    for number in numbers:
        yield ((name, f"{number:x}" if hexadecimal else str(number)),)


def _integer(word: str) -> int | None:
    """As strtol reads it with base 0: 0x starts a hexadecimal number and 0 an octal one."""
    if not word:
        return 0
    if _INTEGER.fullmatch(word) is None or len(word) > 20:
        return None
    digits = word.lstrip("+-")
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits.startswith("0") and len(digits) > 1 else 10
    try:
        return int(word, base)
    except ValueError:
        return None


def _list(line: str) -> Repeated | None:
    match = _LST.fullmatch(line)
    if match is None:
        return None
    names = _items(match[1])
    sets: list[list[str]] = []
    for piece in re.findall(r"\{[^{}]*\}|[^,{}]+", match[2]):
        if piece.strip(" \t") or not sets:
            values = _items(piece)
            if len(values) > len(names):
                return None
            sets.append(values + [""] * (len(names) - len(values)))
    return Repeated(len(sets), (tuple(zip(names, values, strict=True)) for values in sets), match[3])


def _items(text: str) -> list[str]:
    return [item.strip(" \t") for item in text.strip(" \t").strip("{}").split(",")]


class LogicalLine(NamedTuple):
    """The words of a line and their position; a brace is a separate line."""

    words: tuple[str, ...]
    where: Where


def read_lines(path: str | Path, config_id: str | None, notes: Notes) -> tuple[LogicalLine, ...]:
    """All logical lines of a file and what it includes; `config_id` None where it is not known. Raises BadInput."""
    lines = []
    limits = ReadingLimits()
    reader = _Reader(path, config_id, notes, limits)
    for text, where in reader:
        words, open_quote = split_words(text)
        if open_quote:
            notes.add(where, "a double quote is not closed: the words behind it are ignored")
        if words:
            limits.take("lines", where)
            if reader.included and strange(words[0]):
                limits.take("strange", where)
            lines.append(LogicalLine(words, where))
    notes.passwords |= said(words for words, _ in lines)
    if notes.passwords:
        texts: dict[Where, str] = {}
        for words, where in lines:
            texts[where] = f"{texts[where]} {' '.join(words)}" if where in texts else " ".join(words)
        notes.were(texts)
    return tuple(lines)


def chosen(config_id: str | None) -> str | None:
    """The effective config-id: by default that of this machine, its host name up to the first dot."""
    import os

    return os.uname().nodename.partition(".")[0] if config_id == "" else config_id


class _Reader:
    def __init__(self, path: str | Path, config_id: str | None, notes: Notes, limits: ReadingLimits) -> None:
        self._notes = notes
        self._limits = limits
        self._sources = Sources(path, notes, limits)
        self._config_id = config_id
        self._definitions = Definitions(config_id, lambda: self._sources.folder)
        self._rest = ""  # the text after a brace
        self._pending: list[Repeated | Iterator[str]] = []  # repetitions, and definitions of several lines; last first
        self._plain = True  # whether the current text is an unchanged line of a file
        self._random = False  # whether ${_RANDOM} was remarked on

    @property
    def included(self) -> bool:
        """Whether the last line comes from a file that another includes."""
        return self._sources.included

    def __iter__(self) -> Iterator[tuple[str, Where]]:
        definition: Definition | None = None
        while (text := self._next()) is not None:
            self._limits.take("text", self._sources.where, TURN + len(text))
            if definition is not None:
                definition.add(text)
                definition = definition if definition.open else None
                continue
            if not text:
                continue
            parts = self._taken_apart(text)
            if isinstance(parts, Definition):
                definition = parts if parts.open else None
                continue
            if not parts or self._sources.include(parts, plain=self._plain and parts == text):
                continue
            line, self._rest = split_brace(parts)
            if line:
                yield line, self._sources.where

    def _next(self) -> str | None:
        """The next text: the rest after a brace, then repetitions and definitions, then the files."""
        self._plain = False
        if self._rest:
            text, self._rest = self._rest, ""
            return text
        while self._pending:
            top = self._pending[-1]
            if isinstance(top, Repeated):
                values = next(top.values, None)
                if values is not None:
                    for name, value in values:
                        self._definitions.set(name, value)
                    return top.text
            else:
                line = next(top, None)
                if line is not None:
                    return line
            self._pending.pop()
        self._plain = True
        return self._sources.next()

    def _taken_apart(self, text: str) -> str | Definition:
        """A text without its @id and with its definitions inserted; "" when nothing is left of it."""
        while True:
            if text.startswith("@"):
                text = self._for_us(text)
            if text.startswith("$"):
                definition = self._definitions.define(text)
                if definition is not None:
                    return definition
            if text.startswith(("~SEQ", "~LST")):
                self._repeat(text)
                return ""
            if text.startswith("~") or "$" not in text:
                return text
            text, again = self._replaced(text)
            if not again:
                return text
            text = without_comment(text)[0]
            if not text.startswith("@") and "$" not in text:
                return text

    def _for_us(self, text: str) -> str:
        """The text after `@id` or `@^id` where that is for this machine, otherwise ""."""
        if self._config_id is None:
            raise self._nameless()
        other = text.startswith("@^")
        word, blank, rest = _partition(text[2 if other else 1 :])
        return rest if blank and (word == self._config_id) != other else ""

    def _nameless(self) -> BadInput:
        return bad(
            self._sources.where, "this is for one config-id, and which one the running keepalived has is not known"
        )

    def _replaced(self, text: str) -> tuple[str, bool]:
        where = self._sources.where
        self._definitions.random = self._definitions.too_long = False
        try:
            replaced, any_was, following = self._definitions.replace(text)
        except Nameless:
            raise self._nameless() from None
        except Endless as error:
            raise bad(where, f"definition {error.args[0]} refers to itself, or grows without end") from None
        self._limits.take("text", where, self._definitions.spent)
        if following:
            self._limits.take("uses", where, len(following))
        self._pending.extend(iter(lines) for lines in following)
        if self._definitions.too_long:
            self._notes.add(where, "with its definitions the line would be too long: keepalived stops replacing them")
        if self._definitions.random and not self._random:
            self._random = True
            self._notes.add(where, "${_RANDOM} changes at each start: here and below its lowest value is used")
        return replaced, any_was

    def _repeat(self, text: str) -> None:
        repeats = repeated(text, lambda part: self._replaced(part)[0])
        if repeats is None:
            self._notes.add(self._sources.where, f"this {text[:4]} is not valid: ignored")
        else:
            self._limits.take("repeats", self._sources.where, repeats.times)
            self._pending.append(repeats)


def _partition(text: str) -> tuple[str, str, str]:
    """Splits a text at its first blanks."""
    for at, char in enumerate(text):
        if char in BLANK:
            return text[:at], char, text[at:].lstrip(BLANK)
    return text, "", ""
