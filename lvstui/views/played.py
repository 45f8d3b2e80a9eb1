"""The events of a recording: which one comes next, and what a time of day means in it."""

from __future__ import annotations

import re
import time
from collections.abc import Hashable, Sequence

from lvstui.director.change import AddServer, DeleteServer, EditServer, service_of
from lvstui.director.model import ServiceKey
from lvstui.director.record import Record
from lvstui.values import NamedTuple
from lvstui.views.audit import AuditView
from lvstui.views.audit_index import sign
from lvstui.views.look import Look
from lvstui.views.number import count
from lvstui.views.operator_names import NO_NAMES, OperatorNames
from lvstui.views.place import Place
from lvstui.views.times import moment

_WORST = "-V!*+"
"""The signs of records, the worst first."""
_HERE = 3.0
"""Seconds after an event for which N still leads to the one before it."""
_DAY = 86_400
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")


class Stop(NamedTuple):
    """A moment with events, in the order in which they are shown."""

    epoch: float
    records: Sequence[Record]


def stops(records: Sequence[Record]) -> list[Stop]:
    """The moments at which something happened, in order; at each the worst event first. `records`: latest first."""
    every: list[Stop] = []
    for record in reversed(records):
        if every and every[-1].epoch == record.epoch:
            every[-1] = every[-1]._replace(records=[*every[-1].records, record])
        else:
            every.append(Stop(record.epoch, [record]))
    return [
        stop._replace(records=sorted(stop.records, key=lambda record: _WORST.index(sign(record)))) for stop in every
    ]


def following(stops: Sequence[Stop], at: float, way: int) -> int | None:
    """The number of the next moment, or of the previous one; None if there is none. `at`: the present position, in
    seconds of the epoch."""
    before = [number for number, stop in enumerate(stops) if stop.epoch <= at]
    if way > 0:
        return len(before) if len(before) < len(stops) else None
    if before and at - stops[before[-1]].epoch < _HERE:
        before.pop()
    return before[-1] if before else None


def stop_text(stops: Sequence[Stop], number: int, names: OperatorNames = NO_NAMES) -> str:
    """`event 3 of 12, 02:41:07: 10.0.0.5 removed from 3 services, and 1 more event`."""
    stop = stops[number]
    rows = AuditView(tuple(stop.records), Look(), stop.epoch, names=names)
    what = next(place for place, column in enumerate(rows.columns) if column.key == "what")
    more = f", and {count(len(rows) - 1, 'more event')}" if len(rows) > 1 else ""
    return f"event {number + 1} of {len(stops)}, {moment(stop.epoch, stop.epoch)}: {rows.row(0).cells[what]}{more}"


def about(record: Record) -> tuple[ServiceKey, Place | None] | None:
    """The service that a record is about, and the server; None if it is about neither."""
    key = service_of(record.change)
    if key is None:
        return None
    match record.change:
        case AddServer(_, server) | EditServer(_, server):
            return key, Place(key, server.key)
        case DeleteServer(_, name):
            return key, Place(key, name)
    return key, None


def row_of(record: Record, view: str) -> Hashable | None:
    """The row of a view that a record is about."""
    subject = about(record)
    return record if view == "audit" else subject[0] if subject is not None and view == "services" else None


def is_time(text: str) -> bool:
    """Whether a text is a time of day."""
    return _CLOCK.fullmatch(text) is not None


def at_time(text: str, at: float, first: float, last: float) -> float:
    """The moment that a time of day means in a recording: on the displayed day, else on the first day that has it.
    Raises ValueError if the recording does not have it."""
    match = _CLOCK.fullmatch(text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match is not None else (24, 0, 0)
    if match is None or hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError("is not a time of day")
    # A minute is meant whole: the one in which the recording begins is there.
    reach = 0 if match[3] else 59
    days = [at, *(first + day * _DAY for day in range(int((last - first) // _DAY) + 2))]
    for day in map(time.localtime, days):
        wanted = time.mktime((day.tm_year, day.tm_mon, day.tm_mday, hours, minutes, seconds, 0, 0, -1))
        if first - reach <= wanted <= last:
            return max(first, wanted)
    raise ValueError(f"the recording is from {_when(first)} to {_when(last)}")


def _when(epoch: float) -> str:
    return time.strftime("%F %T", time.localtime(epoch))
