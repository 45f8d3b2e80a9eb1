"""plan: the difference between two rule sets as the smallest list of ordered Changes.

The order keeps every service served that stays: servers are added and edited before any is drained or removed, and
services are built before others are deleted.
"""

from __future__ import annotations

from _collections_abc import Sequence
from _operator import itemgetter

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
    stated,
)
from lvstui.director.lazy_servers import LazyServers
from lvstui.director.model import Entry, RuleSet, SyncDaemon
from lvstui.director.runs import AddedServers, joined, parts
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.runs import RunPart

_make = tuple.__new__
"""Makes a NamedTuple without the call of its own constructor."""
_stated, _thresholds = itemgetter(0, 1, 2, 5), itemgetter(3, 4)
"""Of a server: what every text states, and its thresholds, which most texts leave out."""
_LEFT_OUT = {(None, None)}


def plan(now: RuleSet, wanted: RuleSet) -> tuple[Change, ...]:
    """The changes that make `now` equal to `wanted`; empty when nothing differs. Values that `wanted` does not define
    (thresholds, timeouts, sync daemons) stay as they are."""
    return tuple(in_runs(now, wanted))


def in_runs(now: RuleSet, wanted: RuleSet) -> Sequence[Change]:
    """The same changes, without values for the servers of new services that were read in columns."""
    build: list[RunPart] = []
    remove: list[RunPart] = []
    for key, entry in wanted.rules.items():
        live = now.rules.get(key)
        if live is None:
            build.append(_make(AddService, (entry.service,)))
            servers = entry.servers
            if type(servers) is LazyServers and servers.rules is not None:
                build.append(AddedServers(key, servers))
            else:
                build += [_make(AddServer, (key, stated(server, None))) for server in servers.values()]
        else:
            _difference(live, entry, build, remove)
    remove += [DeleteService(key) for key in now.rules if key not in wanted.rules]
    return joined((*build, *remove, *_settings(now, wanted)))


def replacement(now: RuleSet, wanted: RuleSet) -> Sequence[Change]:
    """Empties the table, then builds `wanted`, as ipvsadm-restore does; nothing is served in between. Empty when
    nothing differs."""
    if not in_runs(now, wanted):
        return ()
    build = in_runs(RuleSet(timeouts=now.timeouts, sync=now.sync), wanted)
    return joined((Flush(), *parts(build))) if now.rules else build


def _difference(live: Entry, entry: Entry, build: list[RunPart], remove: list[RunPart]) -> None:
    key = entry.service.key
    if live.service != entry.service:
        build.append(EditService(entry.service))
    if _alike(live, entry):
        return
    find = live.servers.get
    for server_key, server in entry.servers.items():
        old = find(server_key)
        if old is not None and old[1:3] == server[1:3] and server[3] is None is server[4] and old[5] == server[5]:
            continue  # nearly all servers: the thresholds are not defined, and the rest is the same
        server = stated(server, old)
        if old is None:
            build.append(AddServer(key, server))
        elif old != server:
            # A server is drained after the servers that replace it can be reached.
            drained = old.weight > 0 and server.weight == 0
            (remove if drained else build).append(EditServer(key, server))
    remove += [DeleteServer(key, server_key) for server_key in live.servers if server_key not in entry.servers]


def _alike(live: Entry, entry: Entry) -> bool:
    """Whether nothing differs between two pools, where that can be told without a line of Python for each server: they
    stand in the same words, or are equal, or in the same order and `entry` leaves out all thresholds."""
    if (
        type(live.servers) is LazyServers
        and type(entry.servers) is LazyServers
        and live.servers.reads_as(entry.servers)
    ):
        return True
    have, want = live.servers.values(), entry.servers.values()
    return live.servers == entry.servers or (
        len(have) == len(want)
        and list(map(_stated, have)) == list(map(_stated, want))
        and set(map(_thresholds, want)) <= _LEFT_OUT
    )


def _settings(now: RuleSet, wanted: RuleSet) -> list[Change]:
    changes: list[Change] = []
    if wanted.timeouts is not None:
        # 0 leaves a timeout unchanged (ipvsadm(8), --set).
        live_timeouts = now.timeouts or (0, 0, 0)
        if any(want and want != have for want, have in zip(wanted.timeouts, live_timeouts, strict=True)):
            changes.append(SetTimeouts(wanted.timeouts))
    if wanted.sync is not None:
        live = {daemon.role: daemon for daemon in now.sync or ()}
        want = {daemon.role: daemon for daemon in wanted.sync}
        for role, daemon in live.items():
            if role not in want or not same_daemon(want[role], daemon):
                changes.append(StopSync(role))
        for role, daemon in want.items():
            if role not in live or not same_daemon(daemon, live[role]):
                changes.append(StartSync(daemon))
    return changes


def same_daemon(wanted: SyncDaemon, live: SyncDaemon) -> bool:
    """Whether a running daemon matches the wanted one; values that `wanted` leaves to the kernel (0, "") match
    anything."""
    optional = zip(wanted[3:], live[3:], strict=True)
    return wanted[:3] == live[:3] and all(not want or want == have for want, have in optional)
