"""The table in memory that a text is run on, line by line, with the kernel's rules (ip_vs_ctl.c): an existing entry is
not added again, a missing one cannot be edited. Such lines have no effect and get a remark."""

from __future__ import annotations

from lvstui.director.lazy_servers import LazyServers
from lvstui.director.model import (
    Entry,
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
from lvstui.director.remarks import ReaderPosition


class Slot:
    """A service in the table, with its servers. `later`: as they were read in one go, until a line changes them."""

    __slots__ = ("_servers", "later", "service")

    def __init__(self, service: Service, later: LazyServers | None = None) -> None:
        self.service = service
        self.later = later
        self._servers: dict[ServerKey, Server] | None = None

    @property
    def servers(self) -> dict[ServerKey, Server]:
        """The servers, to be looked at and changed."""
        if self._servers is None:
            self._servers, self.later = dict(self.later.made()) if self.later is not None else {}, None
        return self._servers


class SlotTable:
    """The table, empty or with these rules. `heads` finds a slot by the first words of its servers' lines, as far as
    they have been seen."""

    def __init__(self, rules: RuleSet | None = None) -> None:
        self.slots: dict[ServiceKey, Slot] = {}
        self.heads: dict[str, Slot] = {}
        self._timeouts: Timeouts | None = None
        self._sync: dict[str, SyncDaemon] | None = None
        if rules is not None:
            for key, entry in rules.rules.items():
                self.slots[key] = Slot(entry.service)
                self.slots[key].servers.update(entry.servers)
            self._timeouts = rules.timeouts
            self._sync = None if rules.sync is None else {daemon.role: daemon for daemon in rules.sync}

    def rules(self) -> RuleSet:
        """The rules that the lines have defined."""
        make = tuple.__new__  # without the call of its constructor
        rules = {
            key: make(Entry, (slot.service, slot.servers if slot.later is None else slot.later))
            for key, slot in self.slots.items()
        }
        return RuleSet(rules, self._timeouts, None if self._sync is None else tuple(self._sync.values()))

    def slot(self, key: ServiceKey, place: ReaderPosition) -> Slot | None:
        """The service that a line refers to, None with a remark where there is none."""
        slot = self.slots.get(key)
        if slot is None:
            place.warn(f"no service {service_text(key)} by then: the line has no effect")
        return slot

    def add_service(self, service: Service, place: ReaderPosition) -> None:
        slot = self.slots.get(service.key)
        if slot is None:
            self.slots[service.key] = Slot(service)
        else:
            same = "once more" if slot.service == service else "already, with other options"
            place.warn(f"service {service_text(service.key)} stands above {same}: the line has no effect")

    def edit_service(self, service: Service, place: ReaderPosition) -> None:
        slot = self.slot(service.key, place)
        if slot is not None:
            slot.service = service

    def delete_service(self, key: ServiceKey, place: ReaderPosition) -> None:
        if self.slot(key, place) is not None:
            del self.slots[key]
            self.heads.clear()

    def clear(self, place: ReaderPosition) -> None:
        if self.slots:
            place.warn(f"-C drops the {len(self.slots)} services above it")
        self.slots.clear()
        self.heads.clear()

    def add_server(self, key: ServiceKey, server: Server, place: ReaderPosition) -> None:
        slot = self.slot(key, place)
        if slot is None:
            return
        there = slot.servers.get(server.key)
        if there is None:
            slot.servers[server.key] = server
        else:
            same = "once more" if there == server else "already, with other options"
            name = f"server {server_text(server.key)} of {service_text(key)}"
            place.warn(f"{name} stands above {same}: the line has no effect")

    def edit_server(self, key: ServiceKey, server: Server, place: ReaderPosition) -> None:
        there = self._server(key, server.key, place)
        if there is None:
            return
        if server.upper is None and there.upper is not None:
            server = server._replace(upper=0, lower=0)  # -e resets options that are not given
        self.slots[key].servers[server.key] = server

    def delete_server(self, key: ServiceKey, server_key: ServerKey, place: ReaderPosition) -> None:
        if self._server(key, server_key, place) is not None:
            del self.slots[key].servers[server_key]

    def set_timeouts(self, timeouts: Timeouts, place: ReaderPosition) -> None:
        """Sets the timeouts; 0 leaves one unchanged."""
        if not any(timeouts):
            place.warn("--set 0 0 0 leaves every timeout as it is")
            return
        before = self._timeouts or Timeouts(0, 0, 0)
        self._timeouts = Timeouts(*(new or old for new, old in zip(timeouts, before, strict=True)))

    def start_daemon(self, daemon: SyncDaemon, place: ReaderPosition) -> None:
        self._sync = self._sync if self._sync is not None else {}
        if daemon.role in self._sync:
            place.warn(f"the {daemon.role} sync daemon is started above: the line has no effect")
        else:
            self._sync[daemon.role] = daemon

    def stop_daemon(self, role: str, place: ReaderPosition) -> None:
        if not self._sync or role not in self._sync:
            place.warn(f"no {role} sync daemon is started above: the line has no effect")
        else:
            del self._sync[role]

    def _server(self, key: ServiceKey, server_key: ServerKey, place: ReaderPosition) -> Server | None:
        slot = self.slot(key, place)
        if slot is None:
            return None
        server = slot.servers.get(server_key)
        if server is None:
            name = f"server {server_text(server_key)} in {service_text(key)}"
            place.warn(f"no {name} by then: the line has no effect")
        return server
