"""What someone else did to rules that were about to be changed: which rule, its present state, and who did it where the
audit log knows. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from lvstui.commands import proposals
from lvstui.commands.draining import place_text
from lvstui.director.change import AddServer, AddService, Change, DeleteServer, DeleteService, EditServer, EditService
from lvstui.director.edits import arrows, rule_edits, service_edits
from lvstui.director.model import Entry, RuleSet, Server, ServiceKey, service_text
from lvstui.director.observed import NOT_KEPT
from lvstui.director.record import DONE, SEEN, Record, changed_since
from lvstui.views.number import count
from lvstui.views.servers import Place


def moved(changes: Iterable[Change], left: RuleSet, now: RuleSet) -> list[Change]:
    """The changes whose rules are not as they were `left`."""
    return [change for change in changes if not proposals.same((change,), left, now)]


def described(changes: Sequence[Change], left: RuleSet, now: RuleSet, records: Sequence[Record], most: int = 2) -> str:
    """`weight 3 -> 5 of 10.0.0.5:80 of tcp 192.0.2.1:80, by ann at 02:41:07`, for the first few of what was moved;
    `records` of the audit log, latest first."""
    words = list(dict.fromkeys(filter(None, (_described(change, left, now, records) for change in changes))))
    more = [f"and {count(len(words) - most, 'more change')}"] if len(words) > most else []
    return "; ".join([*words[:most], *more])


def _described(change: Change, left: RuleSet, now: RuleSet, records: Sequence[Record]) -> str:
    match change:
        case AddServer(key, Server(name)) | EditServer(key, Server(name)) | DeleteServer(key, name):
            was, there = left.rules.get(key), now.rules.get(key)
            if there is not None and (was is None or was.service == there.service):
                place = Place(key, name)
                before = was.servers.get(name) if was is not None else None
                words = _of_server(place, before, there.servers.get(name))
                return f"{words}{_by(place, records, now)}" if words else ""
            return _of_service(key, was, there, records, now)
        case AddService(service) | EditService(service):
            return _of_service(service.key, left.rules.get(service.key), now.rules.get(service.key), records, now)
        case DeleteService(key):
            return _of_service(key, left.rules.get(key), now.rules.get(key), records, now)
        case _:
            return ""


def _of_server(place: Place, before: Server | None, there: Server | None) -> str:
    if there is None:
        return f"{place_text(place)} is gone" if before is not None else ""
    if before is None:
        return f"{place_text(place)} is there now"
    edits = rule_edits(before, there)
    if before.weight != there.weight:
        edits = [("weight", str(before.weight), str(there.weight)), *edits]
    return f"{arrows(edits)} of {place_text(place)}" if edits else ""


def _of_service(
    key: ServiceKey, before: Entry | None, there: Entry | None, records: Sequence[Record], now: RuleSet
) -> str:
    if there is None:
        words = f"{service_text(key)} is gone"
    elif before is None:
        words = f"{service_text(key)} is there now"
    else:
        edits = service_edits(before.service, there.service)
        words = f"{arrows(edits)} of {service_text(key)}" if edits else f"the servers of {service_text(key)}"
    return f"{words}{_by(key, records, now)}"


def _by(subject: ServiceKey | Place, records: Sequence[Record], now: RuleSet) -> str:
    """`, by ann at 02:41:07`, `, probably by keepalived at 02:41:07`: whoever made the rule as it is now."""
    for record in records:
        if record.change is None or record.result not in (DONE, SEEN) or _subject(record.change) != subject:
            continue
        if changed_since(record.change, now):
            return ""
        return f", {_who(record)} at {time.strftime('%H:%M:%S', time.localtime(record.epoch))}"
    return ""


def _who(record: Record) -> str:
    """Another user of lvstui has a name; of what was seen in the table it is known at most whether keepalived can have
    made it."""
    if record.who.name:
        return f"by {record.who.name}"
    if record.result != SEEN or not record.source:
        return "by another program"
    if record.source == NOT_KEPT:
        return "by hand or another program, not keepalived,"
    return f"probably by {record.source.removesuffix('?')}" if record.source.endswith("?") else f"by {record.source}"


def _subject(change: Change) -> ServiceKey | Place | None:
    match change:
        case AddServer(key, server) | EditServer(key, server):
            return Place(key, server.key)
        case DeleteServer(key, name):
            return Place(key, name)
        case AddService(service) | EditService(service):
            return service.key
        case DeleteService(key):
            return key
        case _:
            return None
