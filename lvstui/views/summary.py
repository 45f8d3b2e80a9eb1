"""Changes in words and numbers: counted by kind, as ipvsadm's commands, their effect on connections, and which services
they would leave without a server. Pure; read by the verbs and by the console."""

from __future__ import annotations

from _collections_abc import Iterable, Iterator, Sequence
from itertools import islice

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
from lvstui.director.runs import AddedServers, counted, expanded, kinds, parts
from lvstui.director.spell import spell
from lvstui.director.state import ServerReading, State
from lvstui.values import TYPE_CHECKING
from lvstui.views.ending import SWITCH, EndingConnections, fate

if TYPE_CHECKING:
    from lvstui.director.runs import RunPart

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


def counts(changes: Sequence[RunPart]) -> str:
    """`1 service added, 2 servers changed`."""
    numbers: dict[tuple[str, str], int] = {}
    for kind, number in counted(changes).items():
        words = _KINDS.get(kind, ("sync daemon", "changed"))
        numbers[words] = numbers.get(words, 0) + number
    return ", ".join(f"{n} {thing}{'s' if n > 1 else ''} {done}" for (thing, done), n in numbers.items())


def commands(changes: Iterable[Change]) -> Iterator[str]:
    """Each change as the ipvsadm command it equals, a line each."""
    return (f"ipvsadm {spell(change)}\n" for change in changes)


def grouped(changes: Sequence[Change], most: int) -> Iterator[str]:
    """The commands by kind, with headings if there is more than one kind, in an order in which they could be typed; at
    most `most` commands in all, and the number of the others."""
    shown = 0
    groups: dict[tuple[int, bool], list[RunPart]] = {}
    before: type | None = None
    group: list[RunPart] = []
    for change in parts(changes):
        kind = type(change)
        if kind is not before or kind is EditServer:  # fifty thousand of a kind may come one after the other
            group, before = groups.setdefault(_rank(change), []), kind
        group.append(change)
    for _, group in sorted(groups.items()):
        if len(groups) > 1:
            yield f"{counts(group)}:\n"
        yield from (f"  {line}" for line in commands(islice(expanded(group), max(0, most - shown))))
        shown += sum(counted(group).values())
        if shown > most:
            break
    if len(changes) > most:
        yield f"... and {len(changes) - most} more; --dry-run shows all\n"


_RANKS = (Flush, AddService, EditService, AddServer, EditServer, DeleteServer, DeleteService)
"""Additions come before removals, so that a service that stays always has servers."""
_PLACES: dict[type, int] = {kind: place for place, kind in enumerate(_RANKS)}


def _rank(change: RunPart) -> tuple[int, bool]:
    drains = type(change) is EditServer and change.server.weight == 0
    return _PLACES.get(AddServer if type(change) is AddedServers else type(change), len(_PLACES)), drains


def cost(changes: Sequence[Change], state: State) -> str:
    """What happens to the connections of services and servers that are removed, "" if none are."""
    held = going(changes, state)
    if not held:
        return ""
    servers = sum(ended.servers for ended in held)
    go = "1 server goes" if servers == 1 else f"{servers or 'no'} servers go"
    return f"{go}, {fate(held, state)}"


_GOING: set[type] = {Flush, DeleteService, DeleteServer}
"""The changes that can remove servers."""
_WEAKENING: set[type] = {*_GOING, EditServer}
"""The changes that can leave something without a server."""


def going(changes: Sequence[Change], state: State) -> list[EndingConnections]:
    """The connections of the servers that are removed. If the table is emptied, servers that are added again keep their
    connections, unless the kernel expires them (ip_vs_trash_get_dest)."""
    if not _GOING & kinds(changes):
        return []
    servers: dict[ServiceKey, set[ServerKey] | None] = {}
    stay: set[tuple[ServiceKey, ServerKey]] = set()
    grown = {change.service for change in changes if isinstance(change, AddServer) and change.server.weight}
    flushed = False
    for change in changes:
        match change:
            case Flush():
                flushed = True
                servers |= dict.fromkeys(state.services.keys)
            case DeleteService(key):
                servers[key] = None
            case DeleteServer(key, server_key):
                of = servers.setdefault(key, set())
                if of is not None:
                    of.add(server_key)
            case AddServer(key, server) if flushed and not state.sysctls.get(SWITCH):
                stay.add((key, server.key))
            case _:
                pass
    return [
        _held(
            key, [row for row in state.pools.get(key) or () if (key, row.server.key) not in stay], names, key in grown
        )
        for key, names in servers.items()
    ]


def _held(
    key: ServiceKey, rows: Sequence[ServerReading], names: set[ServerKey] | None, grows: bool
) -> EndingConnections:
    gone = [row for row in rows if names is None or row.server.key in names]
    others = grows or any(row.server.weight for row in rows if names is not None and row.server.key not in names)
    return EndingConnections(key, sum(row.active for row in gone), sum(row.inactive for row in gone), len(gone), others)


def outages(changes: Sequence[Change], now: RuleSet, state: State) -> list[str]:
    """What these changes put out of service: the whole table; a service that stays but loses its last live server
    (weight above 0) to a deletion or a drain; a service that is deleted while live servers carry its connections. Empty
    if there is nothing."""
    if not _WEAKENING & kinds(changes):
        return []
    if now.rules and any(isinstance(change, Flush) for change in changes):
        return ["the table is emptied before it is built again"]
    deleted = {change.key for change in changes if isinstance(change, DeleteService)}
    added = any(isinstance(change, AddService) for change in changes)
    if now.rules and not added and len(deleted) == len(now.rules):
        return ["the table is emptied"]
    # A service of which a server gets or keeps a weight by an edit is served after it.
    weakened = {
        change.service
        for change in changes
        if type(change) is DeleteServer or (type(change) is EditServer and not change.server.weight)
    }
    keys = [key for key in sorted(weakened - deleted) if _live(now.rules[key])]
    lines = []
    if keys:
        chosen = frozenset(keys)
        servers = [c for c in changes if isinstance(c, AddServer | DeleteServer | EditServer) and c.service in chosen]
        after = apply_all(servers, now).rules
        lines = [f"{service_text(key)} loses its last live server" for key in keys if not _live(after[key])]
    return lines + [text for key in sorted(deleted) if (text := _busy(key, now, state))]


def _busy(key: ServiceKey, now: RuleSet, state: State) -> str:
    """The text for a service that is deleted while it is in use."""
    load = pool.load if (pool := state.pools.get(key)) is not None else None
    if load is None or not _live(now.rules[key]) or not load.active + load.inactive:
        return ""
    return f"{service_text(key)} goes with {load.active + load.inactive} connections"


def _live(entry: Entry) -> bool:
    return any(server.weight > 0 for server in entry.servers.values())
