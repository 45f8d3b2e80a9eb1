"""Completes a line being typed. Pure: the caller supplies the files, themes and views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from lvstui.commands import argument_kinds, targets
from lvstui.commands.command_table import COMMANDS, Arg, Command
from lvstui.commands.parse import Sorted, find, sort
from lvstui.commands.quoted_words import Word, split
from lvstui.commands.targets import CommandContext
from lvstui.director.errors import LvsError
from lvstui.values import NamedTuple

MOST = 50
"""Candidates for one line."""


def _no_files(begun: str) -> Iterable[str]:
    return ()


class CompletionSources(NamedTuple):
    """The sources of suggestions: the `world`; `files` that begin with a text; `words` for arguments that only the
    console knows, by command and argument: ("theme", "name") -> its themes."""

    world: CommandContext
    files: Callable[[str], Iterable[str]] = _no_files
    words: Mapping[tuple[str, str], Sequence[str]] = {}


def complete(text: str, around: CompletionSources) -> list[str]:
    """The possible completions of `text`, the likeliest first; empty when there are none."""
    line = text.lstrip()
    if not line:
        return []
    try:
        words = split(line)
    except LvsError:
        return []
    fresh = line.endswith((" ", "\t"))
    names = [_begun(command, spelled) for command in COMMANDS for spelled in command.words[:1]]
    longer = [name for name in names if name.startswith(line.lower()) and len(name) > len(line)]
    command, used = find(words if fresh else words[:-1])
    if command is None:
        return _several(longer)
    before = words[used:] if fresh else words[used:-1]
    last = "" if fresh else words[-1].text
    if not fresh and words[-1].quoted:
        return []
    lines = _several(_following(command, before, last, line, around))
    return _several([*longer, *lines])


def _begun(command: Command, spelled: str) -> str:
    return f"{spelled} " if command.args else spelled


def _several(lines: Iterable[str]) -> list[str]:
    completions: dict[str, None] = {}
    for line in lines:
        completions[line] = None
        if len(completions) == MOST:
            break
    return list(completions)


def _following(
    command: Command, before: Sequence[Word], last: str, line: str, around: CompletionSources
) -> Iterable[str]:
    """Lines in which the word at the end is one that may stand there."""
    try:
        sorted_ = sort(command, before)
    except LvsError:
        return
    if sorted_.open is not None:
        yield from _valued(command, sorted_.open, last, line, around)
        return
    places = [arg for arg in command.args if not arg.word and not arg.bare]
    around = around._replace(world=_within(command, sorted_, around.world))
    if sorted_.units and sorted_.units[-1].text.lower() in _STARTS:
        # What is begun with tcp, fwmark or host is one argument of several words.
        for arg in places:
            if arg.kind.target:
                yield from _valued(command, arg, f"{sorted_.units[-1].text} {last}", line, around)
        return
    for arg in places[len(sorted_.units) :]:
        yield from _valued(command, arg, last, line, around)
    head = line[: len(line) - len(last)]
    for arg in command.args:
        if arg.name in sorted_.options:
            continue
        for word in (arg.word, *arg.bare):
            if word and word.startswith(last.lower()) and word != last:
                yield f"{head}{word}{' ' if arg.word else ''}"


def next_argument(command: Command, words: Sequence[Word], fresh: bool) -> Arg | None:
    """The argument being typed at the end of these words, None where the command takes no more."""
    try:
        sorted_ = sort(command, words if fresh else words[:-1])
    except LvsError:
        return None
    if sorted_.open is not None:
        return sorted_.open
    places = [arg for arg in command.args if not arg.word and not arg.bare]
    if sorted_.units and sorted_.units[-1].text.lower() in _STARTS:
        return next((arg for arg in places if arg.kind.target), None)
    return places[len(sorted_.units)] if len(sorted_.units) < len(places) else None


def narrowed(command: Command, words: Sequence[Word], world: CommandContext) -> CommandContext:
    """The world in which the words after these are meant."""
    with suppress(LvsError):
        return _within(command, sort(command, words), world)
    return world


def _within(command: Command, sorted_: Sorted, world: CommandContext) -> CommandContext:
    """The world for suggestions: after a named service, only its own real servers."""
    if not sorted_.units or command.args[0].kind is not argument_kinds.SERVICE:
        return world
    with suppress(LvsError, ValueError):
        named = targets.named(sorted_.units[0].text)
        if not named.host:
            return world._replace(inside=targets.service(named, world), only=True)
    return world


_STARTS = ("tcp", "udp", "sctp", "fwmark", "host")


def _valued(command: Command, arg: Arg, last: str, line: str, around: CompletionSources) -> Iterable[str]:
    head = line[: len(line) - len(last)]
    if arg.kind.file:
        texts: Iterable[str] = around.files(last)
    else:
        texts = around.words.get((command.id, arg.name)) or arg.kind.suggest(around.world)
    for text in texts:
        if text.lower().startswith(last.lower()) and text != last:
            yield f"{head}{text}"
