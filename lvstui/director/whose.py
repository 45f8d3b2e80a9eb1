"""Whether keepalived can have made a change that was seen in the table: what it does there follows from the
configuration that it has loaded. Between loads it adds and removes its servers, and sets the weights that its checks
and its quorum call for."""

from __future__ import annotations

from lvstui.director.change import AddServer, AddService, Change, DeleteServer, DeleteService, EditServer, EditService
from lvstui.director.checks.reloaded import misplaced
from lvstui.director.checks.sorry import real
from lvstui.director.checks.verdicts import DYNAMIC
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import RuleSet, Server, ServerKey, ServiceKey

_APART = 1.0
"""Seconds by which the starts of two keepaliveds differ at least: two clocks tell of one."""


def perhaps_keepalived(
    change: Change, before: RuleSet, was: KeepalivedState | None, now: KeepalivedState | None, read: float
) -> bool | None:
    """Whether keepalived can have made a change, None where that is not known yet. `before`: the rules before it;
    `was`: what was known of keepalived then, `now`: what is known at present; `read`: when the change was read, in
    monotonic seconds."""
    if was is None or now is None or now.rivals:
        return True
    loaded = now.loaded
    # What it loaded in between, or loads where it keeps no copy, is not known.
    if loaded is None or was.loaded is not loaded or abs(now.began - was.began) > _APART:
        return True
    if possible(change, before, loaded):
        return True
    return False if now.explains(read, gone=isinstance(change, DeleteService)) else None


def possible(change: Change, before: RuleSet, configuration: Configured) -> bool:
    """Whether a keepalived with this configuration can make a change. Where that is in doubt, it can."""
    rules = configuration.rules.rules
    match change:
        case DeleteService(key):
            return key in rules or configuration.flushes
        case AddService(service) | EditService(service):
            entry = rules.get(service.key)
            return entry is not None and (entry.service == service or service.key in configuration.groups)
        case AddServer(key, server) | EditServer(key, server):
            return key in rules and _programs(key, server, _there(before, key, server.key), configuration)
        case DeleteServer(key, name):
            return key in rules and (bool(_known(key, name, configuration)) or name in misplaced(key, configuration))
        case _:
            return True


def _programs(key: ServiceKey, server: Server, was: Server | None, configuration: Configured) -> bool:
    """Whether it programs a server so, in place of `was`."""
    if server.key in misplaced(key, configuration):
        return True
    known = _known(key, server.key, configuration)
    # It writes all settings at once; those that it would write, or that stay as they were, speak for it.
    if not any(
        server == configured._replace(weight=server.weight)
        for configured in (*known, *((was,) if was is not None else ()))
    ):
        return False
    if DYNAMIC.intersection(configuration.checked.get((key, server.key), ())):
        return bool(known)
    off = bool(known) and ((key, server.key) in configuration.inhibited or key in configuration.sorry)
    return server.weight in {configured.weight for configured in known} or (off and not server.weight)


def _known(key: ServiceKey, name: ServerKey, configuration: Configured) -> list[Server]:
    """The server as it is configured, as a real server and as the sorry server; [] for one that is not."""
    servers = [real(key, configuration).get(name), _there(configuration.rules, key, name), configuration.sorry.get(key)]
    return [server for server in servers if server is not None and server.key == name]


def _there(rules: RuleSet, key: ServiceKey, name: ServerKey) -> Server | None:
    entry = rules.rules.get(key)
    return entry.servers.get(name) if entry is not None else None
