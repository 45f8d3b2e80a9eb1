"""Changes in words and numbers: counted by kind, as ipvsadm's commands, what they cost, and what they would put out of
service. Pure; read by the verbs and by the console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    SetTimeouts,
    apply_all,
)
from lvstui.director.model import Entry, RuleSet, ServerKey, ServiceKey, service_text
from lvstui.director.spell import spell
from lvstui.director.state import State

_KINDS: dict[type, tuple[str, str]] = {
    AddService: ("service", "added"),
    EditService: ("service", "changed"),
    DeleteService: ("service", "deleted"),
    AddServer: ("server", "added"),
    EditServer: ("server", "changed"),
    DeleteServer: ("server", "deleted"),
    SetTimeouts: ("timeout setting", "changed"),
    Flush: ("table", "emptied"),
}


def counts(changes: Sequence[Change]) -> str:
    """`1 service added, 2 servers changed`."""
    found: dict[tuple[str, str], int] = {}
    for kind, number in Counter(map(type, changes)).items():
        words = _KINDS.get(kind, ("sync daemon", "changed"))
        found[words] = found.get(words, 0) + number
    return ", ".join(f"{n} {thing}{'s' if n > 1 else ''} {done}" for (thing, done), n in found.items())


def commands(changes: Sequence[Change]) -> Iterator[str]:
    """Each change as the ipvsadm command it equals, a line each."""
    return (f"ipvsadm {spell(change)}\n" for change in changes)


def grouped(changes: Sequence[Change], most: int) -> Iterator[str]:
    """The commands by kind, under a heading where there is more than one kind, in an order in which they could be
    typed; at most `most` commands in all, with how many more there are."""
    shown = 0
    headed = len(set(map(_rank, changes))) > 1
    for _, run in groupby(sorted(changes, key=_rank), _rank):
        group = list(run)
        if headed:
            yield f"{counts(group)}:\n"
        yield from (f"  {line}" for line in commands(group[: max(0, most - shown)]))
        shown += len(group)
        if shown > most:
            break
    if len(changes) > most:
        yield f"... and {len(changes) - most} more; --dry-run shows all\n"


_RANKS = (Flush, AddService, EditService, AddServer, EditServer, DeleteServer, DeleteService)
"""What builds comes before what takes away, so that a kept service keeps being served."""


def _rank(change: Change) -> tuple[int, bool]:
    drains = isinstance(change, EditServer) and change.server.weight == 0
    return (_RANKS.index(type(change)) if type(change) in _RANKS else len(_RANKS), drains)


def cost(changes: Sequence[Change], state: State) -> str:
    """What goes with the services and servers that go: connections now, "" when none go."""
    going: dict[ServiceKey, set[ServerKey] | None] = {}
    for change in changes:
        match change:
            case Flush():
                going |= dict.fromkeys(state.services.keys)
            case DeleteService(key):
                going[key] = None
            case DeleteServer(key, server_key):
                servers = going.setdefault(key, set())
                if servers is not None:
                    servers.add(server_key)
            case _:
                pass
    if not going:
        return ""
    active = inactive = gone = 0
    for key, wanted in going.items():
        for reading in state.pools.get(key) or ():
            if wanted is None or reading.server.key in wanted:
                gone += 1
                active += reading.active
                inactive += reading.inactive
    return f"{active} active and {inactive} inactive connections are on the {gone} servers that go"


def outages(changes: Sequence[Change], now: RuleSet, state: State) -> list[str]:
    """What these changes put out of service: the whole table; a kept service whose last live server (weight above 0)
    goes or is drained; a service that goes while live servers carry connections of it. Empty when nothing."""
    if now.rules and any(isinstance(change, Flush) for change in changes):
        return ["the table is emptied before it is built again"]
    deleted = {change.key for change in changes if isinstance(change, DeleteService)}
    added = any(isinstance(change, AddService) for change in changes)
    if now.rules and not added and len(deleted) == len(now.rules):
        return ["the table is emptied"]
    weakened = {change.service for change in changes if isinstance(change, DeleteServer | EditServer)}
    keys = [key for key in sorted(weakened - deleted) if _live(now.rules[key])]
    found = []
    if keys:
        chosen = frozenset(keys)
        servers = [c for c in changes if isinstance(c, AddServer | DeleteServer | EditServer) and c.service in chosen]
        after = apply_all(servers, now).rules
        found = [f"{service_text(key)} loses its last live server" for key in keys if not _live(after[key])]
    return found + [text for key in sorted(deleted) if (text := _busy(key, now, state))]


def _busy(key: ServiceKey, now: RuleSet, state: State) -> str:
    """In words, when a service that goes is in use."""
    load = pool.load if (pool := state.pools.get(key)) is not None else None
    if load is None or not _live(now.rules[key]) or not load.active + load.inactive:
        return ""
    return f"{service_text(key)} goes with {load.active + load.inactive} connections"


def _live(entry: Entry) -> bool:
    return any(server.weight > 0 for server in entry.servers.values())
