"""Judges the sync daemons: do they match the VRRP state, the configuration and the interface? Pure.

A master daemon sends the connections made here to the multicast group; a backup daemon receives them. Both may run on
one director (ip_vs_sync.c). keepalived's lvs_sync_daemon runs both or, when it follows a VRRP instance, the one for its
state: master on MASTER, otherwise backup (keepalived 2.2.7, vrrp.c and check_daemon.c).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lvstui.director.change import Change, StartSync, StopSync
from lvstui.director.model import SyncDaemon
from lvstui.director.plan import same_daemon
from lvstui.director.state import State
from lvstui.values import NamedTuple

MASTER, BACKUP = ROLES = ("master", "backup")
GROUP, PORT = "224.0.0.81", 8848
"""The kernel's defaults (IP_VS_SYNC_GROUP, IP_VS_SYNC_PORT)."""


class SyncFinding(NamedTuple):
    """A finding about the daemon of a role, "" where it concerns none. `grave`: it does not work; otherwise it is only
    worth knowing."""

    role: str
    text: str
    grave: bool = True


class ConfiguredDaemons(NamedTuple):
    """The sync daemons that keepalived's configuration wants now. `instance`: the VRRP instance that it follows, "" for
    both roles at once; `daemons`: None where the state of the instance is not known."""

    instance: str
    state: str
    daemons: tuple[SyncDaemon, ...] | None


def configured_daemons(state: State) -> ConfiguredDaemons | None:
    """The sync daemons that the running keepalived wants; None where it configures none, or is not known."""
    configuration = state.keeping.effective if state.keeping is not None else None
    if configuration is None or configuration.sync is None or not state.vrrp.keepalived:
        return None
    daemon, instance, numbered = configuration.sync
    if not instance:
        return ConfiguredDaemons("", "", tuple(daemon._replace(role=role) for role in ROLES))
    there = next((standing for standing in state.vrrp.instances if standing.instance.name == instance), None)
    stands = there.state if there is not None else ""
    if there is None or stands in ("", "INIT", "STOP", "PARTIAL"):
        return ConfiguredDaemons(instance, stands, None)
    daemon = daemon if numbered else daemon._replace(id=there.instance.vrid)
    return ConfiguredDaemons(instance, stands, (daemon._replace(role=MASTER if stands == "MASTER" else BACKUP),))


def findings(state: State) -> tuple[SyncFinding, ...]:
    """All findings about the sync daemons, the worst first; none where they were not read."""
    if state.sync is None:
        return ()
    plan = configured_daemons(state)
    every = [*_of_links(state, state.sync)]
    if plan is not None and plan.daemons is not None:
        every += _of_plan(plan, plan.daemons, state.sync)
    elif state.sync:
        every += _of_role(state.vrrp.role, {daemon.role for daemon in state.sync})
    elif state.vrrp.keepalived and state.vrrp.role in ("MASTER", "BACKUP"):
        every.append(_none(state))
    return tuple(every)


def of(role: str, findings: Iterable[SyncFinding]) -> tuple[SyncFinding, ...]:
    """The findings of one daemon."""
    return tuple(finding for finding in findings if finding.role == role)


def _of_links(state: State, daemons: Sequence[SyncDaemon]) -> Iterable[SyncFinding]:
    for daemon in daemons:
        name = daemon.interface
        if name in state.links and not state.links[name]:
            words = "is missing" if state.links[name] is None else "is down"
            yield SyncFinding(
                daemon.role, f"{name} {words}: nothing is {'sent' if daemon.role == MASTER else 'received'}"
            )


def _of_plan(
    plan: ConfiguredDaemons, daemons: Sequence[SyncDaemon], live: Sequence[SyncDaemon]
) -> Iterable[SyncFinding]:
    running = {daemon.role: daemon for daemon in live}
    why = f": {plan.instance} is {plan.state}" if plan.instance else ""
    for daemon in daemons:
        there = running.pop(daemon.role, None)
        if there is None:
            yield SyncFinding(daemon.role, f"keepalived.conf wants one on {daemon.interface}{why}")
        elif not same_daemon(daemon, there):
            yield SyncFinding(daemon.role, f"not as in keepalived.conf: {_apart(daemon, there)}")
    for role in running:
        yield SyncFinding(role, f"keepalived.conf wants none now{why}")


def _apart(want: SyncDaemon, have: SyncDaemon) -> str:
    """`id 5, not 7; interface eth0, not eth1`."""
    names = ("interface", "id", "maxlen", "group", "port", "ttl")
    rows = zip(names, want[1:], have[1:], strict=True)
    differing = [(n, w, h) for n, w, h in rows if w != h and (w or n in ("interface", "id"))]
    return "; ".join(f"{name} {there}, not {wish}" for name, wish, there in differing)


def _of_role(role: str, running: set[str]) -> Iterable[SyncFinding]:
    if role == "MASTER" and running == {BACKUP}:
        yield SyncFinding(BACKUP, "MASTER, but only a backup daemon: nothing is sent")
    if role in ("BACKUP", "FAULT") and running == {MASTER}:
        yield SyncFinding(MASTER, f"{role}, but only a master daemon: nothing is received")


def _none(state: State) -> SyncFinding:
    if state.sysctls.get("sloppy_tcp"):
        return SyncFinding("", "none runs: a failover reschedules the connections", grave=False)
    return SyncFinding("", "none runs: a failover ends the connections", grave=False)


def objections(changes: Sequence[Change], state: State) -> list[str]:
    """Warnings about starting or stopping daemons in this way."""
    texts: list[str] = []
    before = {daemon.role for daemon in state.sync or ()}
    after = set(before)
    for change in changes:
        if isinstance(change, StartSync):
            after.add(change.daemon.role)
        elif isinstance(change, StopSync):
            after.discard(change.role)
    if not any(isinstance(change, StartSync | StopSync) for change in changes):
        return texts
    plan = configured_daemons(state)
    if plan is not None:
        when = f"the next transition of {plan.instance}" if plan.instance else "its next reload"
        texts.append(f"keepalived runs the sync daemon (lvs_sync_daemon): it does so again at {when}")
    role = state.vrrp.role
    texts += [finding.text for finding in _of_role(role, after)]
    if before and not after and role in ("MASTER", "BACKUP"):
        texts.append("then none runs: a failover ends the connections")
    return texts


def suggested(state: State, role: str = "") -> str:
    """The most likely next command: stop the daemon of this role, or start the one that VRRP asks for, on its
    interface."""
    daemons = {daemon.role: daemon for daemon in state.sync or ()}
    if role in daemons:
        return f"sync stop {role}"
    plan = configured_daemons(state)
    lacking = (
        next((candidate for candidate in (plan.daemons or ()) if candidate.role not in daemons), None)
        if plan is not None
        else None
    )
    if lacking is not None:
        return f"sync start {lacking.role} {lacking.interface} id {lacking.id}"
    wish = MASTER if state.vrrp.role == "MASTER" else BACKUP
    if wish in daemons:
        wish = next((candidate for candidate in ROLES if candidate not in daemons), wish)
    if wish in daemons:
        return "sync stop "
    other = next(iter(daemons.values()), None)
    instance = next((standing.instance for standing in state.vrrp.instances if standing.instance.interface), None)
    if other is not None:
        return f"sync start {wish} {other.interface} id {other.id}"
    if instance is not None:
        return f"sync start {wish} {instance.interface} id {instance.vrid}"
    return f"sync start {wish} "


def daemon_text(daemon: SyncDaemon) -> str:
    """`224.0.0.81:8848`: where it sends or receives."""
    group, port = daemon.group or GROUP, daemon.port or PORT
    return f"[{group}]:{port}" if ":" in group else f"{group}:{port}"
