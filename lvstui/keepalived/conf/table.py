"""The kernel's table while keepalived programs it: an existing entry is not added again, and an entry that the kernel
refuses is missing (ip_vs_ctl.c)."""

from __future__ import annotations

from lvstui.director.checks.connecting import Connect
from lvstui.director.meant import Meant, Place
from lvstui.director.model import (
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
from lvstui.keepalived.conf.addresses import servable
from lvstui.keepalived.conf.limits import Limits
from lvstui.keepalived.conf.notes import Notes, Where
from lvstui.keepalived.conf.secrets import named


class Table:
    """The kernel's table, and what was intended for it."""

    def __init__(self, notes: Notes, *, mixed: bool) -> None:
        self._notes = notes
        self._limits = Limits()
        self._mixed = mixed  # the kernel accepts servers of another family while no sync daemon runs
        self.slots: dict[ServiceKey, tuple[Service, dict[ServerKey, Server]]] = {}
        self.waiting: dict[ServiceKey, dict[ServerKey, Server]] = {}
        self.checked: dict[Place, tuple[str, ...]] = {}
        self.connects: dict[Place, Connect] = {}
        self.inhibited: set[Place] = set()
        self.sorry: dict[ServiceKey, Server] = {}
        self.twins: set[Place] = set()
        self.groups: dict[ServiceKey, str] = {}
        self.ports: dict[Place, int] = {}
        self.quorum: dict[ServiceKey, int] = {}
        self.lines: dict[ServiceKey | Place, tuple[str, int]] = {}

    def meant(self, timeouts: Timeouts | None, sync: tuple[SyncDaemon, ...] | None) -> Meant:
        rules = {key: Entry(service, servers) for key, (service, servers) in self.slots.items()}
        return Meant(
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
