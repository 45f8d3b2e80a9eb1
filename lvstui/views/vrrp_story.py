"""VRRP in three sentences: who is master and since when, why, and what would move the role. Another director is known
only by its adverts, and a backup sends none."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.model import address_text
from lvstui.director.record import DONE
from lvstui.director.state import State
from lvstui.director.sync.daemons import findings
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance
from lvstui.values import NamedTuple
from lvstui.views import sheet
from lvstui.views.audit_index import Events
from lvstui.views.head import Line
from lvstui.views.number import count
from lvstui.views.operator_names import OperatorNames
from lvstui.views.times import moment, since

TITLE = "fail over "
"""How the record of a failover begins."""
_ORDERLY = 60.0
"""Seconds after a failover within which the role moves because of it."""


class Sentences(NamedTuple):
    """Who is master and since when; why; what would move the role. `tone`: the tone of the first sentence."""

    who: str
    why: str
    next: str
    tone: str = ""


def sentences(state: State, events: Events, names: OperatorNames, began: float | None = None) -> Sentences | None:
    """The sentences; None if there is no instance. `began`: when this console was started, seconds of the epoch."""
    statuses = state.vrrp.instances
    if not statuses:
        return None
    host = state.host or "this director"
    roles = {status.state for status in statuses}
    if len(roles) > 1:
        states = [status.state for status in statuses]
        words = (f"{count(states.count(role), 'instance')} {role or 'unknown'}" for role in dict.fromkeys(states))
        worst = next((status for status in statuses if status.findings), statuses[0])
        return Sentences(f"{host} has mixed roles: {', '.join(words)}", _why(worst, state, names), "", "alert")
    standing = statuses[0]
    which = (
        f"of {standing.instance.name}"
        if len(statuses) == 1
        else f"of {'both' if len(statuses) == 2 else f'all {len(statuses)}'} instances"
    )
    since = _since(statuses, state, events, began)
    ill = next((other for other in statuses if other.findings), standing)
    why, following = _why(ill, state, names), _next(standing, names)
    match standing.state:
        case "MASTER":
            return Sentences(f"{host} is MASTER {which} {since}", why, following, "master")
        case "BACKUP":
            text = f"{host} is BACKUP {which} {since}: it does not serve"
            stopped = handed_over(state, events)
            return Sentences(
                f"{text}{stopped}", why, following, "alert" if stopped or not standing.masters else "backup"
            )
        case "":
            return Sentences(f"the role of {host} is not known", why, "", "alert")
        case "STOP":
            text = f"keepalived does not run on {host}: it does not serve"
            return Sentences(
                f"{text}{handed_over(state, events)}", why, "it serves again when keepalived is started", "alert"
            )
        case other:
            return Sentences(f"{host} is in {other} {which} {since}: it does not serve", why, following, "down")


def lines(sentences: Sentences | None, width: int) -> list[Line]:
    """The same sentences as lines of the screen."""
    if sentences is None:
        return []
    return [
        *sheet.labelled("role", sentences.who, width, sentences.tone, 2),
        *sheet.labelled("why", sentences.why, width, "", 2),
        *sheet.labelled("next", sentences.next, width, "dim", 2),
    ]


def sync_lines(state: State, width: int) -> list[Line]:
    """The findings about sync daemons as lines of the screen: the column of the table is too narrow for most."""
    lines: list[Line] = []
    for finding in findings(state):
        text = f"{finding.role} {finding.text}".lstrip()
        lines += sheet.labelled("sync", text, width, "down" if finding.grave else "", 2)
    return lines


def _since(standings: Sequence[InstanceStatus], state: State, events: Events, began: float | None) -> str:
    """By keepalived and the addresses, else by the audit log; else since before the console was started."""
    now, role = state.taken, standings[0].state
    epochs = [standing.since for standing in standings]
    known = [epoch for epoch in epochs if epoch is not None]
    if known and len(known) == len(epochs):
        return since(max(known), now)
    record = next(iter(events.roles), None)
    if record is not None and f"-> {role}" in record.title.split(",")[0]:
        return since(record.epoch, now) + " by the audit log"
    return (
        f"since before {moment(began, now)}, when this console started" if began is not None else "start time unknown"
    )


def _why(standing: InstanceStatus, state: State, names: OperatorNames) -> str:
    """By the problem, by the adverts that are heard, or by the priorities; if none explains it, the sentence says what
    is not known."""
    instance = standing.instance
    if standing.findings:
        return f"{instance.name}: {'; '.join(standing.findings)}"
    mine = f"priority {instance.effective}" if instance.effective else "its priority is not known"
    if instance.effective != instance.priority and instance.effective:
        mine += f" (configured {instance.priority})"
    others = [advert for advert in standing.masters or () if advert.source not in own_sources(standing)]
    if standing.state == "MASTER":
        if standing.masters is None:
            return f"the addresses are here; {mine}; adverts are not heard (only root can hear them)"
        if others:
            voice = others[0]
            return f"{_named(voice.source, names)} sends adverts too, with priority {voice.priority}; here {mine}"
        return f"{mine}, none higher is heard; the peer is silent, as a backup is"
    if standing.masters:
        voice = standing.masters[0]
        if standing.state == "STOP":
            return f"{_named(voice.source, names)} sends adverts with priority {voice.priority}, this side sends none"
        here = f"more than the {instance.effective} here"
        if voice.priority <= instance.effective:
            stays = "waits out its delay" if instance.preempt else "does not preempt"
            here = f"no more than the {instance.effective} here, which {stays}"
        return f"{_named(voice.source, names)} sends adverts with priority {voice.priority}, {here}"
    if standing.masters is not None:
        return "no master is heard, and the addresses are not here"
    if instance.master:
        return f"keepalived last heard {instance.master}, priority {instance.master_priority}"
    return "its addresses are not here; who has them is not heard (only root can hear adverts)"


def own_sources(standing: InstanceStatus) -> tuple[bytes, ...]:
    """The addresses from which this director sends adverts: a master hears itself. A recording of an older version does
    not have them; then the first master with the same priority is taken for this director."""
    if standing.own is not None or standing.state != "MASTER":
        return standing.own or ()
    return tuple(advert.source for advert in standing.masters or () if advert.priority == standing.instance.effective)[
        :1
    ]


def _named(address: bytes, names: OperatorNames) -> str:
    called = names.host(address)
    return f"{called} ({address_text(address)})" if called else address_text(address)


def _next(standing: InstanceStatus, names: OperatorNames) -> str:
    """What would move the role."""
    instance, now = standing.instance, standing.instance.effective
    costs = [
        f"{tracked.name} failing costs {-tracked.weight} ({now} -> {now + tracked.weight})"
        for tracked in instance.tracked
        if tracked.weight < 0 and tracked.good is not False
    ]
    costs += [
        f"{tracked.name} failing is a fault"
        for tracked in instance.tracked
        if not tracked.weight and tracked.good is not False and tracked.kind != "interface"
    ]
    cost = f"; {costs[0]}" if costs else ""
    if standing.state == "MASTER":
        return f"the peer takes over when this side stops, or its priority falls below the peer's{cost}"
    if standing.state == "BACKUP":
        below = f"; {instance.master} resigns or falls silent" if instance.master else ""
        preempts = "" if instance.preempt else "; it does not take over from a live master (nopreempt)"
        return f"this side takes over when no advert comes for {_patience(instance):.1f} s{below}{preempts}"
    return "it comes back when the fault is fixed" if standing.state == "FAULT" else ""


def _patience(instance: Instance) -> float:
    """The seconds that a backup waits: three intervals, and a skew that is smaller the higher its priority (RFC
    5798)."""
    skew = (256 - (instance.effective or instance.priority or 100)) / 256
    return 3 * instance.advert + skew * (instance.advert if instance.version == 3 else 1.0)


def stands_aside(state: State, events: Events) -> str:
    """`this side does not serve; handed over by kim at 02:51:10`; "" for a director that serves, or should."""
    over = handed_over(state, events)
    return f"this side does not serve{over}" if state.vrrp.role == "BACKUP" or (over and not state.vrrp.role) else ""


def handed_over(state: State, events: Events) -> str:
    """`; handed over by kim at 02:51:10`: if nothing was done with lvstui after the failover, and the role moved soon
    after it."""
    last = next((record for record in events.records if record.result == DONE), None)
    if last is None or not last.title.startswith(TITLE):
        return ""
    moved = next((moved_record.epoch for moved_record in events.roles), last.epoch)
    if moved > last.epoch + _ORDERLY:
        return ""
    who = f" by {last.who.name}" if last.who.name else ""
    return f"; handed over{who} at {moment(last.epoch, state.taken)}"
