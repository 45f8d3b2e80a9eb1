"""Changes in words and numbers: counted by kind, as ipvsadm's commands, what they cost, and what they would put out of
service. Pure; read by the verbs and by the console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
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


def cost(changes: Sequence[Change], state: State) -> str:
    """What goes with the services and servers that go: connections now, "" when none go."""
    going: dict[ServiceKey, set[ServerKey] | None] = {}
    for change in changes:
        match change:
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


def outages(changes: Sequence[Change], now: RuleSet) -> list[str]:
    """What these changes put out of service: a kept service whose last live server (weight above 0) goes or is
    drained, or the whole table. Empty when nothing."""
    deleted = {change.key for change in changes if isinstance(change, DeleteService)}
    added = any(isinstance(change, AddService) for change in changes)
    if now.rules and not added and len(deleted) == len(now.rules):
        return ["the table is emptied"]
    weakened = {change.service for change in changes if isinstance(change, DeleteServer | EditServer)}
    keys = [key for key in sorted(weakened - deleted) if _live(now.rules[key])]
    if not keys:
        return []
    chosen = frozenset(keys)
    servers = [c for c in changes if isinstance(c, AddServer | DeleteServer | EditServer) and c.service in chosen]
    after = apply_all(servers, now).rules
    return [f"{service_text(key)} loses its last live server" for key in keys if not _live(after[key])]


def _live(entry: Entry) -> bool:
    return any(server.weight > 0 for server in entry.servers.values())
