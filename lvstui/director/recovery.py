"""Finishing or undoing a restore that was cut off: pure functions over the rules as they were, as they were wanted, and
as they are.

Only the rules that the restore touches are considered. A rule that is as it was, or as it was wanted, belongs to the
restore and is put right. A rule that is neither was changed by someone else since, and is left alone and reported.
"""

from __future__ import annotations

from _collections_abc import Mapping, Sequence

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
    StartSync,
    StopSync,
    apply_all,
)
from lvstui.director.model import (
    Entry,
    RuleSet,
    Server,
    ServerKey,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    server_text,
    service_text,
)
from lvstui.director.plan import plan, same_daemon
from lvstui.director.runs import AddedServers, kinds, parts
from lvstui.values import NamedTuple


class RestoreGoal(NamedTuple):
    """The goal of a restore, limited to the rules that it touches: services that it adds or deletes are whole; of other
    services it has only the servers that change. `flushed`: it empties the table first, so any rule may be missing
    meanwhile."""

    was: RuleSet
    wanted: RuleSet
    flushed: bool = False


class Recovery(NamedTuple):
    """The changes left to do on `now`, the touched rules as they are; `left`: what is left alone, in words."""

    changes: tuple[Change, ...]
    now: RuleSet
    left: tuple[str, ...]


def undertaking(changes: Sequence[Change], now: RuleSet) -> RestoreGoal:
    """The goal of `changes`, which were planned on `now`."""
    there = kinds(changes)
    if Flush in there:
        return RestoreGoal(now, _after(changes, now), True)
    servers: dict[ServiceKey, dict[ServerKey, Server]] = {}
    for change in parts(changes):
        if isinstance(change, (AddService, AddedServers)):
            continue  # the service is new
        if type(change) is AddServer or type(change) is EditServer:
            key, server = change
            if key in now.rules:
                _touch(servers, now, key, server.key)
            continue
        match change:
            case DeleteServer(key, server_key):
                _touch(servers, now, key, server_key)
            case EditService(service):
                servers.setdefault(service.key, {})
            case DeleteService(key):
                servers[key] = dict(now.rules[key].servers)
            case _:
                pass
    was = RuleSet(
        {key: Entry(now.rules[key].service, touched) for key, touched in servers.items() if key in now.rules},
        now.timeouts if SetTimeouts in there else None,
        now.sync if there & {StartSync, StopSync} else None,
    )
    return RestoreGoal(was, _after(changes, was))


def _after(changes: Sequence[Change], now: RuleSet) -> RuleSet:
    """The rules after the changes, without values for what lies in columns."""
    added = [part for part in parts(changes) if isinstance(part, AddedServers)]
    after = apply_all((part for part in parts(changes) if not isinstance(part, AddedServers)), now)
    make = tuple.__new__  # without the call of its constructor
    whole = {part.service: make(Entry, (after.rules[part.service].service, part.servers)) for part in added}
    return after._replace(rules={**after.rules, **whole})


def _touch(
    servers: dict[ServiceKey, dict[ServerKey, Server]], now: RuleSet, key: ServiceKey, server_key: ServerKey
) -> None:
    entry = now.rules.get(key)
    if entry is not None:
        touched = servers.setdefault(key, {})
        if server_key in entry.servers:
            touched[server_key] = entry.servers[server_key]


def recovery(live: RuleSet, begun: RestoreGoal, forward: bool) -> Recovery:
    """The changes that finish a restore (`forward`) or take it back, given the present table."""
    goal, other = (begun.wanted, begun.was) if forward else (begun.was, begun.wanted)
    left: list[str] = []
    now: dict[ServiceKey, Entry] = {}
    then: dict[ServiceKey, Entry] = {}
    for key in {**begun.was.rules, **begun.wanted.rules}:
        have, want, past = live.rules.get(key), goal.rules.get(key), other.rules.get(key)
        if want is not None and past is not None:
            _staying(key, have, want, past, begun.flushed, now, then, left)
        else:
            _whole(key, have, want, want or past, now, then, left)
    timeouts = _timeouts(live, goal, other, left)
    sync = _sync(live, goal, other, left)
    part = RuleSet(now, live.timeouts, live.sync)
    return Recovery(plan(part, RuleSet(then, timeouts, sync)), part, tuple(left))


def _whole(
    key: ServiceKey,
    have: Entry | None,
    want: Entry | None,
    whole: Entry | None,
    now: dict[ServiceKey, Entry],
    then: dict[ServiceKey, Entry],
    left: list[str],
) -> None:
    """Handles a service that the restore adds or deletes with all its servers: nobody else may have touched it."""
    if have is not None:
        ours = whole is not None and have.service == whole.service and _within(have.servers, whole.servers)
        if not ours:
            left.append(f"{service_text(key)} was changed by someone else")
            return
        now[key] = have
    if want is not None:
        then[key] = want


def _staying(
    key: ServiceKey,
    have: Entry | None,
    want: Entry,
    past: Entry,
    flushed: bool,
    now: dict[ServiceKey, Entry],
    then: dict[ServiceKey, Entry],
    left: list[str],
) -> None:
    """Handles a service that stays: its own attributes and each touched server are judged separately."""
    if have is None:
        if flushed:
            then[key] = want
        else:
            left.append(f"{service_text(key)} is gone")
        return
    service = want.service
    if want.service == past.service:
        service = have.service
    elif have.service not in (want.service, past.service):
        left.append(f"{service_text(key)} was changed by someone else")
        service = have.service
    there: dict[ServerKey, Server] = {}
    wanted: dict[ServerKey, Server] = {}
    for server_key in {**past.servers, **want.servers}:
        is_now, goal, before = have.servers.get(server_key), want.servers.get(server_key), past.servers.get(server_key)
        if is_now is not None:
            there[server_key] = is_now
        if is_now not in (goal, before) and not (flushed and is_now is None):
            left.append(f"{server_text(server_key)} of {service_text(key)} was changed by someone else")
            goal = is_now
        if goal is not None:
            wanted[server_key] = goal
    now[key] = Entry(have.service, there)
    then[key] = Entry(service, wanted)


def _within(some: Mapping[ServerKey, Server], servers: Mapping[ServerKey, Server]) -> bool:
    return all(servers.get(key) == server for key, server in some.items())


def _timeouts(live: RuleSet, goal: RuleSet, other: RuleSet, left: list[str]) -> Timeouts | None:
    if goal.timeouts is None or live.timeouts in (goal.timeouts, other.timeouts):
        return goal.timeouts
    left.append("the timeouts were changed by someone else")
    return None


def _sync(live: RuleSet, goal: RuleSet, other: RuleSet, left: list[str]) -> tuple[SyncDaemon, ...] | None:
    """Handles sync daemons. A changed daemon is stopped and started, so it may be missing meanwhile."""
    if goal.sync is None:
        return None
    wanted = []
    for role in ("master", "backup"):
        have, want, past = (_daemon(rules, role) for rules in (live, goal, other))
        if have is not None and not any(daemon is not None and same_daemon(daemon, have) for daemon in (want, past)):
            left.append(f"the {role} sync daemon was changed by someone else")
            want = have
        if want is not None:
            wanted.append(want)
    return tuple(wanted)


def _daemon(rules: RuleSet, role: str) -> SyncDaemon | None:
    return next((daemon for daemon in rules.sync or () if daemon.role == role), None)
