"""Other causes of differences than a hand, that can no longer be seen in the table: followed from sweep to sweep.

A keepalived whose processes are all killed leaves its rules; the next one takes them over as they are. And while a
service of a virtual_server_group is missing, keepalived gives up its changes of the others. Who watched knows what
stood there at that moment: as long as it stands so, nobody need have touched it. A console that was opened after
keepalived began does not know what stood there then: each difference that it found may be one of these, unless the
audit log has it. So may a server that stands as configured, and that keepalived reports as down or not programmed: one
that begins as down (alpha) is not added, and one that an earlier keepalived left stays, also after a reload without
alpha.
"""

from __future__ import annotations

from _collections_abc import Iterable, Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType

from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, ServerKey, ServiceKey
from lvstui.director.state import State
from lvstui.director.sweeps import Sweep, other_rules, swept
from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias

    from lvstui.director.checks.check_report import CheckedService

RulePlace: TypeAlias = "tuple[ServiceKey, ServerKey | None]"
"""A real server in its service, or the service itself."""
EARLIER, LACKED = "by an earlier keepalived", "because its group lacked a service"
EITHER = f"{EARLIER} or {LACKED}"
_SWEEPS, _SECONDS = 4, 30.0
"""The most tables, different from each other, that are remembered, and for how long: keepalived's start is noticed some
seconds late."""
_APART = 1.0
"""Seconds by which the starts of two keepaliveds differ at least: two clocks tell of one."""
_NONE: Mapping[RulePlace, str] = MappingProxyType({})


class Causes(NamedTuple):
    """`of`: the places that may be as they are for another cause, each with the cause in words. The rest is carried to
    the next sweep: `then`, the services as they were when the cause was there; the last different tables with the
    moment when each was read first (monotonic seconds); when keepalived began; the services whose group lacked one;
    `moved`, the checked servers that were seen to change, None where somebody watched when keepalived began; `checks`,
    the report that `of` takes into account."""

    of: Mapping[RulePlace, str] = _NONE
    then: Mapping[ServiceKey, Entry] = MappingProxyType({})
    tables: tuple[tuple[float, Sweep], ...] = ()
    began: float = 0.0
    parted: frozenset[ServiceKey] = frozenset()
    moved: frozenset[RulePlace] | None = frozenset()
    checks: Mapping[ServiceKey, CheckedService] | None = None


def caused(state: State, before: Causes) -> Causes:
    """The causes after one more sweep, which has everything."""
    now, read, moved = swept(state), state.rules_read, before.moved
    changed = other_rules(before.tables[-1][1], now) if before.tables else set()
    same = bool(before.tables) and not changed
    if changed and moved is not None:
        moved |= set(_moves(changed, before.tables[-1][1].state, state))
    if same:
        tables = (*before.tables[:-1], (before.tables[-1][0], now))
    else:
        young = [table for table, after in pairwise((*before.tables, (read, now))) if read - after[0] < _SECONDS]
        tables = (*young, (read, now))[-_SWEEPS:]
    keeping = state.keeping
    configuration = keeping.effective if keeping is not None else None
    if keeping is None or configuration is None:
        return before._replace(tables=tables, moved=moved)
    first, new = tables[0][1].state, dict[ServiceKey, "tuple[Entry, str]"]()
    if keeping.began > before.began + _APART:
        new = _taken_over(keeping, before, configuration, first)
        if before.began or any(at < keeping.began for at, _ in before.tables):
            moved = None
    if moved is not None:
        moved = frozenset(place for place in moved if place in configuration.checked)
    for key in before.parted - keeping.parted:
        if (there := entry_of(state, key)) is not None:
            new[key] = there, LACKED
    if same and not new:
        return reported(before._replace(tables=tables, began=keeping.began, parted=keeping.parted), keeping)
    of, then = {}, {}
    for key in {*before.then, *new}:
        entry, cause = new.get(key, (before.then.get(key), ""))
        there, wanted = entry_of(state, key), configuration.rules.rules.get(key)
        if entry is None or there is None or wanted is None:
            continue
        for name in (None, *{**entry.servers, **wanted.servers}):
            stood = part_of(entry, name)
            # What was never touched stays so when another configuration says the same.
            known = before.of.get((key, name))
            differs = stood != part_of(wanted, name)
            if stood == part_of(there, name) and (word := cause if cause and differs else known):
                of[key, name] = word
                then[key] = entry
    return reported(Causes(of, then, tables, keeping.began, keeping.parted, moved), keeping)


def reported(causes: Causes, keeping: KeepalivedState) -> Causes:
    """The causes when keepalived has reported its checks: with each server that it does not believe to be in the table,
    and that has stood as it does since before somebody watched."""
    configuration = keeping.effective
    if causes.moved is None or configuration is None or keeping.checks is causes.checks:
        return causes
    if not causes.began or abs(keeping.began - causes.began) > _APART:
        return causes  # the next sweep says what stood in the table before it began
    of = dict(causes.of)
    for key, service in keeping.checks.items():
        for server in service.servers:
            if not (server.alive and server.programmed) and (key, server.key) not in causes.moved:
                of.setdefault((key, server.key), EITHER if key in configuration.groups else EARLIER)
    return causes._replace(of=of, checks=keeping.checks)


def _moves(keys: Iterable[ServiceKey], earlier: State, later: State) -> Iterator[RulePlace]:
    """The servers of these services that differ between two sweeps."""
    for key in keys:
        old, new = entry_of(earlier, key), entry_of(later, key)
        before, after = old.servers if old is not None else {}, new.servers if new is not None else {}
        yield from ((key, name) for name in {*before, *after} if before.get(name) != after.get(name))


def _taken_over(
    keeping: KeepalivedState, before: Causes, configuration: Configured, first: State
) -> dict[ServiceKey, tuple[Entry, str]]:
    """The services that stood in the table before keepalived began, as they were then; where nobody watched then, as
    they were read first."""
    earlier = [sweep for read, sweep in before.tables if read < keeping.began]
    unwatched = not earlier and not before.began
    if not earlier and not unwatched:
        return {}
    causes = {}
    for key in configuration.rules.rules:
        if (entry := entry_of(first if unwatched else earlier[-1].state, key)) is not None:
            causes[key] = entry, EITHER if unwatched and key in configuration.groups else EARLIER
    return causes


def unwatched(now: RuleSet, configuration: Configured) -> Mapping[RulePlace, str]:
    """The causes for a reader without an earlier table: one for each place that differs from its configuration."""
    of = {}
    for key, wanted in configuration.rules.rules.items():
        if (there := now.rules.get(key)) is not None:
            for name in (None, *{**there.servers, **wanted.servers}):
                if part_of(there, name) != part_of(wanted, name):
                    of[key, name] = EITHER if key in configuration.groups else EARLIER
    return of


def entry_of(state: State, key: ServiceKey) -> Entry | None:
    """A service with its servers, None where it is not in the table or was not read."""
    reading, pool = state.services.find(key), state.pools.get(key)
    if reading is None or pool is None:
        return None
    return Entry(reading.service, {server.key: server for server in pool.servers()})


def part_of(entry: Entry, name: ServerKey | None) -> object:
    """One of its servers, None where it has none of that key; of no key (None) the service itself."""
    return entry.service if name is None else entry.servers.get(name)
