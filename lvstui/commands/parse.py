"""Parses the text of a command. BadInput names the word that was not understood and the nearest valid one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.commands import argument_kinds
from lvstui.commands.command_table import COMMANDS, Arg, Command
from lvstui.commands.quoted_words import Word, split
from lvstui.commands.targets import length
from lvstui.director.dashes import hyphens
from lvstui.director.errors import BadInput
from lvstui.director.remarks import nearest
from lvstui.values import Any, NamedTuple

_GRAVE = frozenset(
    ("delete", "delete-server", "delete-service", "failover", "reload", "replace-host", "restore", "zero", "zero-all")
)
HARMLESS = [spelled for command in COMMANDS if command.id not in _GRAVE for spelled in command.words]
"""What a word that is no command may be taken for: a hint that is followed in a hurry must not cost connections."""


class ParsedCommand(NamedTuple):
    """A command with the values of its arguments by name; missing ones are left out."""

    command: Command
    values: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """The value of an argument, None when it is missing."""
        return self.values.get(name)


class Unit(NamedTuple):
    """The words of one argument as they are in the line."""

    text: str
    at: int


class Sorted(NamedTuple):
    """A parsed line: `units` in their order, `options` by argument (None where nothing followed the word); `open` is
    the argument whose value must come next."""

    units: list[Unit]
    options: dict[str, Unit | None]
    open: Arg | None = None


def parse(text: str) -> ParsedCommand:
    """Parses a command. Raises BadInput."""
    words = split(text.strip().removeprefix(":"))
    if not words:
        raise BadInput("command", "is empty", "lvstui --help, or ? in the console, names them")
    command, used = find(words)
    if command is None:
        raise _unknown(words)
    if command.args and command.args[-1].rest:
        line = text.strip().removeprefix(":")
        rest = line[words[used].at :] if len(words) > used else ""
        return ParsedCommand(command, {command.args[-1].name: rest} if rest else {})
    sorted_words = sort(command, words[used:])
    if sorted_words.open is not None:
        wants = sorted_words.open.kind.wants
        raise BadInput(command.words[0], f"a value is missing after {sorted_words.open.word}: {wants}", command.usage)
    values: dict[str, Any] = {}
    for arg in command.args:
        if arg.name in sorted_words.options:
            unit = sorted_words.options[arg.name]
            values[arg.name] = arg.unsaid if unit is None else _value(command, arg, unit.text)
    for arg, unit in _placed(command, sorted_words.units, values):
        values[arg.name] = _value(command, arg, unit.text)
    missing = next((arg for arg in command.args if not arg.optional and arg.name not in values), None)
    if missing is not None:
        raise BadInput(command.words[0], f"{missing.kind.shown} is missing: {missing.kind.wants}", command.usage)
    return ParsedCommand(command, values)


def find(words: Sequence[Word]) -> tuple[Command | None, int]:
    """The command that words begin with, and how many of them name it; the longest name wins."""
    best: tuple[Command | None, int] = (None, 0)
    plain = [word.text.lower() for word in words if not word.quoted][:2]
    for command in COMMANDS:
        for spelled in command.words:
            parts = spelled.split()
            if len(parts) > best[1] and plain[: len(parts)] == parts:
                best = (command, len(parts))
    return best


def sort(command: Command, words: Sequence[Word]) -> Sorted:
    """Assigns words to the arguments of a command. Raises BadInput when one is given twice, or its value is missing."""
    keyed = {arg.word: arg for arg in command.args if arg.word}
    bare = {word: arg for arg in command.args for word in arg.bare}
    targets = any(arg.kind.target for arg in command.args)
    units: list[Unit] = []
    options: dict[str, Unit | None] = {}
    at = 0
    while at < len(words):
        word = words[at]
        spelled = "" if word.quoted else word.text.lower()
        arg = keyed.get(spelled) or bare.get(spelled)
        if arg is None:
            size = length([each.text for each in words[at:]]) if targets and not word.quoted else 1
            units.append(_unit(words[at : at + size]))
            at += size
            continue
        if arg.name in options:
            raise BadInput(command.words[0], f"{word.text} is given twice", command.usage)
        if spelled in bare:
            options[arg.name] = Unit(spelled, word.at)
            at += 1
            continue
        following = words[at + 1 :]
        taken = bool(following) and (
            arg.unsaid is None or _reads(arg, following[0].text)
        )  # `persist wrr`: no number follows
        if not taken and arg.unsaid is None:
            return Sorted(units, options, arg)
        size = (length([each.text for each in following]) if arg.kind.target else 1) if taken else 0
        options[arg.name] = _unit(following[:size]) if size else None
        at += 1 + size
    return Sorted(units, options)


def _unit(words: Sequence[Word]) -> Unit:
    return Unit(" ".join(word.text for word in words), words[0].at)


def _read(arg: Arg, text: str) -> Any:
    """What a text is for this argument, typographic dashes taken for hyphens where it means nothing as it stands (a
    configured name may have them). Raises ValueError."""
    try:
        return arg.kind.read(text)
    except ValueError:
        if (plain := hyphens(text)) == text:
            raise
        return arg.kind.read(plain)


def _reads(arg: Arg, text: str) -> bool:
    try:
        _read(arg, text)
    except ValueError:
        return False
    return True


def _placed(command: Command, units: Sequence[Unit], values: Mapping[str, Any]) -> list[tuple[Arg, Unit]]:
    """Which argument each unit is: of too many the optional ones at the left are those left out."""
    open_ = [arg for arg in command.args if not arg.word and not arg.bare]
    if len(units) > len(open_):
        extra = units[len(open_)].text
        known = [word for arg in command.args for word in ((arg.word,) if arg.word else arg.bare)]
        said = next((arg.word for arg in command.args if arg.word and arg.kind is argument_kinds.TEXT), "")
        mend = f"say {said} before it" if said and not any(mark in extra for mark in ".:[") else command.usage
        raise BadInput(command.words[0], f"{extra!r} is not understood", nearest(extra, known) or mend)
    while len(units) < len(open_):
        first = next((arg for arg in open_ if arg.optional), None)
        if first is None:
            break
        open_.remove(first)
    if len(units) < len(open_):
        missing = open_[len(units)]
        raise BadInput(command.words[0], f"{missing.kind.shown} is missing: {missing.kind.wants}", command.usage)
    return list(zip(open_, units, strict=True))


def _value(command: Command, arg: Arg, text: str) -> Any:
    try:
        return _read(arg, text)
    except ValueError as error:
        name = arg.word or arg.kind.shown.lower()
        raise BadInput(f"{command.words[0]}: {name}", str(error), f"{arg.kind.wants}; {command.usage}") from None


def _unknown(words: Sequence[Word]) -> BadInput:
    from lvstui.commands.other_words import hint  # for a mistake alone

    first = words[0].text.lower()
    known = [spelled for command in COMMANDS for spelled in command.words]
    longer = [spelled for spelled in known if spelled.startswith(f"{first} ")]
    if longer:
        said = f"{first} {words[1].text}" if len(words) > 1 else first
        near = nearest(said, longer) if len(words) > 1 else ""
        why = f"{words[1].text!r} is not understood" if len(words) > 1 else "what?"
        return BadInput(first, why, near or "one of " + ", ".join(longer))
    if first == "ipvsadm" or first.startswith("-"):
        examples = "weight SERVICE SERVER 10, drain SERVER, add server SERVICE ADDRESS"
        return BadInput(repr(words[0].text), "is a word of ipvsadm; the commands here have other names", examples)
    usual = "such as weight, drain, undrain, add server, sched, save; ? in the console lists all"
    return BadInput(repr(words[0].text), "is not a command", hint(first, HARMLESS) or usual)
