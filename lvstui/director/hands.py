"""Which differences somebody made with lvstui, by the audit log."""

from __future__ import annotations

from _collections_abc import Iterable, Mapping

from lvstui.director.causes import RulePlace, entry_of, part_of
from lvstui.director.change import AddServer, AddService, Change, DeleteServer, EditServer, EditService
from lvstui.director.record import DONE, Record
from lvstui.director.state import State


def without_hands(
    of: Mapping[RulePlace, str], records: Iterable[Record], state: State, epoch: float
) -> Mapping[RulePlace, str]:
    """The causes but for the places that somebody left as they are with lvstui, by the audit log, after a moment
    (seconds of the epoch) at which keepalived had begun. `records`: the latest first."""
    left = dict(of)
    for record in records:
        if record.epoch <= epoch or not left:
            break
        made = _made(record.change) if record.result == DONE else None
        if made is not None:
            place, became = made
            entry = entry_of(state, place[0])
            if entry is not None and part_of(entry, place[1]) == became:
                left.pop(place, None)
    return left


def _made(change: Change | None) -> tuple[RulePlace, object] | None:
    """The place that a change touched, and what it made of it; None for a change of another kind."""
    match change:
        case AddServer(key, server) | EditServer(key, server):
            return (key, server.key), server
        case DeleteServer(key, name):
            return (key, name), None
        case AddService(service) | EditService(service):
            return (service.key, None), service
    return None
