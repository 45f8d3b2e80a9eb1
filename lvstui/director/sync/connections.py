"""Judges the origin of a director's connections: does the backup hold those of the master? Pure; based on one count of
the kernel's connection table, made when the operator asks."""

from __future__ import annotations

from collections.abc import Iterable

from lvstui.director.model import ServiceKey, endpoint_text, protocol_name, service_text
from lvstui.director.probe import ConnectionTarget, Origins
from lvstui.director.state import State
from lvstui.director.sync.daemons import BACKUP, MASTER, daemon_text
from lvstui.values import NamedTuple

_MOST = 200
"""The most services listed."""
_THRESHOLD = 3
"""Packets after which a connection is sent to the peer, where the kernel does not say (sync_threshold)."""


class ReportLine(NamedTuple):
    """One line of a report. `tone`: "" for a fact, "down" for a fault, "dim" for advice."""

    text: str
    tone: str = ""


def verdict(origins: Origins, state: State) -> ReportLine:
    """What the count means, in one line."""
    roles = {daemon.role for daemon in state.sync or ()}
    part = "" if origins.whole else f" among the first {_many(origins.local + origins.synced)}"
    if origins.synced and state.vrrp.role != "MASTER":
        return ReportLine(f"holds {_many(origins.synced)} synced connections{part}")
    if not roles:
        return ReportLine(f"no sync daemon runs here; {_many(origins.local)} connections of its own{part}", "down")
    if BACKUP in roles and state.vrrp.role != "MASTER":
        return ReportLine(f"holds none of the master's connections{part}", "down")
    before = f", {_many(origins.synced)} from the master before it" if origins.synced else ""
    words = f"{_many(origins.local)} connections of its own{part}{before}"
    if MASTER not in roles:
        return ReportLine(f"{words}: they are sent to no peer", "down")
    return ReportLine(f"{words}: :sync check on the backup shows whether it holds them")


def report(origins: Origins, state: State) -> tuple[ReportLine, ...]:
    """The whole report: the verdict, what to check where no connections are held, and each service."""
    first = verdict(origins, state)
    lines = [first]
    if not origins.whole:
        lines.append(ReportLine("the table is larger: rows after these were not counted", "dim"))
    if first.tone == "down":
        lines += [ReportLine(text, "dim") for text in _advice(state)]
    return (*lines, *_services(origins, state))


def _advice(state: State) -> Iterable[str]:
    daemons = {daemon.role: daemon for daemon in state.sync or ()}
    backup = daemons.get(BACKUP)
    if not daemons:
        yield "sync start master IFACE id N where the traffic is, sync start backup IFACE id N here"
        return
    if backup is None:
        return
    where = f"on {backup.interface}, {daemon_text(backup)}"
    if backup.id:
        yield f"the id: {backup.id} is the only one accepted here; the master's must be the same, or 0 here (all)"
    yield f"the master: a master daemon runs there, {where} too (ipvsadm -L --daemon)"
    if not state.links.get(backup.interface, True):
        yield f"the interface: {backup.interface} is {'missing' if state.links[backup.interface] is None else 'down'}"
    yield "the wire: multicast passes between the directors (IGMP snooping, a firewall on UDP)"
    packets = state.sysctls.get("sync_threshold", _THRESHOLD)
    yield f"the traffic: a connection is sent after {packets} packets or a change of state (sync_threshold)"


def _services(origins: Origins, state: State) -> Iterable[ReportLine]:
    known = {_where(key): key for key in state.services.keys}
    counts: dict[ServiceKey | None, tuple[int, int]] = {}
    strange: dict[ConnectionTarget, tuple[int, int]] = {}
    for where, (local, synced) in origins.of.items():
        key = known.get(where) or known.get((where[0], where[1], 0))
        if key is None:
            strange[where] = local, synced
            continue
        before = counts.get(key, (0, 0))
        counts[key] = before[0] + local, before[1] + synced
    backs = BACKUP in {daemon.role for daemon in state.sync or ()} and state.vrrp.role != "MASTER"
    for key in list(state.services.keys)[:_MOST]:
        local, synced = counts.get(key, (0, 0))
        yield ReportLine(
            f"{service_text(key)}   {_words(local, synced)}", "down" if backs and not synced and local else ""
        )
    if len(state.services) > _MOST:
        yield ReportLine(f"and {_many(len(state.services) - _MOST)} services more", "dim")
    marks = any(key.fwmark for key in state.services.keys)
    for where, (local, synced) in sorted(strange.items())[:_MOST]:
        protocol, address, port = where
        text = f"{protocol_name(protocol) if protocol else 'ip'} {endpoint_text(address, port)}"
        what = "a firewall mark's, or of no service here" if marks else "of no service here"
        yield ReportLine(f"{text}   {_words(local, synced)}: {what}", "" if marks else "down")


def _where(key: ServiceKey) -> ConnectionTarget:
    """The destination of a service's connections. Those that a persistent firewall mark binds have the mark as their
    address (ip_vs_core.c, ip_vs_sched_persist)."""
    if not key.fwmark:
        return key.protocol, key.address, key.port
    return 0, key.fwmark.to_bytes(4, "big").ljust(4 if key.family == 4 else 16, b"\0"), 0


def _words(local: int, synced: int) -> str:
    if not local and not synced:
        return "no connection"
    words = []
    if synced:
        words.append(f"holds {_many(synced)} synced connection{'s' if synced != 1 else ''}")
    if local:
        words.append(f"{_many(local)} of its own")
    return ", ".join(words)


def _many(number: int) -> str:
    return f"{number:,}"
