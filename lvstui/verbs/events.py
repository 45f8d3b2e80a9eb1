"""--events: what happens, as lines or JSON lines, for a pipe, a log shipper or a unit: findings that come and go, VRRP
transitions, changes by others, and new records of the audit log."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lvstui.director.drift.all import Drifts, followed
from lvstui.director.errors import LvsError
from lvstui.director.record import SEEN, Record
from lvstui.director.serving import Tally, tallied
from lvstui.director.spell import spell
from lvstui.director.sweeps import Sweep, described, observed_changes, swept
from lvstui.doctor.diagnosis import Diagnosis, diagnosed
from lvstui.doctor.finding import SEVERITIES, Finding
from lvstui.doctor.thresholds import USUAL, Thresholds
from lvstui.values import NamedTuple
from lvstui.verbs.examining import SCOPE
from lvstui.verbs.verb import Verb

if TYPE_CHECKING:
    from lvstui.director.source import Source
    from lvstui.director.state import State

FORMATS = ("text", "json")
_ALL = 10**9
_FIRST = 1000
"""Findings of the first look of which each has a line."""
MOST = 100
"""The number of events of one read that get a line each; further ones are counted."""


class Event(NamedTuple):
    """`kind`: finding, gone, unknown, vrrp, change, audit, stale, read. `data`: what JSON has beside the text."""

    epoch: float
    kind: str
    text: str
    data: Mapping[str, Any] = {}


class _LastSweep(NamedTuple):
    sweep: Sweep
    tally: Tally
    drifts: Drifts | None
    diagnosis: Diagnosis


def run(
    source: Source,
    interval: float,
    silence: Mapping[str, str],
    kind: str = "text",
    records: Callable[[], Collection[Record]] = tuple,
    sleep: Callable[[float], None] = time.sleep,
    limits: Thresholds = USUAL,
) -> Verb:
    """Runs until it is interrupted. `records`: the audit log, latest first. Raises LvsError when even the first read
    fails."""
    try:
        written = _write_json if kind == "json" else _write_text
        known = _first(source.read(SCOPE), silence, limits)
        there = known.diagnosis.findings
        for finding in there[:_FIRST]:
            yield written(_finding_event(finding, known.diagnosis.at))
        if len(there) > _FIRST:
            more = f"and {len(there) - _FIRST} more findings, none of them worse"
            yield written(Event(known.diagnosis.at, "change", more))
        heard, trouble = frozenset(records()), ""
        while True:
            sleep(interval)
            try:
                state = source.read(SCOPE)
            except LvsError as error:
                if error.why != trouble:
                    trouble = error.why
                    yield written(Event(time.time(), "stale", f"the table cannot be read: {trouble}"))
                continue
            if trouble:
                trouble = ""
                yield written(Event(state.taken, "read", "the table can be read again"))
            latest = records()
            fresh = [record for record in reversed(list(latest)) if record not in heard]
            heard = frozenset(latest)
            now = _next(state, known, silence, limits)
            events = list(_events(known, now, fresh))
            for event in events[:MOST]:
                yield written(event)
            if len(events) > MOST:
                yield written(Event(state.taken, "change", f"and {len(events) - MOST} more events at once"))
            known = now
    finally:
        source.close()


def _first(state: State, silence: Mapping[str, str], limits: Thresholds) -> _LastSweep:
    tally, drifts = tallied(state), followed(state)
    return _LastSweep(
        swept(state), tally, drifts, diagnosed(state, tally, drifts, None, silence, limits=limits, most=_ALL)
    )


def _next(state: State, last: _LastSweep, silence: Mapping[str, str], limits: Thresholds) -> _LastSweep:
    tally, drifts = tallied(state, last.tally), followed(state, last.drifts)
    diagnosis = diagnosed(state, tally, drifts, last.diagnosis, silence, limits=limits, most=_ALL)
    return _LastSweep(swept(state), tally, drifts, diagnosis)


def _events(before: _LastSweep, now: _LastSweep, fresh: Collection[Record]) -> Iterator[Event]:
    """The events between two reads, causes first."""
    taken = now.sweep.state.taken
    ours = {record.change for record in fresh if record.result != SEEN}
    for record in fresh:
        if record.result != SEEN:  # changes by others are events of their own
            what = record.title or record.command
            text = f"{record.who.name or 'someone'}: {what}: {record.result}"
            text += f" ({record.reason})" if record.reason else ""
            data = {"who": record.who.name, "command": record.command, "result": record.result, "why": record.why}
            yield Event(record.epoch, "audit", text, {**data, "reason": record.reason, "source": record.source})
    difference = observed_changes(before.sweep, now.sweep, ())
    if difference.vrrp:
        yield Event(taken, "vrrp", f"VRRP {difference.vrrp}", {"role": now.sweep.state.vrrp.role})
    for change in difference.changes:
        if change not in ours:
            yield Event(taken, "change", described(change, difference.before), {"command": f"ipvsadm {spell(change)}"})
    old = {finding.identity: finding for finding in before.diagnosis.findings}
    new = {finding.identity: finding for finding in now.diagnosis.findings}
    carried = now.diagnosis.carried
    known = {**before.diagnosis.carried, **old}
    for identity, finding in new.items():
        if identity not in known or known[identity].severity < finding.severity:
            yield _finding_event(finding, taken)
    for identity, finding in known.items():
        data = {"id": finding.id, "subject": finding.subject, "severity": SEVERITIES[finding.severity]}
        if identity in carried:
            if identity in old:
                yield Event(taken, "unknown", f"can no longer be judged: {finding.sentence}", data)
        elif identity not in new:
            yield Event(taken, "gone", f"no longer: {finding.sentence}", data)


def _finding_event(finding: Finding, taken: float) -> Event:
    from lvstui.verbs.check import as_data

    return Event(taken, "finding", f"{SEVERITIES[finding.severity]}: {finding.sentence}", {"finding": as_data(finding)})


def _write_text(event: Event) -> str:
    from lvstui.views.watch import line

    return line(event.epoch, event.text)


def _write_json(event: Event) -> str:
    from lvstui.formats.json import encoded

    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event.epoch))
    return (
        encoded({"time": when, "epoch": round(event.epoch, 3), "event": event.kind, "text": event.text, **event.data})
        + "\n"
    )
