"""Turns a command into a Proposal: the Changes it asks for on a State."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lvstui.commands import proposals, targets
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.proposals import NoChange, Proposal
from lvstui.commands.rule_options import new_servers, new_service, server_with, service_with
from lvstui.commands.targets import CommandContext, NamedTarget
from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    EditServer,
    EditService,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.model import ServerKey, Service, ServiceKey, SyncDaemon, Timeouts, server_text, service_text
from lvstui.views.number import count
from lvstui.views.servers import Place

Drained = Mapping[Place, int]
"""The weights of servers before they were drained."""


def propose(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    """The changes that a command asks for. Raises BadInput where it names something that is not there, NoChange where
    there is nothing to do, NotDone where it is not possible."""
    return _MAKERS[parsed.command.id](parsed, world, drained)


def makes(name: str) -> bool:
    """Whether the command with this id makes changes by itself."""
    return name in _MAKERS


def places(parsed: ParsedCommand, world: CommandContext) -> list[Place]:
    """The real servers that a command is about."""
    among = parsed.get("service")
    key = targets.service(among, world) if among is not None else None
    return targets.places(parsed.get("server"), key, world)


def _service(parsed: ParsedCommand, world: CommandContext) -> ServiceKey:
    return targets.service(parsed.get("service"), world)


def _services(parsed: ParsedCommand, world: CommandContext) -> list[ServiceKey]:
    """The named service, otherwise all marked ones."""
    return targets.services_at_hand(parsed.get("service"), world)


def _add_service(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    return proposals.add(AddService(new_service(parsed)))


def _add_server(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    keys = _services(parsed, world)
    return added(tuple(AddServer(key, server) for key in keys for server in new_servers(parsed, key, world.state)))


def place_name(place: Place) -> str:
    """`10.0.0.5:80 of tcp 192.0.2.1:80`"""
    return f"{server_text(place.server)} of {service_text(place.service)}"


def added(changes: tuple[AddServer, ...]) -> Proposal:
    """A proposal that adds several real servers."""
    if len(changes) == 1:
        return proposals.add(changes[0])
    first, last = changes[0].server.key, changes[-1].server.key
    services = len({change.service for change in changes})
    several = f" to {services} services" if services > 1 else ""
    if len({change.server.key for change in changes}) == 1:
        return Proposal(changes, f"add {server_text(first)}{several}")
    what = f"{count(len(changes), 'server')}, {server_text(first)} to {server_text(last)}"
    return Proposal(changes, f"add {what}{',' if several else ''}{several}")


def _edit_service(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    keys = _services(parsed, world)
    changes: list[Change] = []
    for key in keys:
        old = proposals.service_of(world.state, key)
        if (new := service_with(old, parsed)) != old:
            changes.append(EditService(new))
    if not changes:
        raise NoChange(
            service_text(keys[0]), "it is already so" if len(keys) == 1 else "all marked rows are already so"
        )
    return Proposal(tuple(changes), f"edit {service_text(keys[0])}{_more(changes)}")


def _edit_server(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    changes: list[Change] = []
    servers = places(parsed, world)
    for place in servers:
        old = proposals.reading_of(world.state, place).server
        new = server_with(old, parsed)
        if new != old:
            changes.append(EditServer(place.service, new))
    if not changes:
        raise NoChange(server_text(servers[0].server), "it is already so")
    return Proposal(tuple(changes), f"edit {server_text(servers[0].server)}{_more(changes)}")


def _more(changes: list[Change]) -> str:
    return f" and {len(changes) - 1} more" if len(changes) > 1 else ""


def _delete_service(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    return proposals.delete(world.state, _services(parsed, world))


def _delete_server(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    return proposals.delete(world.state, places(parsed, world))


def _delete(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    target: NamedTarget | None = parsed.get("target")
    if parsed.get("service") is not None:
        among = _service(parsed, world)
        return proposals.delete(world.state, targets.places(target, among, world))
    if target is None:
        if not world.rows:
            raise NotDone("delete what?", "nothing is named", "name a service or a real server")
        return proposals.delete(world.state, targets.rows(world))
    service = None if target.host else _or_none(lambda: targets.service(target, world))
    servers = None if isinstance(target.whom, ServiceKey) else _or_none(lambda: targets.places(target, None, world))
    if service is not None and servers is not None:
        raise BadInput(target.text, "is a service and a real server", "say delete service, or delete server")
    if service is not None:
        return proposals.delete(world.state, [service])
    if servers is not None:
        return proposals.delete(world.state, servers)
    return proposals.delete(world.state, [targets.service(target, world)])  # for its error message


def _or_none(look: Callable[[], targets.Found]) -> targets.Found | None:
    try:
        return look()
    except BadInput as error:
        if "say which" in error.mend:
            raise
        return None


def _weight(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    return proposals.weight(world.state, places(parsed, world), parsed.values["weight"])


def _scheduler(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    return proposals.scheduler(world.state, _services(parsed, world), parsed.values["scheduler"])


def _drain(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    return proposals.drain(world.state, places(parsed, world))


def _undrain(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    return undrain(world, places(parsed, world), drained, parsed.get("weight"))


def undrain(world: CommandContext, places: list[Place], drained: Drained, weight: str | None) -> Proposal:
    """Sets the weights from before the drain, unless another is given."""
    wanted = {}
    for place in places:
        now = proposals.reading_of(world.state, place).server.weight
        if now and weight is None:
            continue
        if weight is None and place not in drained:
            what = server_text(place.server)
            raise NotDone(what, "its earlier weight is not known: it was not drained from here", "undrain ... weight 1")
        wanted[place] = weight if weight is not None else str(drained[place])
    if not wanted:
        raise NoChange(server_text(places[0].server), "is not drained")
    return proposals.undrain(world.state, wanted)


def _zero(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    return zero(_services(parsed, world))


def zero(keys: Sequence[ServiceKey | None]) -> Proposal:
    """The counters of these services; [None] for all."""
    first = keys[0]
    what = "all counters" if first is None else f"the counters of {service_text(first)}"
    what = what if len(keys) == 1 else f"the counters of {count(len(keys), 'service')}"
    return Proposal(tuple(map(Zero, keys)), f"zero {what}", "cannot be undone")


def _timeouts(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    wanted = Timeouts(*(parsed.values[name] for name in ("tcp", "tcp-fin", "udp")))
    now = world.state.timeouts
    if now is not None and all(new in (0, old) for new, old in zip(wanted, now, strict=True)):
        raise NoChange("timeouts", "they are already {} {} {}".format(*now))
    return Proposal((SetTimeouts(wanted),), "timeouts {} {} {}".format(*wanted))


def _sync_start(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    daemon = SyncDaemon(
        parsed.values["role"],
        parsed.values["interface"],
        parsed.get("id") or 0,
        parsed.get("maxlen") or 0,
        parsed.get("group") or "",
        parsed.get("port") or 0,
        parsed.get("ttl") or 0,
    )
    running = next((each for each in world.state.sync or () if each.role == daemon.role), None)
    if running is not None and running.interface == daemon.interface and running.id == daemon.id:
        raise NoChange(f"the {daemon.role} sync daemon", f"already runs on {running.interface}")
    if running is not None:
        raise NotDone(f"sync {daemon.role}", f"one already runs on {running.interface}", f"sync stop {daemon.role}")
    return Proposal((StartSync(daemon),), f"start the {daemon.role} sync daemon on {daemon.interface}")


def _sync_stop(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    role = parsed.get("role")
    running = [daemon.role for daemon in world.state.sync or () if role in (None, daemon.role)]
    if not running:
        raise NoChange("sync", f"no {role or ''}{' ' if role else ''}daemon runs")
    return Proposal(tuple(map(StopSync, running)), f"stop the {' and '.join(running)} sync daemon")


def _clone(parsed: ParsedCommand, world: CommandContext, drained: Drained) -> Proposal:
    wanted: ServiceKey | ServerKey = parsed.values["key"]
    key = _service(parsed, world)
    if isinstance(wanted, ServerKey):
        wanted = ServiceKey(0, wanted.family, key.protocol or 6, wanted.address, wanted.port)
    old = proposals.service_of(world.state, key)
    return clone(world, key, old._replace(key=wanted))


def clone(world: CommandContext, key: ServiceKey, new: Service) -> Proposal:
    """`new` with the real servers of `key`; where they cannot change the port, they get its port."""
    pool = world.state.servers(key)
    if pool is None:
        raise NotDone(service_text(key), "its real servers have not been read yet", "try again")
    servers = []
    for server in pool.servers():
        same = server.key.port == key.port and not new.key.fwmark and not key.fwmark
        servers.append(server._replace(key=server.key._replace(port=new.key.port)) if same else server)
    title = f"clone {service_text(key)} as {service_text(new.key)}"
    return Proposal((AddService(new), *(AddServer(new.key, server) for server in servers)), title)


_MAKERS: dict[str, Callable[[ParsedCommand, CommandContext, Drained], Proposal]] = {
    "add-service": _add_service,
    "add-server": _add_server,
    "edit-service": _edit_service,
    "edit-server": _edit_server,
    "delete-service": _delete_service,
    "delete-server": _delete_server,
    "delete": _delete,
    "weight": _weight,
    "scheduler": _scheduler,
    "drain": _drain,
    "undrain": _undrain,
    "zero": _zero,
    "zero-all": lambda asked, world, drained: zero([None]),
    "timeouts": _timeouts,
    "sync-start": _sync_start,
    "sync-stop": _sync_stop,
    "clone": _clone,
}
