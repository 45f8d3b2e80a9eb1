"""What happened in a world before it begins, as records of the audit log: they explain its problems."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.demo.incident import DOWN, ROLE, UP, WEIGHT, Incident, PastEvent, happened
from lvstui.director.change import AddServer, Change, DeleteServer, EditServer, apply_all, inverse
from lvstui.director.model import RuleSet, ServerInService, server_text
from lvstui.director.observed import ROLE as VRRP
from lvstui.director.record import DONE, SEEN, Record, Who
from lvstui.director.spell import spell
from lvstui.director.sweeps import described

_KEEPER, _NOBODY = "keepalived?", "someone else"


def past(incident: Incident, configured: RuleSet, now: float) -> tuple[Record, ...]:
    """The records of an incident, oldest first. `now`: seconds of the epoch when the world begins."""
    events = happened(incident, configured.rules)
    records = (record for event in events for record in _records(event, incident, configured, now))
    return tuple(sorted(records, key=lambda record: record.epoch))


def _records(event: PastEvent, incident: Incident, configured: RuleSet, now: float) -> Iterator[Record]:
    at = now - event.ago
    if event.event == ROLE:
        yield Record(at, Who(), incident.host, "", "keepalived", f"{VRRP} {event.text}", "", SEEN)
    elif event.places:
        for place in event.places:
            yield _change(event, place, incident, configured, at)
    else:
        yield Record(at, _who(event), incident.host, "", "console", event.text, "", DONE, reason=event.reason)


def _change(event: PastEvent, place: ServerInService, incident: Incident, configured: RuleSet, at: float) -> Record:
    key, name = place
    server = configured.rules[key].servers[name]
    rules, change = configured, _made(event, place, configured)
    if event.event == UP:  # it came back to where it had been taken out
        rules = apply_all([DeleteServer(key, name)], configured)
    command, undo = f"ipvsadm {spell(change)}", inverse(change, rules)
    if event.event != WEIGHT or not event.by:
        source = _KEEPER if event.event != WEIGHT else _NOBODY
        return Record(
            at, Who(), incident.host, "", source, described(change, rules), command, SEEN, change=change, inverse=undo
        )
    title = f"{'weight of' if event.weight else 'drain'} {server_text(server.key)}"
    done = Record(at, _who(event), incident.host, "", "console", title, command, DONE, change=change, inverse=undo)
    return done._replace(reason=event.reason)


def _made(event: PastEvent, place: ServerInService, configured: RuleSet) -> Change:
    key, name = place
    server = configured.rules[key].servers[name]
    if event.event == DOWN:
        return DeleteServer(key, name)
    return AddServer(key, server) if event.event == UP else EditServer(key, server._replace(weight=event.weight))


def _who(event: PastEvent) -> Who:
    return Who(event.by, "root", event.by)
