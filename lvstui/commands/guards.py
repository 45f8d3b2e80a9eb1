"""What an operator must know before a change: what it takes out of service, and why it may not last or have no effect.
Pure functions over a State."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    service_of,
    stated,
)
from lvstui.director.model import UDP, Entry, RuleSet, ServerKey, ServiceKey, address_text
from lvstui.director.state import State
from lvstui.director.sync.daemons import objections
from lvstui.values import NamedTuple
from lvstui.views.ending import bound_come, udp_stays
from lvstui.views.servers import find
from lvstui.views.summary import outages

_RULES = (AddServer, AddService, DeleteServer, DeleteService, EditServer, EditService, Flush)


class Guards(NamedTuple):
    """`outages` need more than a yes: the capital Y, or --allow-outage. `warnings` are shown before the question."""

    outages: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def judge(changes: Sequence[Change], now: RuleSet, state: State) -> Guards:
    """The outages and warnings of these changes. `now` has at least the services that they name."""
    lost = outages(changes, _with_another(now, state), state)
    warnings = [
        *_backup(changes, state),
        *_owned(changes, state),
        *_quiescent(changes, now, state),
        *objections(changes, state),
    ]
    return Guards(tuple(lost), tuple(warnings))


def _with_another(now: RuleSet, state: State) -> RuleSet:
    """`now` with one more service where the table has more, so that a part of it is not taken for the whole."""
    if len(state.services) <= len(now.rules):
        return now
    other = next((key for key in state.services.keys if key not in now.rules), None)
    reading = state.services.find(other) if other is not None else None
    if other is None or reading is None:
        return now
    return now._replace(rules={**now.rules, other: Entry(reading.service, {})})


def _backup(changes: Sequence[Change], state: State) -> list[str]:
    if state.vrrp.role == "BACKUP" and any(isinstance(change, _RULES) for change in changes):
        return ["this director is BACKUP: the traffic goes to another director, and a change here does not affect it"]
    if state.vrrp.role == "PARTIAL":
        held = set(state.vrrp.held or ())
        away = sorted(
            {address_text(key.address) for change in changes if (key := service_of(change)) and key.address} - held
        )
        if away:
            return [f"{away[0]} is not on this director: its traffic goes to another one"]
    return []


def _owned(changes: Sequence[Change], state: State) -> list[str]:
    """Who else writes this table, and what will become of the change. keepalived acts on what it remembers and never
    reads the table back, so a change lasts until an event of its own (keepalived's ipwrapper.c, verified with
    2.2.7)."""
    owner = state.owner
    if not owner:
        return []
    if owner == "keepalived":
        sentence = _keepalived(changes, state)
        return [sentence] if sentence else []
    if any(isinstance(change, _RULES) for change in changes):
        return [f"{owner} owns this table: " + _OTHERS.get(owner, "it may overwrite this at any time")]
    return []


_OTHERS = {
    "ldirectord": "this is overwritten when a check result changes, or when ldirectord.cf is read again",
    "kube-proxy": "this is overwritten at the next sync, within seconds; change the Service instead",
    "kube-router": "this is overwritten at the next sync, within seconds; change the Service instead",
}


def _keepalived(changes: Sequence[Change], state: State) -> str:
    kinds = {type(change) for change in changes if _has(change, state)}
    if kinds & {DeleteService, Flush}:
        return "keepalived owns this table: a reload does not bring a deleted service back, only a restart does"
    if DeleteServer in kinds:
        return "keepalived owns this table: the server comes back when it fails and recovers, or at a restart"
    if EditServer in kinds:
        return "keepalived owns this table: overwritten when the server fails and recovers, or at a restart"
    if EditService in kinds:
        return "keepalived owns this table: overwritten at a restart, or when a reload finds this service changed"
    if AddServer in kinds and all(_configured(change, state) for change in changes if isinstance(change, AddServer)):
        return ""  # as after the undo of a deletion: its checks have never stopped
    if AddServer in kinds:
        return "keepalived owns this table: it will not check this server, and drops it when it restarts"
    if AddService in kinds:
        return "keepalived owns this table: it neither checks nor changes a service that it does not have"
    return ""


def _has(change: Change, state: State) -> bool:
    """Whether keepalived will ever touch what is changed here: it does nothing to a server that is not in its loaded
    configuration. True where that is not known."""
    running = state.keeping.effective if state.keeping is not None else None
    if running is None or not isinstance(change, DeleteServer | EditServer):
        return True
    name = change.key if isinstance(change, DeleteServer) else change.server.key
    entry, sorry = running.rules.rules.get(change.service), running.sorry.get(change.service)
    return (entry is not None and name in entry.servers) or (sorry is not None and sorry.key == name)


def _configured(change: AddServer, state: State) -> bool:
    """Whether keepalived has exactly this server in its loaded configuration."""
    running = state.keeping.effective if state.keeping is not None else None
    entry = running.rules.rules.get(change.service) if running is not None else None
    server = entry.servers.get(change.server.key) if entry is not None else None
    return server is not None and stated(server, change.server) == change.server


def _quiescent(changes: Sequence[Change], now: RuleSet, state: State) -> list[str]:
    """Why traffic still reaches servers drained by these changes."""
    warnings = []
    for change in changes:
        if isinstance(change, EditServer) and change.server.weight == 0:
            entry = now.rules.get(change.service)
            live = entry.servers.get(change.server.key) if entry is not None else None
            if entry is not None and live is not None and live.weight:
                warnings += still_coming(entry.service.persistence, state)
                warnings += _udp(change.service, entry.service.one_packet, live.key, state)
    return list(dict.fromkeys(warnings))


def _udp(key: ServiceKey, one_packet: bool, server: ServerKey, state: State) -> list[str]:
    """A warning for UDP: a sender stays with its server, because each packet renews the entry."""
    pool = state.servers(key)
    number = find(pool, server) if pool is not None else None
    if one_packet or key.protocol != UDP or pool is None or number is None or not pool[number].inactive:
        return []
    return [udp_stays(state.sysctls)]


def still_coming(persistence: int | None, state: State) -> list[str]:
    """Why clients may still come to a server at weight 0, by the switches of this kernel (ipvs-sysctl.rst)."""
    reasons = []
    if persistence is not None and (why := bound_come(state.sysctls)):
        reasons.append(f"persistent for {persistence} s, and {why}")
    if state.sysctls.get("conn_reuse_mode") == 0:
        reasons.append("conn_reuse_mode=0: a client that reuses a port still comes here")
    return reasons
