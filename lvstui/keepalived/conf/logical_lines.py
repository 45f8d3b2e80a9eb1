"""The logical lines of a configuration, as keepalived 2.2 produces them (lib/parser.c, read_line): lines for another
machine are left out, definitions and sequences inserted, includes opened, lines cut at braces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lvstui.director.errors import BadInput
from lvstui.keepalived.conf.definitions import Definition, Definitions, Endless, Nameless
from lvstui.keepalived.conf.limits import TURN, Limits
from lvstui.keepalived.conf.notes import Notes, Where, bad
from lvstui.keepalived.conf.secrets import said, strange
from lvstui.keepalived.conf.sequences import Repeated, repeated
from lvstui.keepalived.conf.sources import Sources
from lvstui.keepalived.conf.tokens import BLANK, split_brace, split_words, without_comment
from lvstui.values import NamedTuple


class Line(NamedTuple):
    """The words of a line and their position; a brace is a separate line."""

    words: tuple[str, ...]
    where: Where


def read_lines(path: str | Path, config_id: str | None, notes: Notes) -> tuple[Line, ...]:
    """All logical lines of a file and what it includes; `config_id` None where it is not known. Raises BadInput."""
    lines = []
    limits = Limits()
    reader = _Reader(path, config_id, notes, limits)
    for text, where in reader:
        words, open_quote = split_words(text)
        if open_quote:
            notes.add(where, "a double quote is not closed: the words behind it are ignored")
        if words:
            limits.take("lines", where)
            if reader.included and strange(words[0]):
                limits.take("strange", where)
            lines.append(Line(words, where))
    notes.passwords |= said(words for words, _ in lines)
    if notes.passwords:
        texts: dict[Where, str] = {}
        for words, where in lines:
            texts[where] = f"{texts[where]} {' '.join(words)}" if where in texts else " ".join(words)
        notes.were(texts)
    return tuple(lines)


class _Reader:
    def __init__(self, path: str | Path, config_id: str | None, notes: Notes, limits: Limits) -> None:
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
            found = self._taken_apart(text)
            if isinstance(found, Definition):
                definition = found if found.open else None
                continue
            if not found or self._sources.include(found, plain=self._plain and found == text):
                continue
            line, self._rest = split_brace(found)
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
        found = repeated(text, lambda part: self._replaced(part)[0])
        if found is None:
            self._notes.add(self._sources.where, f"this {text[:4]} is not valid: ignored")
        else:
            self._limits.take("repeats", self._sources.where, found.times)
            self._pending.append(found)


def _partition(text: str) -> tuple[str, str, str]:
    """Splits a text at its first blanks."""
    for at, char in enumerate(text):
        if char in BLANK:
            return text[:at], char, text[at:].lstrip(BLANK)
    return text, "", ""
