"""The keepalived.conf lines that make a service last as it is now in the table. A change by hand is lost at the next
restart unless it is in the file too. Pure; keepalived's own file is never written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lvstui.commands import targets
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.reloading import differs
from lvstui.commands.targets import CommandContext
from lvstui.director.change import AddServer, Change, DeleteServer, EditServer
from lvstui.director.checks.verdicts import BY_HAND, DOWN, LOST, OPEN, SORRY, STRANGER, ServiceVerdicts, Verdict
from lvstui.director.configured import Configured
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import (
    Entry,
    RuleSet,
    Server,
    ServerInService,
    ServerKey,
    ServiceKey,
    server_text,
    service_text,
)
from lvstui.director.plan import plan
from lvstui.director.state import State
from lvstui.keepalived.writing import conf
from lvstui.plain import plain
from lvstui.values import NamedTuple
from lvstui.views.checks import checks
from lvstui.views.past import Past


class Lines(NamedTuple):
    """`text`: the changes to make and the whole block, line by line, as keepalived.conf takes it; `changes`: their
    number, 0 when the file already has them."""

    text: str
    changes: int


def key_of(parsed: ParsedCommand, world: CommandContext) -> ServiceKey:
    """The service that a command names: one in the table, or one that is only configured. Raises BadInput."""
    wanted = parsed.get("service")
    try:
        return targets.service(wanted, world)
    except BadInput:
        configuration = world.state.keeping.on_disk if world.state.keeping is not None else None
        whom = wanted.whom if wanted is not None else None
        for key in configuration.rules.rules if configuration is not None else ():
            if whom == key or (isinstance(whom, ServerKey) and (key.address, key.port) == (whom.address, whom.port)):
                return key
        raise


def lines(state: State, key: ServiceKey, past: Past) -> Lines:
    """The lines for one service. `past` knows which is newer, the table or a dump. Raises NotDone when the service is
    neither in the table nor configured."""
    keeping = state.keeping
    configuration = keeping.on_disk if keeping is not None else None
    written = configuration.rules.rules.get(key) if configuration is not None else None
    reading, pool = state.services.find(key), state.servers(key)
    if reading is None:
        if written is None or configuration is None:
            raise NotDone(service_text(key), "is neither in the table nor in keepalived's configuration")
        return Lines(f"# {service_text(key)} is not in the table: take out {_at(configuration, key)}\n", 1)
    if pool is None:
        raise NotDone(service_text(key), "its servers have not been read yet", "try again")
    live = Entry(reading.service, {server.key: server for server in pool.servers()})
    verdicts = checks(state, key, tuple(live.servers.values()), past)
    wanted, notes = _lasting(key, live, verdicts, configuration)
    text, lost = conf.write(RuleSet({key: wanted}), notes)
    changes = plan(RuleSet({key: written}), RuleSet({key: wanted})) if written is not None else ()
    head = _head(key, changes, written, configuration, keeping)
    head += [f"# keepalived.conf cannot express this: {words}" for words in lost]
    return Lines("".join(f"{plain(line)}\n" for line in head) + text, len(changes) if written is not None else 1)


def _lasting(
    key: ServiceKey, live: Entry, verdicts: ServiceVerdicts | None, configuration: Configured | None
) -> tuple[Entry, Mapping[ServerInService, str]]:
    """The service as it should be configured, with a note on each server. The effect of a check is not made to last: a
    server that failed it stays configured as it is."""
    if verdicts is None or configuration is None:
        return live, {}
    entry = configuration.rules.rules.get(key)
    known = {
        **(entry.servers if entry is not None else {}),
        **{server.key: server for server in configuration.waiting.get(key, ())},
    }
    servers: dict[ServerKey, Server] = {}
    notes = {}
    for name, server in (*live.servers.items(), *((server.key, server) for server in verdicts.out)):
        verdict = verdicts.verdicts[name]
        by_check = verdict.state in (DOWN, LOST) or "by its check" in verdict.words
        if verdict.state == SORRY or (name not in live.servers and verdict.state == BY_HAND):
            continue
        servers[name] = known.get(name, server) if by_check or name not in live.servers else server
        notes[(key, name)] = _note(configuration, (key, name), verdict)
    return Entry(live.service, servers), notes


def _note(configuration: Configured, place: ServerInService, verdict: Verdict) -> str:
    """The note on the block of one real server."""
    kinds = ", ".join(configuration.checked.get(place, ()))
    if verdict.state == STRANGER:
        return "not configured yet: a checker belongs here, for example TCP_CHECK with connect_timeout 3"
    said = f"{verdict.words}; " if verdict.state in (DOWN, LOST, OPEN) else ""
    return f"{said}{kinds or 'no checker'}: see {_at(configuration, place)}"


def _head(
    key: ServiceKey,
    changes: tuple[Change, ...],
    written: Entry | None,
    configuration: Configured | None,
    keeping: KeepalivedState | None,
) -> list[str]:
    """Comments that say what to change, and where."""
    if configuration is None or keeping is None:
        return ["# No keepalived configuration is known here: this is a new block, without checkers."]
    if written is None:
        return [f"# {own_name(keeping.named)} does not have {service_text(key)}: append this, with checkers."]
    if not changes:
        return [f"# {_at(configuration, key)} already says this: nothing to change."]
    many = sum(
        where == configuration.lines.get(key)
        for name, where in configuration.lines.items()
        if isinstance(name, ServiceKey)
    )
    before = RuleSet({key: written})
    return [
        f"# To make {service_text(key)} last as it is now, change:",
        *(f"#   {_where(configuration, key, change)}: {_words(change, before)}" for change in changes),
        *([f"# It is one of {many} services of this virtual_server, which all change with it."] if many > 1 else []),
        "# Or replace the block with this, and keep its other lines (delay_loop, quorum, checkers, notify):",
    ]


def _where(configuration: Configured, key: ServiceKey, change: Change) -> str:
    match change:
        case EditServer(_, server):
            return _at(configuration, (key, server.key))
        case DeleteServer(_, name):
            return _at(configuration, (key, name))
        case _:
            return _at(configuration, key)


def _words(change: Change, before: RuleSet) -> str:
    match change:
        case AddServer(_, server):
            return f"add real_server {server_text(server.key)}, weight {server.weight}"
        case DeleteServer(_, name):
            return f"remove real_server {server_text(name)}"
        case _:
            return differs(change, before)


def _at(configuration: Configured, what: ServiceKey | ServerInService) -> str:
    """`/etc/keepalived/keepalived.conf line 31`"""
    position = configuration.lines.get(what)
    if position is None:
        return "the configuration"
    return f"{own_name(position[0])} line {position[1]}"


def own_name(name: str) -> str:
    """The name of a file on its own machine, where it is seen through another root."""
    return re.sub(r"^/proc/\d+/root(?=/)", "", name)


def files(state: State) -> frozenset[str]:
    """The files of keepalived's configuration, by the names seen from here; only the operator writes them."""
    keeping = state.keeping
    configuration = keeping.on_disk if keeping is not None else None
    return frozenset(
        (
            *(configuration.files if configuration is not None else ()),
            *([keeping.config] if keeping is not None and keeping.config else ()),
        )
    )
