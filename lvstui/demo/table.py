"""A rule set that changes as a kernel changes one, and refuses what a kernel refuses."""

from __future__ import annotations

import errno
from collections.abc import Collection

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    EditServer,
    EditService,
    Flush,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
    apply,
    service_of,
)
from lvstui.director.errors import Refused
from lvstui.director.model import (
    SCHEDULERS,
    WEIGHT_MAX,
    Entry,
    Forward,
    RuleSet,
    Server,
    Service,
    ServiceKey,
    Timeouts,
)
from lvstui.director.spell import spell

DEFAULT_TIMEOUTS = Timeouts(900, 120, 300)
"""The timeouts of a kernel whose timeouts were never set (ip_vs_proto_tcp.c, ip_vs_proto_udp.c)."""


class RuleTable:
    """A rule set being changed: one change at a time, as a kernel does it. `touched` collects the keys of services
    whose rules changed."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = dict(rules.rules)
        self.timeouts = rules.timeouts
        self.sync = rules.sync
        self.touched: set[ServiceKey] = set()

    def rule_set(self) -> RuleSet:
        return RuleSet(self.rules, self.timeouts, self.sync)

    def carry_out(self, change: Change) -> None:
        """Makes one change. Raises Refused in an operator's words if a kernel would not accept it."""
        key = change.key if isinstance(change, Zero) else service_of(change)
        entry = self.rules.get(key) if key is not None else None
        reason = _reason(change, entry, {daemon.role for daemon in self.sync or ()})
        if reason is not None:
            code, why, mend = reason
            raise Refused(f"ipvsadm {spell(change)}", why, mend, code)
        if isinstance(change, Flush):
            self.touched.update(self.rules)
            self.rules.clear()
            return
        # One service's part of the table is small, so a change costs the same in a table of any size.
        part = {key: entry} if key is not None and entry is not None else {}
        after = apply(change, RuleSet(part, self.timeouts, self.sync))
        self.timeouts, self.sync = after.timeouts, after.sync
        if key is not None:
            self.touched.add(key)
            if key in after.rules:
                self.rules[key] = after.rules[key]
            else:
                del self.rules[key]


_EXISTS = "edit it instead"
_GONE = "it is gone: look again"


def _reason(change: Change, entry: Entry | None, daemons: Collection[str]) -> tuple[int, str, str] | None:
    """Why a kernel refuses a change (errno, why, how to fix it), None if it accepts it (ip_vs_ctl.c)."""
    match change:
        case AddService(service):
            if entry is not None:
                return errno.EEXIST, "a service with this address or mark exists already", _EXISTS
            return _service_reason(service)
        case StartSync(daemon) if daemon.role in daemons:
            return errno.EEXIST, f"a {daemon.role} sync daemon runs already", "stop it first"
        case StopSync(role) if role not in daemons:
            return errno.ESRCH, f"no {role} sync daemon runs", "look again"
        case StartSync() | StopSync() | SetTimeouts() | Flush() | Zero(None):
            return None
    if entry is None:
        return errno.ESRCH, "no such service", _GONE
    match change:
        case EditService(service):
            return _service_reason(service)
        case AddServer(_, server):
            if server.key in entry.servers:
                return errno.EEXIST, "this real server is in the service already", _EXISTS
            return _server_reason(entry.service, server)
        case EditServer(_, server):
            if server.key not in entry.servers:
                return errno.ENOENT, "no such real server in this service", _GONE
            return _server_reason(entry.service, server)
        case DeleteServer(_, key) if key not in entry.servers:
            return errno.ENOENT, "no such real server in this service", _GONE
        case _:
            return None


def _service_reason(service: Service) -> tuple[int, str, str] | None:
    if service.scheduler not in SCHEDULERS:
        name = service.scheduler
        return errno.ENOENT, f"scheduler {name} is not available in this kernel", f"modprobe ip_vs_{name}"
    if service.engine not in ("", "sip"):
        name = service.engine
        return errno.ENOENT, f"persistence engine {name} is not available in this kernel", f"modprobe ip_vs_pe_{name}"
    return None


def _server_reason(service: Service, server: Server) -> tuple[int, str, str] | None:
    if not 0 <= server.weight <= WEIGHT_MAX or (server.lower or 0) > (server.upper or 0):
        return errno.ERANGE, "weight or thresholds are out of range", "lower must not be above upper"
    if server.key.family != service.key.family and server.forward != Forward.TUNNEL:
        return errno.EINVAL, "the kernel takes no server of another address family", "reach it by a tunnel"
    if server.forward == Forward.TUNNEL and server.tunnel.kind == 1 and not server.tunnel.port:
        return errno.EINVAL, "a gue tunnel needs a port", "state it"
    return None
