"""What others did: differences between two sweeps of one director that we did not make, as Changes."""

from __future__ import annotations

from _collections_abc import Callable, Collection, Iterable, Mapping, Sequence

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    apply_all,
)
from lvstui.director.errors import LvsError
from lvstui.director.model import Entry, RuleSet, ServerKey, Service, ServiceKey, server_text, service_text
from lvstui.director.plan import plan
from lvstui.director.state import Pool, State, Vrrp
from lvstui.director.transaction import touched
from lvstui.values import NamedTuple, Protocol, runtime_checkable


@runtime_checkable
class Comparing(Protocol):
    """Pools that know, without decoding, which of them have different rules than before."""

    def differing(self, before: Mapping[ServiceKey, Pool]) -> Collection[ServiceKey] | None:
        """Services whose real servers may differ from those of `before`; a few that do not may be included. None when
        this is not known."""


class Sweep(NamedTuple):
    """The State of a sweep with the rules of its services, which are made once and compared twice."""

    state: State
    services: Sequence[Service]


def swept(state: State) -> Sweep:
    return Sweep(state, state.services.services())


class ObservedChanges(NamedTuple):
    """`changes` lead from `before` to the rules found; `vrrp` describes the change of role, "" for none."""

    changes: tuple[Change, ...] = ()
    before: RuleSet = RuleSet()
    vrrp: str = ""


def observed_changes(earlier: Sweep, later: Sweep, own: Sequence[Change]) -> ObservedChanges:
    """What others did between two sweeps. `own`: our own changes in between, in order."""
    before, after = earlier.state, later.state
    keys = other_rules(earlier, later) | touched(own)
    vrrp = moved(before.vrrp, after.vrrp)
    if not keys:
        return ObservedChanges(vrrp=vrrp)
    was = _part(before, keys)
    try:
        expected = apply_all(own, was)
    except (LvsError, KeyError):
        expected = was  # someone changed the same rules in between: then report every difference
    is_now = _part(after, keys)
    return ObservedChanges(plan(_unset(expected), is_now), expected, vrrp)


def other_rules(earlier: Sweep, later: Sweep) -> set[ServiceKey]:
    """The services that were added, deleted, or have different rules, real servers included; a few that do not may be
    included."""
    return other_services(earlier.services, later.services) | _pools(earlier.state, later.state)


def unreported(
    earlier: Sweep,
    later: Sweep,
    keys: Collection[ServiceKey],
    known: Mapping[ServiceKey, frozenset[ServerKey]],
    settled: Callable[[ServiceKey], bool],
) -> Mapping[ServiceKey, frozenset[ServerKey]]:
    """The servers of each service that have changed since keepalived's report, where that is known. `keys`: the
    services that changed between the two sweeps; `known`: the same after the earlier one; `settled`: whether the report
    is newer than a service's last change before."""
    if not keys:
        return known
    changed = {key: servers for key, servers in known.items() if not settled(key)}
    for key in keys:
        old, new = earlier.state.pools.get(key), later.state.pools.get(key)
        if old is None or new is None:
            changed.pop(key, None)
        elif key in changed or settled(key):
            other = frozenset(old.servers()).symmetric_difference(new.servers())
            changed[key] = changed.get(key, frozenset()) | {server.key for server in other}
    return changed


def moved(before: Vrrp, after: Vrrp) -> str:
    """`MASTER -> BACKUP, no longer holds 192.0.2.10`; "" while nothing changed or one of the two is not known."""
    if before == after or before.keepalived is None or after.keepalived is None:
        return ""
    words = []
    if before.role != after.role:
        words.append(f"{before.role or 'no role'} -> {after.role or 'no role'}")
    for text, addresses in (
        ("now holds", _only(after.held or (), before.held or ())),
        ("no longer holds", _only(before.held or (), after.held or ())),
    ):
        if addresses and before.held is not None and after.held is not None:
            others = f" and {len(addresses) - 4} more address{'es' if addresses[5:] else ''}" if addresses[4:] else ""
            words.append(f"{text} {', '.join(addresses[:4])}{others}")
    if before.keepalived != after.keepalived:
        words.append("keepalived runs" if after.keepalived else "keepalived no longer runs")
    return ", ".join(words)


def _only(these: Iterable[str], others: Iterable[str]) -> list[str]:
    known = frozenset(others)
    return [text for text in these if text not in known]


def other_services(old: Sequence[Service], new: Sequence[Service]) -> set[ServiceKey]:
    """The services that were added, deleted or have another rule."""
    if old == new:
        return set()
    known: dict[ServiceKey, Service] = {service.key: service for service in old}
    keys = {service.key for service in new if known.pop(service.key, None) != service}
    return keys | known.keys()


def _pools(before: State, after: State) -> set[ServiceKey]:
    if isinstance(after.pools, Comparing):
        keys = after.pools.differing(before.pools)
        if keys is not None:
            return set(keys)
    return {key for key, pool in after.pools.items() if (old := before.pools.get(key)) is None or _other(old, pool)}


def _other(old: Pool, new: Pool) -> bool:
    return old is not new and (len(old) != len(new) or old.servers() != new.servers())


def _part(state: State, keys: Iterable[ServiceKey]) -> RuleSet:
    """The rules of these services, as far as they were read."""
    rules = {}
    for key in sorted(keys):
        reading, pool = state.services.find(key), state.pools.get(key)
        if reading is not None:
            rules[key] = Entry(reading.service, {server.key: server for server in pool.servers()} if pool else {})
    return RuleSet(rules)


def _unset(rules: RuleSet) -> RuleSet:
    """The rules without settings, which a sweep does not read."""
    return RuleSet(rules.rules)


def described(change: Change, before: RuleSet) -> str:
    """A change that was seen, in words: `10.0.0.5:80 removed from tcp 192.0.2.1:80`."""
    if isinstance(change, DeleteServer):
        return f"{server_text(change.key)} removed from {service_text(change.service)}"
    if isinstance(change, AddServer):
        key, server = change
        return f"{server_text(server.key)} added to {service_text(key)}, weight {server.weight}"
    if isinstance(change, EditServer):
        key, server = change
        entry = before.rules.get(key)
        old = entry.servers.get(server.key) if entry is not None else None
        what = f"{server_text(server.key)} of {service_text(key)}"
        if old is not None and old._replace(weight=server.weight) == server:
            return f"weight {old.weight} -> {server.weight}: {what}"
        return f"changed: {what}"
    if isinstance(change, DeleteService):
        return f"{service_text(change.key)} removed"
    if isinstance(change, AddService):
        return f"{service_text(change.service.key)} added"
    if isinstance(change, EditService):
        service = change.service
        entry = before.rules.get(service.key)
        old_name = entry.service.scheduler if entry is not None else service.scheduler
        if old_name != service.scheduler:
            return f"scheduler {old_name} -> {service.scheduler}: {service_text(service.key)}"
        return f"changed: {service_text(service.key)}"
    return type(change).__name__
