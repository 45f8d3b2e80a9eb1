"""What can come next in a line being typed, and what it means: the list under `:`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from lvstui.commands import argument_kinds, targets
from lvstui.commands.command_table import COMMANDS, Arg
from lvstui.commands.complete import CompletionSources, complete, narrowed, next_argument
from lvstui.commands.parse import HARMLESS, find
from lvstui.commands.quoted_words import split
from lvstui.commands.targets import CommandContext
from lvstui.director.errors import LvsError
from lvstui.director.model import ServiceKey, server_text
from lvstui.values import NamedTuple
from lvstui.views.number import count, short
from lvstui.views.servers import Place
from lvstui.views.servers import find as found_at

MOST = 8
"""The most candidates listed."""
_LOOKED_INTO = 400
"""Services up to which each is looked into for what is known of a server: more would make typing wait."""


class Candidate(NamedTuple):
    """A word that can come next, and its meaning."""

    text: str
    about: str = ""


class Candidates(NamedTuple):
    """`usage`: the command in pieces, with the argument being typed marked `present`; `wants`: what that argument is;
    `values`: its possible values, `more` of which are not listed; `amiss`: what is wrong with the line, "" for
    nothing."""

    usage: Sequence[tuple[str, bool]] = ()
    wants: str = ""
    values: Sequence[Candidate] = ()
    more: int = 0
    amiss: str = ""


def candidates(text: str, around: CompletionSources) -> Candidates:
    """The candidates for a line. Never fails."""
    line = text.lstrip().removeprefix(":")
    try:
        words = split(line)
    except LvsError as error:
        return Candidates(amiss=f"{error.why}")
    fresh = line.endswith((" ", "\t"))
    command, used = find(words if fresh else words[:-1])
    if command is None:
        return _commands(line.strip())
    arg = next_argument(command, words[used:], fresh)
    usage = [(command.words[0], False), *((known.usage, known is arg) for known in command.args)]
    lines = complete(text, around)
    texts = [last for known in lines if (last := _last(known, line, fresh))]
    world = narrowed(command, words[used:] if fresh else words[used:-1], around.world)
    texts = list(_told_apart(arg, texts, world))
    values = [Candidate(last, _about(arg, last, world)) for last in texts[:MOST]]
    wants = arg.kind.wants if arg is not None else command.help
    return Candidates(usage, wants, values, max(0, len(texts) - MOST))


def _commands(begun: str) -> Candidates:
    known = [command for command in COMMANDS if any(word.startswith(begun.lower()) for word in command.words)]
    if not known and begun:
        from lvstui.commands.other_words import hint  # for a mistake alone

        near = hint(begun.lower(), HARMLESS)
        return Candidates(amiss=f"{begun!r} is not a command{f'; {near}' if near else ''}")
    values = [Candidate(command.brief, command.help) for command in known]
    return Candidates((), "a command", values[:MOST], max(0, len(values) - MOST))


def _last(line: str, typed: str, fresh: bool) -> str:
    """What a completed line has more than the words that stand already."""
    head = len(typed) if fresh else typed.rfind(" ") + 1
    return line.lstrip()[head:].strip()


def _told_apart(arg: Arg | None, texts: Sequence[str], world: CommandContext) -> Iterator[str]:
    """The texts; after a named service, each of its servers once, though it has an address, a name and a host. A host
    to replace is listed once too: its name stands beside its address."""
    if arg is not None and arg.kind is argument_kinds.OLD_HOST:
        listed = {world.names.host(address) for text in texts if (address := _host(text)) is not None}
        yield from (text for text in texts if text not in listed)
        return
    pool = world.state.servers(world.inside) if world.only and world.inside is not None else None
    if pool is None or len(pool) > _LOOKED_INTO or arg is None or not arg.kind.target:
        yield from texts
        return
    seen = set()
    for text in texts:
        target: object = text
        with suppress(LvsError, ValueError):
            target = tuple(targets.places(targets.named(text), world.inside, world))
        if target not in seen:
            seen.add(target)
            yield text


def _host(text: str) -> bytes | None:
    """The address that a text is, None for a name."""
    with suppress(LvsError, ValueError):
        whom = targets.named(text).whom
        return whom if isinstance(whom, bytes) else None
    return None


_WEIGHTS = {
    "0": "no new connections",
    "+1": "one more than now",
    "-1": "one less than now",
    "50%": "half of what it is now",
    "+50%": "half as much again",
}


def _about(arg: Arg | None, text: str, world: CommandContext) -> str:
    """What is known about a service, a real server or a host, and what a weight means; "" for any other text."""
    if arg is not None and arg.kind is argument_kinds.OLD_HOST:
        address = _host(text)
        return world.names.host(address) if address is not None else ""
    if arg is not None and text in _WEIGHTS:
        return _WEIGHTS[text]
    if arg is None or not arg.kind.target:
        return ""
    try:
        wanted = targets.named(text)
    except ValueError:
        return ""
    if isinstance(wanted.whom, ServiceKey):
        return _service(wanted.whom, world)
    if len(world.state.services) > _LOOKED_INTO and not world.only:
        return ""
    world = world._replace(rows=()) if world.only else world._replace(inside=None, rows=())
    with suppress(LvsError):
        if not wanted.host and (keys := targets.services(wanted, world)):
            return _service(keys[0], world)
    with suppress(LvsError):
        places = targets.places(wanted, world.inside if world.only else None, world)
        services = {place.service for place in places}
        if len(places) > 1:
            return f"in {count(len(services), 'service')}" if len(services) > 1 else count(len(places), "server")
        return _server(places[0], world, text)
    return ""


def _service(key: ServiceKey, world: CommandContext) -> str:
    reading, pool = world.state.services.find(key), world.state.servers(key)
    if reading is None:
        return ""
    name = world.names.service(key)
    servers = count(len(pool), "server") if pool is not None else ""
    return "  ".join(filter(None, (name, reading.service.scheduler, servers)))


def _server(place: Place, world: CommandContext, text: str) -> str:
    pool = world.state.servers(place.service)
    number = found_at(pool, place.server) if pool is not None else None
    if pool is None or number is None:
        return ""
    row = pool[number]
    name = world.names.server(place.server)
    name = server_text(place.server) if text == name else name
    return "  ".join(filter(None, (name, f"weight {row.server.weight}", f"{short(row.active)} active")))
