"""What a keepalived.conf means for the table: the rules that keepalived programs when it starts, and the related facts
that the rules do not have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lvstui.director.checks.connecting import NO_CONNECTS, Connect
from lvstui.director.model import RuleSet, Server, ServerInService, ServiceKey, SyncDaemon
from lvstui.director.remarks import Remark
from lvstui.values import NamedTuple

_NONE: Mapping[ServiceKey, Server] = MappingProxyType({})
_NO_LINES: Mapping[ServiceKey | ServerInService, tuple[str, int]] = MappingProxyType({})


class ConfiguredSync(NamedTuple):
    """The sync daemon that keepalived runs, without its role. `instance`: the VRRP instance whose role it takes, ""
    where it runs as master and backup at once. `numbered`: its id is given in the file; otherwise it is the instance's
    VRID, or 0 without an instance."""

    daemon: SyncDaemon
    instance: str
    numbered: bool = False


class Configured(NamedTuple):
    """A configuration as keepalived 2.2 programs it.

    `rules`: the table after the start, before any check result; servers that begin as down (alpha) are not in it.
    `waiting`: those servers of each service, as the first good check adds them (those that inhibit on failure are
    programmed at once with weight 0, so they are in `rules` instead). `checked`: the kinds of checkers (TCP_CHECK...)
    of each server that has any, so its absence may be a failed check. `inhibited`: servers that a failed check sets to
    weight 0 and does not remove. `sorry`: the server that replaces the others when a service loses its quorum. `twins`:
    sorry servers that are also real servers of the same service. `groups`: the virtual_server_group of each service
    that belongs to one; `ports`: the port written for a real server of such a service, where the table has the
    service's port instead. `quorum`: the weight that must be alive, by service. `lines`: the file and line of each
    service and real server. `files`: all files read, in order, and the folders searched for includes. `connects`: how
    the first check that connects by TCP does so. `sync`: the sync daemon that keepalived runs, None for none.
    `flushes`: it empties the whole table when it starts or stops, including what others made.
    """

    rules: RuleSet
    remarks: list[Remark]
    waiting: Mapping[ServiceKey, tuple[Server, ...]] = MappingProxyType({})
    checked: Mapping[ServerInService, tuple[str, ...]] = MappingProxyType({})
    inhibited: frozenset[ServerInService] = frozenset()
    sorry: Mapping[ServiceKey, Server] = _NONE
    quorum: Mapping[ServiceKey, int] = MappingProxyType({})
    lines: Mapping[ServiceKey | ServerInService, tuple[str, int]] = _NO_LINES
    files: tuple[str, ...] = ()
    connects: Mapping[ServerInService, Connect] = NO_CONNECTS
    sync: ConfiguredSync | None = None
    flushes: bool = False
    twins: frozenset[ServerInService] = frozenset()
    groups: Mapping[ServiceKey, str] = MappingProxyType({})
    ports: Mapping[ServerInService, int] = MappingProxyType({})
