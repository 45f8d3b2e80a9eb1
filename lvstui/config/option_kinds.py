"""The kinds of values for options: each describes itself, and parses the value of a file or the word of a flag."""

from __future__ import annotations

from _collections_abc import Callable

from lvstui.config.settings import NumberEntry, WordsEntry
from lvstui.plain import plain
from lvstui.values import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from lvstui.director.subject import Subject

_WHOM = "an address, an address with a port, or a service: 10.0.0.11, 10.0.0.11:80, tcp 192.0.2.1:443 or fwmark 7"

_LONGEST = 60
"""The most characters of a name or a note, which shares a line with other things."""


class OptionKind(NamedTuple):
    """`wants`: "a number from 1 to 5", to be read after "must be". `take` makes a value of what TOML holds, `word` of
    what stands after a flag (None where the flag is a switch); both raise ValueError."""

    wants: str
    take: Callable[[object], Any]
    word: Callable[[str], Any] | None = None


class FreeTable(NamedTuple):
    """A table of free keys. `name` is the field of Settings and the table in a file, `help` its sentence. `key` and
    `value` say what both have to be. `entry` makes an entry of key, value and the place where they stand; raises
    KeyError when it is the key that is wrong, ValueError when the value is. `example`: a line of it."""

    name: str
    help: str
    key: str
    value: str
    entry: Callable[[str, object, str], tuple[Any, Any]]
    example: str


def number(low: float, high: float) -> OptionKind:
    """A number within bounds, fractions allowed."""

    def take(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError
        return float(value)

    return OptionKind(f"a number from {low:g} to {high:g}", take, lambda text: take(float(text)))


def whole(low: int, high: int) -> OptionKind:
    """A whole number within bounds."""

    def take(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return OptionKind(f"a whole number from {low} to {high}", take, lambda text: take(int(text)))


def one_of(*words: str) -> OptionKind:
    """One of these words."""

    def take(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    shown = [f'"{word}"' for word in words]
    return OptionKind(f"{', '.join(shown[:-1])} or {shown[-1]}", take, take)


def _word(value: object) -> str:
    if not isinstance(value, str) or plain(value) != value:
        raise ValueError
    return value


def _group(value: object) -> str:
    import grp

    name = _word(value)
    try:
        return grp.getgrnam(name).gr_name if name else ""
    except (KeyError, ValueError):
        raise ValueError from None


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


WORD = OptionKind("a word in quotes", _word, _word)
GROUP = OptionKind("the name of a group of this machine, in quotes", _group, _group)
SWITCH = OptionKind("true or false", _switch)


def _words(key: str, value: object, where: str) -> tuple[str, WordsEntry]:
    words = value if isinstance(value, list) else [value]
    return key, WordsEntry(tuple(map(_word, words)), where)


def _text(key: str, value: object, where: str) -> tuple[Subject, str]:
    from lvstui.director.subject import subject

    try:
        whom = subject(key)
    except ValueError:
        raise KeyError(key) from None
    text = _word(value)
    if not text:
        raise ValueError
    return whom, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}~"


def _numbered(key: str, value: object, where: str) -> tuple[str, NumberEntry]:
    from math import isfinite

    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError
    return key, NumberEntry(value, where)


def numbers(name: str, sentence: str, key: str, example: str) -> FreeTable:
    """A table of names with a number each; what they mean is judged by whoever uses them."""
    return FreeTable(name, sentence, key, "a number", _numbered, example)


_HOST = "{ sudo = true } or { sudo = false } (what you call a server stands in [names])"


def _host(key: str, value: object, where: str) -> tuple[str, dict[str, bool]]:
    if not key or plain(key) != key or any(letter.isspace() for letter in key):
        raise KeyError(key)
    if not isinstance(value, dict) or value.keys() != {"sudo"}:
        raise ValueError
    return key, {"sudo": _switch(value["sudo"])}


def words(name: str, sentence: str, key: str, value: str, example: str) -> FreeTable:
    """A table of names with one word or a list of words each; what they mean is judged by whoever uses them."""
    return FreeTable(name, sentence, key, value, _words, example)


def texts(name: str, sentence: str, example: str) -> FreeTable:
    """A table of services, servers and addresses with a text each."""
    return FreeTable(name, sentence, _WHOM, f"a text in quotes, cut at {_LONGEST} characters", _text, example)


def hosts(name: str, sentence: str, example: str) -> FreeTable:
    """A table of directors elsewhere, with a table of switches each."""
    return FreeTable(name, sentence, "a host, as ssh knows it", _HOST, _host, example)
