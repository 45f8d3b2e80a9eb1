"""What a keepalived.conf means for the table: the rules that keepalived programs at its start, and what must be known
of them beyond the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lvstui.director.checks.connecting import NO_CONNECTS, Connect
from lvstui.director.model import RuleSet, Server, ServerKey, ServiceKey, SyncDaemon
from lvstui.director.remarks import Remark
from lvstui.values import NamedTuple

Place = tuple[ServiceKey, ServerKey]
"""A real server inside its service."""

_NONE: Mapping[ServiceKey, Server] = MappingProxyType({})
_NO_LINES: Mapping[ServiceKey | Place, tuple[str, int]] = MappingProxyType({})


class MeantSync(NamedTuple):
    """The sync daemon that keepalived runs, its role left out. `instance`: the VRRP instance whose role it takes, ""
    where it runs as master and backup at once. `numbered`: its id is given; else it is the instance's VRID, 0 without
    one."""

    daemon: SyncDaemon
    instance: str
    numbered: bool = False


class Meant(NamedTuple):
    """A configuration as keepalived 2.2 programs it.

    `rules`: the table after the start, before any check has spoken; servers that begin as down (alpha) are not in
    it. `waiting`: those servers of each service, in the form in which a first good check adds them (weight 0 is
    programmed at once for those that inhibit on failure, so these stand in `rules` and not here).
    `checked`: the kinds of the checkers (TCP_CHECK...) of each server that has one, so that its absence may be a
    failed check. `inhibited`: servers that a failed check sets to weight 0 instead of removing them.
    `sorry`: the server that takes a service's place when its quorum is lost. `twins`: those of them that are real
    servers of the same service too. `groups`: the virtual_server_group of each service that stands in one; `ports`: the
    port that is written for a real server of such a service, where the table has the service's instead.
    `quorum`: of each service, the weight that must be alive.
    `lines`: file and line where a service or a real server is written. `files`: all that were read, the first first,
    and the folders in which includes were looked for. `connects`: how the first check that connects by TCP does so.
    `sync`: the sync daemon that keepalived runs, None where it runs none. `flushes`: when it starts or ends it empties
    the whole table, of what others made too.
    """

    rules: RuleSet
    remarks: list[Remark]
    waiting: Mapping[ServiceKey, tuple[Server, ...]] = MappingProxyType({})
    checked: Mapping[Place, tuple[str, ...]] = MappingProxyType({})
    inhibited: frozenset[Place] = frozenset()
    sorry: Mapping[ServiceKey, Server] = _NONE
    quorum: Mapping[ServiceKey, int] = MappingProxyType({})
    lines: Mapping[ServiceKey | Place, tuple[str, int]] = _NO_LINES
    files: tuple[str, ...] = ()
    connects: Mapping[Place, Connect] = NO_CONNECTS
    sync: MeantSync | None = None
    flushes: bool = False
    twins: frozenset[Place] = frozenset()
    groups: Mapping[ServiceKey, str] = MappingProxyType({})
    ports: Mapping[Place, int] = MappingProxyType({})
