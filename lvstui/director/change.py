"""Change: one change of a director as a frozen value, and the pure functions over it.

`check` reports what the kernel would refuse, and what it would accept although it is wrong (port 0 without persistence,
one-packet TCP, any protocol number, a direct-routing server on another port: ipvsadm.c and ip_vs_ctl.c). `apply` makes
the resulting rules, and `inverse` the changes that undo it. spell.py has the ipvsadm command that a Change equals.
"""

from __future__ import annotations

from _collections_abc import Iterable

from lvstui.director.errors import NotDone
from lvstui.director.model import (
    IPV6,
    PERSISTENCE_MAX,
    SCTP,
    TCP,
    WEIGHT_MAX,
    Entry,
    Forward,
    RuleSet,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    server_text,
    service_text,
)
from lvstui.values import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from typing import TypeAlias

_Kind = TypeVar("_Kind", bound=type)


def _one_kind(kind: _Kind) -> _Kind:
    """Makes a change equal only to changes of its own kind. Tuples with equal fields are equal otherwise, so zeroing a
    service's counters would equal deleting the service."""

    def equal(self: tuple[object, ...], other: object) -> bool:
        return type(other) is kind and tuple.__eq__(self, other)

    def differs(self: tuple[object, ...], other: object) -> bool:
        return not equal(self, other)

    def hashed(self: tuple[object, ...]) -> int:
        return hash((kind.__name__, *self))

    for name, function in (("__eq__", equal), ("__ne__", differs), ("__hash__", hashed)):
        setattr(kind, name, function)
    return kind


@_one_kind
class AddService(NamedTuple):
    service: Service


@_one_kind
class EditService(NamedTuple):
    """Replaces every attribute of the service with this key."""

    service: Service


@_one_kind
class DeleteService(NamedTuple):
    """Deletes the service with its real servers."""

    key: ServiceKey


@_one_kind
class AddServer(NamedTuple):
    service: ServiceKey
    server: Server


@_one_kind
class EditServer(NamedTuple):
    """Replaces every attribute of the server with this key."""

    service: ServiceKey
    server: Server


@_one_kind
class DeleteServer(NamedTuple):
    service: ServiceKey
    key: ServerKey


@_one_kind
class SetTimeouts(NamedTuple):
    timeouts: Timeouts


@_one_kind
class StartSync(NamedTuple):
    daemon: SyncDaemon


@_one_kind
class StopSync(NamedTuple):
    role: str


@_one_kind
class Zero(NamedTuple):
    """Zeroes the counters of one service and its servers, or of all services when None. Cannot be undone."""

    key: ServiceKey | None = None


@_one_kind
class Flush(NamedTuple):
    """Empties the table."""


Change: TypeAlias = (
    "AddService | EditService | DeleteService | AddServer | EditServer | DeleteServer"
    " | SetTimeouts | StartSync | StopSync | Zero | Flush"
)
KINDS: tuple[type[Change], ...] = (
    AddService,
    EditService,
    DeleteService,
    AddServer,
    EditServer,
    DeleteServer,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
    Flush,
)
"""All kinds of a Change."""


def service_of(change: Change | None) -> ServiceKey | None:
    """The service that a change is about, or whose server it is about."""
    if isinstance(change, (AddService, EditService)):
        return change.service.key
    if isinstance(change, (AddServer, EditServer, DeleteServer)):
        return change.service
    return change.key if isinstance(change, DeleteService) else None


def check(change: Change, now: RuleSet) -> None:
    """Refuses a change that would fail or do harm. Raises NotDone with the reason and the remedy."""
    if isinstance(change, AddService):
        if change.service.key in now.rules:
            raise NotDone(service_text(change.service.key), "this service already exists", "edit it (e)")
        _check_service(change.service)
    elif isinstance(change, EditService):
        _service(now, change.service.key)
        _check_service(change.service)
    elif isinstance(change, DeleteService):
        _service(now, change.key)
    elif isinstance(change, AddServer):
        key, server = change
        entry = _service(now, key)
        if server.key in entry.servers:
            raise NotDone(server_text(server.key), f"{service_text(key)} already has this server", "edit it (e)")
        _check_server(entry.service, server)
    elif isinstance(change, EditServer):
        key, server = change
        _server(now, key, server.key)
        _check_server(now.rules[key].service, server, now.rules[key].servers[server.key])
    elif isinstance(change, DeleteServer):
        _server(now, *change)
    elif isinstance(change, Zero):
        if change.key is not None:
            _service(now, change.key)
    elif isinstance(change, SetTimeouts):
        for name, seconds in zip(change.timeouts._fields, change.timeouts, strict=True):
            if not 0 <= seconds <= PERSISTENCE_MAX:
                raise NotDone(f"timeout {name}", f"{seconds} is not within 0 to {PERSISTENCE_MAX} seconds")


def apply(change: Change, now: RuleSet) -> RuleSet:
    """The rules after one change. The change must have passed `check`; KeyError otherwise."""
    return apply_all((change,), now)


def apply_all(changes: Iterable[Change], now: RuleSet) -> RuleSet:
    """The rules after many changes, copying the table once."""
    rules = dict(now.rules)
    owned: dict[ServiceKey, dict[ServerKey, Server]] = {}
    timeouts, sync = now.timeouts, now.sync

    def servers_of(key: ServiceKey) -> dict[ServerKey, Server]:
        if key not in owned:
            entry = rules[key]
            owned[key] = dict(entry.servers)
            rules[key] = Entry(entry.service, owned[key])
        return owned[key]

    for change in changes:
        if type(change) is AddServer or type(change) is EditServer:  # nearly all changes: isinstance is slower
            key, server = change
            there = owned.get(key)
            if there is None:
                there = servers_of(key)
            before = None if type(change) is AddServer else there[server.key]
            there[server.key] = stated(server, before)
            continue
        if isinstance(change, AddService):
            owned[change.service.key] = {}
            rules[change.service.key] = Entry(change.service, owned[change.service.key])
        elif isinstance(change, EditService):
            rules[change.service.key] = Entry(change.service, rules[change.service.key].servers)
        elif isinstance(change, DeleteService):
            del rules[change.key]
            owned.pop(change.key, None)
        elif isinstance(change, DeleteServer):
            del servers_of(change.service)[change.key]
        elif isinstance(change, SetTimeouts):
            # 0 leaves a timeout unchanged (ipvsadm(8), --set).
            wanted = change.timeouts
            timeouts = Timeouts(*(w or n for w, n in zip(wanted, timeouts or wanted, strict=True)))
        elif isinstance(change, StartSync):
            sync = (*(d for d in sync or () if d.role != change.daemon.role), change.daemon)
        elif isinstance(change, StopSync):
            sync = tuple(d for d in sync or () if d.role != change.role)
        elif isinstance(change, Flush):
            rules.clear()
            owned.clear()
    return RuleSet(rules, timeouts, sync)


def inverse(change: Change, before: RuleSet) -> tuple[Change, ...]:  # noqa: RET503 (mypy sees that each kind is there)
    """The changes that lead back to `before`. Empty for zeroing, which cannot be undone."""
    if isinstance(change, AddService):
        return (DeleteService(change.service.key),)
    if isinstance(change, EditService):
        return (EditService(before.rules[change.service.key].service),)
    if isinstance(change, DeleteService):
        return _rebuild(before.rules[change.key])
    if isinstance(change, AddServer):
        return (DeleteServer(change.service, change.server.key),)
    if isinstance(change, EditServer):
        return (EditServer(change.service, before.rules[change.service].servers[change.server.key]),)
    if isinstance(change, DeleteServer):
        return (AddServer(change.service, before.rules[change.service].servers[change.key]),)
    if isinstance(change, SetTimeouts):
        return (SetTimeouts(before.timeouts),) if before.timeouts else ()
    if isinstance(change, StartSync):
        return (StopSync(change.daemon.role),)
    if isinstance(change, StopSync):
        return tuple(StartSync(d) for d in before.sync or () if d.role == change.role)
    if isinstance(change, Flush):
        return tuple(c for entry in before.rules.values() for c in _rebuild(entry))
    if isinstance(change, Zero):
        return ()


def stated(server: Server, live: Server | None) -> Server:
    """The server with both thresholds set: one that a text left out takes the live value, or 0."""
    key, forward, weight, upper, lower, tunnel = server
    if upper is not None and lower is not None:
        return server
    if upper is None:
        upper = live.upper if live is not None else 0
    if lower is None:
        lower = live.lower if live is not None else 0
    # Fifty thousand servers pass through here, and this costs a fifth of _replace.
    return tuple.__new__(Server, (key, forward, weight, upper, lower, tunnel))


def _rebuild(entry: Entry) -> tuple[Change, ...]:
    key = entry.service.key
    return (AddService(entry.service), *(AddServer(key, server) for server in entry.servers.values()))


def _service(now: RuleSet, key: ServiceKey) -> Entry:
    entry = now.rules.get(key)
    if entry is None:
        raise NotDone(service_text(key), "this service is gone", "look again: someone else changed the table")
    return entry


def _server(now: RuleSet, key: ServiceKey, server_key: ServerKey) -> Server:
    server = _service(now, key).servers.get(server_key)
    if server is None:
        raise NotDone(server_text(server_key), f"{service_text(key)} no longer has this server", "look again")
    return server


def _check_service(service: Service) -> None:
    what, key = service_text(service.key), service.key
    if not key.fwmark:
        if key.protocol not in (TCP, 17, SCTP):
            raise NotDone(what, f"protocol {key.protocol} cannot be balanced", "use tcp, udp or sctp")
        if key.port == 0 and service.persistence is None:
            raise NotDone(what, "port 0 (all ports) needs persistence", "set persistence, 360 for ipvsadm's default")
        if service.one_packet and key.protocol != 17:
            raise NotDone(what, "one-packet scheduling is for udp and fwmark services")
    if not 0 <= key.port <= 65535:
        raise NotDone(what, f"port {key.port} is not within 0 to 65535")
    if not service.scheduler or len(service.scheduler) > 15:
        raise NotDone(what, f"scheduler {service.scheduler!r} is not a name of 1 to 15 characters", "try wlc")
    if service.persistence is not None and not 1 <= service.persistence <= PERSISTENCE_MAX:
        raise NotDone(what, f"persistence {service.persistence} is not within 1 to {PERSISTENCE_MAX} seconds")
    if service.netmask is not None and key.family == IPV6 and not 1 <= service.netmask <= 128:
        raise NotDone(what, f"prefix {service.netmask} is not within 1 to 128")


def _check_server(service: Service, server: Server, live: Server | None = None) -> None:
    what = f"{server_text(server.key)} of {service_text(service.key)}"
    if not 0 <= server.weight <= WEIGHT_MAX:
        raise NotDone(what, f"weight {server.weight} is not within 0 to {WEIGHT_MAX}")
    if server.lower and server.lower > (server.upper or 0):
        raise NotDone(what, f"lower threshold {server.lower} is above the upper one, {server.upper or 0}")
    if server.key.family != service.key.family and server.forward != Forward.TUNNEL:
        raise NotDone(what, "a server of the other address family can only be reached by tunnel")
    if server.forward == Forward.TUNNEL and server.tunnel.kind == 1 and not server.tunnel.port:
        raise NotDone(what, "a gue tunnel needs its port")
    moved = live is None or live.forward != server.forward
    if moved and server.forward != Forward.MASQ and not service.key.fwmark and server.key.port != service.key.port:
        raise NotDone(
            what,
            f"{'direct routing' if server.forward == Forward.ROUTE else 'a tunnel'} cannot change the port",
            f"use port {service.key.port}, or masq",
        )
