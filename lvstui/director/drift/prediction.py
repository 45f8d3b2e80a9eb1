"""What keepalived does to a service in the table at a reload, a restart, or a check that fails and recovers.

keepalived never reads the table back. It compares its loaded configuration with its file, and acts on its check
results, so a change by hand stays until keepalived itself has a reason to program the same rule. This follows 2.2.7
(check/ipwrapper.c: clear_diff_services, init_services, perform_svr_state; check/ipvswrapper.c: ipvs_talk).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping

from lvstui.director.change import stated
from lvstui.director.checks.check_report import CheckedServer
from lvstui.director.checks.reloaded import misplaced, of_group, written
from lvstui.director.checks.sorry import real
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, Server, ServerKey, ServiceKey


class Trigger(enum.StrEnum):
    """Events that can affect a change by hand. CHECK: a failed check and its recovery; for a server that is down now,
    the recovery alone. FAILOVER: the VRRP role moves, and the peer serves from its own table."""

    RELOAD = "reload"
    RESTART = "restart"
    CHECK = "check"
    FAILOVER = "failover"


CheckReport = Mapping[ServerKey, CheckedServer]
"""The check report on a service's servers; empty where there is none, or it is too old."""


def after(
    event: Trigger, key: ServiceKey, live: Entry | None, keeping: KeepalivedState, check_report: CheckReport
) -> Entry | None:
    """A service after keepalived has handled the event. `live`: its entry in the table, None for none. Configured
    servers without a check report are assumed to be up."""
    was, file = keeping.effective, keeping.on_disk or keeping.effective
    if was is None or file is None or event is Trigger.FAILOVER:
        return live
    match event:
        case Trigger.RELOAD:
            return _reloaded(key, live, was, file, check_report)
        case Trigger.RESTART:
            then, watched = _restarted(key, live, was, file, check_report), keeping.checks.get(key)
            lost = bool(check_report) and watched is not None and not watched.has_quorum
            return _without_quorum(key, then, file, check_report) if lost and key in was.rules.rules else then
        case _:
            return _checked(key, live, was, check_report)


def configured(key: ServiceKey, configuration: Configured) -> dict[ServerKey, Server]:
    """Every configured real server of a service, including those that wait for their first good check."""
    entry = configuration.rules.rules.get(key)
    servers = dict(entry.servers) if entry is not None else {}
    servers |= {server.key: server for server in configuration.waiting.get(key, ())}
    return servers


def _reloaded(
    key: ServiceKey, live: Entry | None, was: Configured, file: Configured, check_report: CheckReport
) -> Entry | None:
    before, wanted = was.rules.rules.get(key), file.rules.rules.get(key)
    if before is not None and wanted is None and live is not None and _group_stays(was.groups.get(key), file):
        return _entry_gone(key, live, was, file, check_report)
    if before is None and wanted is not None and _group_stays(file.groups.get(key), was):
        return _adopted(key, live, _entry_new(key, wanted, was, file))
    if before is None:
        return live if wanted is None else _adopted(key, live, wanted)
    if wanted is None or live is None:
        return None  # removed with its servers; a missing one is not re-created
    # An edit sends every attribute, so one change in the file sets all of them.
    service = live.service if before.service == wanted.service else wanted.service
    old, new = configured(key, was), configured(key, file)
    servers = dict(live.servers)
    for name in old.keys() | new.keys():
        first, then, there = old.get(name), new.get(name), live.servers.get(name)
        down = _down(name, check_report) and (key, name) not in was.inhibited
        if first is None and then is not None:
            if there is None and name in wanted.servers:
                servers[name] = then
        elif down:
            pass  # keepalived believes that it is not in the table
        elif then is None:
            servers.pop(name, None)
        elif first is not None and _sends(first, then):
            servers[name] = stated(then, there)
    return Entry(service, servers)


def regrouped(was: Configured, file: Configured) -> set[ServiceKey]:
    """The services whose entries are added to or removed from a virtual_server_group that stays."""
    gone = {key for key in was.groups.keys() - file.rules.rules.keys() if _group_stays(was.groups[key], file)}
    return gone | {key for key in file.groups.keys() - was.rules.rules.keys() if _group_stays(file.groups[key], was)}


def _group_stays(group: str | None, other: Configured) -> bool:
    return group is not None and group in other.groups.values()


def _entry_gone(
    key: ServiceKey, live: Entry, was: Configured, file: Configured, check_report: CheckReport
) -> Entry | None:
    """A service whose entry is removed from a group that stays: keepalived does not delete the service, and finds its
    servers only where they have their written port."""
    servers = dict(live.servers)
    alive = [name for name in configured(key, was) if not _down(name, check_report)]
    if not alive:
        return None
    for name in alive:
        servers.pop(written(key, name, was), None)
    still = of_group(was.groups[key], file)
    for name in configured(key, was):
        if (name.address, written(key, name, was).port) not in still:
            servers.pop(name, None)
    return Entry(live.service, servers)


def _entry_new(key: ServiceKey, wanted: Entry, was: Configured, file: Configured) -> Entry:
    """A service whose entry is added to a group: the group's servers are added at their written port."""
    had = of_group(file.groups[key], was)
    servers = {}
    for name, server in wanted.servers.items():
        own = written(key, name, file)
        there = server._replace(key=own) if (own.address, own.port) in had else server
        servers[there.key] = there
    return Entry(wanted.service, servers)


def _sends(first: Server, then: Server) -> bool:
    """Whether a reload programs a server again; it ignores changed thresholds (clear_diff_rs, init_service_rs)."""
    return first._replace(upper=0, lower=0) != then._replace(upper=0, lower=0)


def _restarted(
    key: ServiceKey, live: Entry | None, was: Configured, file: Configured, check_report: CheckReport
) -> Entry | None:
    """A service after a restart: keepalived removes its own services with all their servers when it stops, and builds
    them again when it starts."""
    wanted = file.rules.rules.get(key)
    if key not in was.rules.rules and not (was.flushes or file.flushes):
        return live if wanted is None else _adopted(key, live, wanted)
    if wanted is None:
        return None
    wrong = misplaced(key, was)
    if live is not None and any(name in wrong for name in live.servers):
        # Its servers were not counted when they were added: the service outlives keepalived, with everything in it.
        mine = configured(key, was)
        strangers = {name: server for name, server in live.servers.items() if name not in mine}
        return _adopted(key, Entry(live.service, strangers), wanted)
    servers = {}
    for server in configured(key, file).values():
        if not _down(server.key, check_report):
            servers[server.key] = stated(server, None)
        elif (key, server.key) in file.inhibited:
            servers[server.key] = stated(server, None)._replace(weight=0)
    unreported = configured(key, was).keys() - check_report.keys() if check_report else servers.keys()
    for name in unreported & servers.keys():
        if name not in wanted.servers and not _there(live, name):
            del servers[name]  # it waits for its first good check
    return Entry(wanted.service, servers)


def _without_quorum(key: ServiceKey, then: Entry | None, file: Configured, check_report: CheckReport) -> Entry | None:
    """A service after the restart of a keepalived that has lost its quorum: it loses it again, where the file's weights
    do not reach it either. Then it replaces its servers by the sorry server; those that inhibit stay at weight 0."""
    sorry = file.sorry.get(key)
    if then is None or sorry is None:
        return then
    weights = {name: server.weight for name, server in real(key, file).items()}
    alive = sum(weight for name, weight in weights.items() if not _down(name, check_report))
    if alive >= min(file.quorum.get(key, 1), sum(weights.values())):
        return then
    servers = {
        name: server._replace(weight=0) if name in weights else server
        for name, server in then.servers.items()
        if name not in weights or (key, name) in file.inhibited
    }
    return Entry(then.service, {**servers, sorry.key: stated(sorry, None)})


def _checked(key: ServiceKey, live: Entry | None, was: Configured, check_report: CheckReport) -> Entry | None:
    if live is None:
        return None
    servers = dict(live.servers)
    for server in configured(key, was).values():
        if (key, server.key) not in was.checked:
            continue
        down = _down(server.key, check_report) and (key, server.key) not in was.inhibited
        if down and server.key in servers:
            continue  # "Destination already exists": what is there stays as it is
        checked = check_report.get(server.key)
        weight = server.weight if checked is None else checked.effective
        servers[server.key] = stated(server, None)._replace(weight=weight)
    return Entry(live.service, servers)


def _adopted(key: ServiceKey, live: Entry | None, wanted: Entry) -> Entry:
    """A service that keepalived adds: it keeps what it finds there."""
    if live is None:
        return wanted
    return Entry(live.service, {**wanted.servers, **live.servers})


def _down(name: ServerKey, check_report: CheckReport) -> bool:
    checked = check_report.get(name)
    return checked is not None and not checked.alive


def _there(live: Entry | None, name: ServerKey) -> bool:
    return live is not None and name in live.servers


def events() -> Iterator[Trigger]:
    """All events, in the order in which they are shown."""
    yield from Trigger
