"""Turns a configuration file into what keepalived programs when it starts with it: the commands that it gives the
kernel, in its order (init_services, ipvs_cmd, ipvs_group_cmd), and the table that the kernel has then. An existing
entry is not added again, and an entry that the kernel refuses is missing (ip_vs_ctl.c)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from lvstui.director.checks.connecting import Connect
from lvstui.director.configured import Configured, ConfiguredSync
from lvstui.director.errors import BadInput
from lvstui.director.model import (
    IPIP,
    IPV4,
    IPV6,
    WEIGHT_MAX,
    Entry,
    Forward,
    RuleSet,
    Server,
    ServerInService,
    ServerKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    family_of,
    server_text,
    service_text,
)
from lvstui.keepalived.conf.addresses import addresses, servable
from lvstui.keepalived.conf.drafts import FirewallMark, Real, Virtual
from lvstui.keepalived.conf.globals import Globals, globals_of
from lvstui.keepalived.conf.handlers import connect
from lvstui.keepalived.conf.keywords import CHECKER, GLOBAL, STARTS_VRRP, VRRP
from lvstui.keepalived.conf.limits import ReadingLimits
from lvstui.keepalived.conf.logical_lines import chosen, read_lines
from lvstui.keepalived.conf.notes import Notes, Where
from lvstui.keepalived.conf.secrets import named
from lvstui.keepalived.conf.tree import blocks
from lvstui.keepalived.conf.virtual_servers import groups_of, services_of, settle
from lvstui.values import NamedTuple


class ProgrammedTable:
    """The kernel's table, and what was intended for it."""

    def __init__(self, notes: Notes, *, mixed: bool) -> None:
        self._notes = notes
        self._limits = ReadingLimits()
        self._mixed = mixed  # the kernel accepts servers of another family while no sync daemon runs
        self.slots: dict[ServiceKey, tuple[Service, dict[ServerKey, Server]]] = {}
        self.waiting: dict[ServiceKey, dict[ServerKey, Server]] = {}
        self.checked: dict[ServerInService, tuple[str, ...]] = {}
        self.connects: dict[ServerInService, Connect] = {}
        self.inhibited: set[ServerInService] = set()
        self.sorry: dict[ServiceKey, Server] = {}
        self.twins: set[ServerInService] = set()
        self.groups: dict[ServiceKey, str] = {}
        self.ports: dict[ServerInService, int] = {}
        self.quorum: dict[ServiceKey, int] = {}
        self.lines: dict[ServiceKey | ServerInService, tuple[str, int]] = {}

    def configured(self, timeouts: Timeouts | None, sync: tuple[SyncDaemon, ...] | None) -> Configured:
        rules = {key: Entry(service, servers) for key, (service, servers) in self.slots.items()}
        return Configured(
            RuleSet(rules, timeouts, sync),
            self._notes.all(),
            {key: tuple(servers.values()) for key, servers in self.waiting.items()},
            self.checked,
            frozenset(self.inhibited),
            self.sorry,
            self.quorum,
            self.lines,
            self._notes.files,
            self.connects,
            twins=frozenset(self.twins),
            groups=self.groups,
            ports=self.ports,
        )

    def add_service(self, service: Service, where: Where) -> bool:
        self._limits.take("rules", where)
        if service.engine not in ("", "sip"):
            self._notes.add(
                where, f"the kernel has no persistence engine {named(service.engine)}: it refuses the service"
            )
            return False
        there = self.slots.get(service.key)
        if there is None:
            self.slots[service.key] = (service, {})
            self.lines[service.key] = (where.file, where.line)
        else:
            first = self.lines[service.key]
            other = "" if there[0] == service else ", whose options count"
            place = f"line {first[1]}" if first[0] == where.file else f"{first[0]} line {first[1]}"
            name = service_text(service.key)
            self._notes.add(where, f"{name} is there from {place} already{other}: the servers are added to it")
        return True

    def add_server(self, key: ServiceKey, server: Server, where: Where) -> bool:
        self._limits.take("rules", where)
        slot = self.slots.get(key)
        if slot is None:
            return False
        refused = self._refused(key, server)
        if refused:
            self._notes.add(where, f"{server_text(server.key)}: the kernel refuses it: {refused}")
            return False
        there = slot[1].setdefault(server.key, server)
        if there is not server:
            self._notes.add(where, f"{server_text(server.key)} is in {service_text(key)} already: that one counts")
        return True

    def _refused(self, key: ServiceKey, server: Server) -> str:
        if not servable(server.key.address):
            return "not the address of one host"
        if (server.lower or 0) > (server.upper or 0):
            return f"lthreshold {server.lower} is above uthreshold {server.upper}"
        if (server.upper or 0) > WEIGHT_MAX:
            return f"uthreshold {server.upper} is above {WEIGHT_MAX}"
        if server.key.family != key.family:
            if server.forward != Forward.TUNNEL:
                return f"another address family than {service_text(key)}"
            if not self._mixed:
                return "another address family, and a sync daemon runs"
        return ""


class _Target(NamedTuple):
    """A service of the table that a virtual_server stands for, and whether its netmask counts."""

    key: ServiceKey
    netmask: bool


class Start:
    """Programs services one after the other, as at keepalived's start."""

    def __init__(self, table: ProgrammedTable, first_mark: int | None, notes: Notes) -> None:
        self._table = table
        self._next_mark = first_mark
        self._marks: dict[tuple[str, int], int] = {}  # of groups that nftables_ipvs makes into firewall marks
        self._alive: dict[tuple[int, int], int] = {}  # servers by entry of a group and what counts them
        self._notes = notes

    def program(self, services: list[Virtual]) -> None:
        for service in services:
            self._service(service)

    def _service(self, service: Virtual) -> None:
        table, where = self._table, service.where
        if service.group is not None and service.netmask is not None and self._mark_of(service) is None:
            self._notes.add(where, "persistence_granularity has no effect in a group")
        self._each(service, partial(self._add_service, service), adding=True)
        alive = [server for server in service.servers if not _starts_down(server)]
        for server in service.servers:
            down = _starts_down(server)
            self._know(service, server, down)
            if not down or server.inhibit:
                weight = 0 if down else server.weight or 0
                self._each(service, partial(self._add, server, weight), count=1)
        lost = not self._quorum(service, alive)
        if service.quorum != 1:
            table.quorum.update((target.key, service.quorum) for target in self._targets(service))
        sorry = service.sorry
        if sorry is not None:
            for target in self._targets(service):
                rule = table.sorry.setdefault(target.key, _server(sorry, target.key, 1))
                if any(_server(real, target.key, 0).key == rule.key for real in service.servers):
                    table.twins.add((target.key, rule.key))
            if lost:
                self._notes.add(
                    sorry.where, "the service starts without its quorum: the sorry server takes over at once"
                )
                self._replace(service, alive, sorry)
            elif sorry.inhibit and not service.sorry_is_real:
                self._each(service, partial(self._add, sorry, 0), count=1)

    def _replace(self, service: Virtual, alive: list[Real], sorry: Real) -> None:
        """Removes the live servers and adds the sorry server."""
        for server in alive:
            if server.inhibit:
                self._each(service, partial(self._quiesce, server))
            else:
                self._each(service, partial(self._drop, server), count=-1)
        self._each(service, partial(self._add, sorry, 1), count=1)

    def _add_service(self, service: Virtual, target: _Target) -> bool:
        return self._table.add_service(_rule(service, target), service.where)

    def _add(self, server: Real, weight: int, target: _Target) -> bool:
        return self._table.add_server(target.key, _server(server, target.key, weight), server.where)

    def _quiesce(self, server: Real, target: _Target) -> bool:
        made = _server(server, target.key, 0)
        slot = self._table.slots.get(target.key)
        if slot is None or made.key not in slot[1]:
            return self._table.add_server(target.key, made, server.where)
        slot[1][made.key] = made
        return True

    def _drop(self, server: Real, target: _Target) -> bool:
        slot = self._table.slots.get(target.key)
        if slot is not None:
            slot[1].pop(_server(server, target.key, 0).key, None)
        return True

    def _know(self, service: Virtual, server: Real, down: bool) -> None:
        """Records for every rule of a server where it is written, how it is checked, and whether it waits for a
        check."""
        table = self._table
        timeout = server.timeout or service.timeout
        connects = connect(server.connecting, timeout) if server.connecting is not None else None
        for target in self._targets(service):
            rule = _server(server, target.key, server.weight or 0)
            name = (target.key, rule.key)
            table.lines.setdefault(name, (server.where.file, server.where.line))
            if service.group is not None and self._mark_of(service) is None:
                table.groups.setdefault(target.key, service.group.name)
                if server.at.port != rule.key.port:
                    table.ports.setdefault(name, server.at.port)
            if server.checkers:
                table.checked.setdefault(name, tuple(kind for kind, _ in server.checkers))
            if connects is not None:
                table.connects.setdefault(name, connects)
            if server.inhibit:
                table.inhibited.add(name)
            if down and not server.inhibit:
                table.waiting.setdefault(target.key, {}).setdefault(rule.key, rule)

    def _quorum(self, service: Virtual, alive: list[Real]) -> bool:
        weight = sum(server.weight or 0 for server in alive)
        return weight >= (service.quorum + service.hysteresis) % 2**32

    def _mark_of(self, service: Virtual) -> int | None:
        """The firewall mark that represents a whole group."""
        group = service.group
        if group is None or self._next_mark is None or group.marks:
            return None
        mark = self._marks.get((group.name, service.protocol))
        if mark is None:
            mark = self._marks[group.name, service.protocol] = self._next_mark
            self._next_mark += 1
            self._notes.add(service.where, f"nftables_ipvs: the group is firewall mark {mark}; nftables sets it")
        return mark

    def _targets(self, service: Virtual) -> Iterator[_Target]:
        for targets, _ in self._entries(service):
            yield from targets

    def _entries(self, service: Virtual) -> Iterator[tuple[Iterator[_Target], tuple[int, int, int] | None]]:
        """The services of the table by the entries of a group, each with what counts an entry's servers: the entry, and
        by which number it is added to and looked up."""
        group = service.group
        if group is None:
            yield iter((_Target(_own_key(service), True),)), None
            return
        mark = self._mark_of(service)
        if mark is not None:
            families = [service.family] if service.family else sorted(group.families)
            yield (_Target(ServiceKey(mark, family or IPV4, 0, b"", 0), True) for family in families), None
            return
        for entry in group.ranges:
            keys = (ServiceKey(0, family_of(a), service.protocol, a, entry.port) for a in addresses(entry))
            yield (_Target(key, False) for key in keys), (id(entry), service.protocol, service.protocol)
        for written_mark in group.marks:
            # keepalived counts IPv6 marks under IPv4 where the service's family is known.
            looked_up = IPV4 if service.family is not None or written_mark.family == IPV4 else IPV6
            added = IPV4 if service.family == IPV4 else IPV6
            yield iter((_Target(_mark_key(service, written_mark), False),)), (id(written_mark), added, looked_up)

    def _each(self, service: Virtual, act: Callable[[_Target], bool], *, adding: bool = False, count: int = 0) -> None:
        """Does something to every service of the table that a virtual_server stands for; keepalived stops at the first
        that the kernel refuses. A group's entry that has servers of another virtual_server is not added again."""
        for targets, counted in self._entries(service):
            entry, added, looked_up = counted or (0, 0, 0)
            if not (adding and counted and self._alive.get((entry, looked_up), 0)):
                for target in targets:
                    if not act(target):
                        return
            if counted and count:
                self._alive[entry, added] = self._alive.get((entry, added), 0) + count


def _own_key(service: Virtual) -> ServiceKey:
    if service.mark:
        return ServiceKey(service.mark, service.family or IPV4, 0, b"", 0)
    if service.at is None:  # firewall mark 0, which is not a mark
        family = service.family or IPV4
        return ServiceKey(0, family, service.protocol, b"\xff" * 4 if family == IPV4 else bytes(16), 0)
    return ServiceKey(0, service.at.family, service.protocol, *service.at)


def _mark_key(service: Virtual, mark: FirewallMark) -> ServiceKey:
    family = mark.family or service.family or IPV4
    if mark.number:
        return ServiceKey(mark.number, family, 0, b"", 0)
    return ServiceKey(0, family, service.protocol, bytes(4 if family == IPV4 else 16), 0)


def _rule(service: Virtual, target: _Target) -> Service:
    lasting = service.persistence
    netmask = service.netmask if lasting and target.netmask else None
    engine = service.engine if lasting else ""
    return Service(target.key, service.scheduler, service.flags, lasting, netmask, engine, service.one_packet)


def _server(server: Real, key: ServiceKey, weight: int) -> Server:
    """A real server's rule in one service."""
    port = server.at.port if server.forward == Forward.MASQ else key.port
    tunnel = server.tunnel if server.forward == Forward.TUNNEL else IPIP
    made = ServerKey(server.at.family, server.at.address, port)
    return Server(made, server.forward, min(weight, WEIGHT_MAX), server.upper, server.lower, tunnel)


def _starts_down(server: Real) -> bool:
    """Whether a checker treats the server as down until it has run (alpha)."""
    return any(server.alpha if alpha is None else alpha for _, alpha in server.checkers)


def read(path: str | Path, config_id: str | None = "") -> Configured:
    """See read_config."""
    notes = Notes()
    with notes.guarded():
        return _read(path, config_id, notes)


def passwords(path: str | Path, config_id: str | None = "") -> set[str]:
    """The passwords in a configuration and its includes, as far as it can be read."""
    notes = Notes()
    with suppress(BadInput):
        read_lines(path, chosen(config_id), notes)
    return notes.passwords


def _read(path: str | Path, config_id: str | None, notes: Notes) -> Configured:
    lines = read_lines(path, chosen(config_id), notes)
    outline = blocks(lines, GLOBAL, notes)
    overall = globals_of(outline, notes)
    tree = blocks(lines, CHECKER, notes)
    if any(node.words[0] in STARTS_VRRP for node in outline):
        blocks(lines, VRRP, Notes())  # where that process ends for a missing value, the others are ended with it
    services = settle(services_of(tree, notes), groups_of(tree, notes), notes)
    # The checker starts where the parent saw a virtual_server; the parent skips other blocks by their braces.
    checker = any(node.words[0] == "virtual_server" for node in outline)
    if services and not checker:
        notes.add(services[0].where, "stands inside a block that is not closed: keepalived programs no service at all")
        services = []
    timeouts, sync = _settings(overall, checker, notes)
    table = ProgrammedTable(notes, mixed=not sync)
    Start(table, overall.first_mark, notes).program(services)
    runs = overall.sync is not None and (checker or overall.sync.instance)
    follows = ConfiguredSync(*overall.sync[1:]) if overall.sync is not None and runs else None
    return table.configured(timeouts, sync)._replace(sync=follows, flushes=checker and overall.flushes)


def _settings(overall: Globals, checker: bool, notes: Notes) -> tuple[Timeouts | None, tuple[SyncDaemon, ...] | None]:
    """The timeouts and sync daemons that the `checker` process sets, if it runs: it needs at least one
    virtual_server."""
    timeouts = overall.timeouts if checker and overall.timeouts and any(overall.timeouts) else None
    if overall.sync is None:
        return timeouts, None
    where, daemon, instance = overall.sync[:3]
    if instance:
        notes.add(where, f"the sync daemon follows VRRP instance {instance}: not part of the rules")
        return timeouts, None
    if not checker:
        notes.add(where, "without a virtual_server keepalived starts no sync daemon")
        return timeouts, None
    return timeouts, tuple(daemon._replace(role=role) for role in ("master", "backup"))
