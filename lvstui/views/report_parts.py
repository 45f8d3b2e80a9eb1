"""The parts of a report of an incident, as values: views/report.py makes them, views/report_page.py shows them."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.values import NamedTuple

UNTOLD = "not known"
"""A role that is not known yet; no director has it."""


class ReportEvent(NamedTuple):
    """An event: `sign` as in the audit log, its `kind`, `who` did it, and the equivalent `commands`."""

    epoch: float
    sign: str
    kind: str
    who: str
    what: str
    reason: str = ""
    result: str = ""
    commands: tuple[str, ...] = ()


class TimeSeries(NamedTuple):
    """A quantity over time: (seconds of the epoch, value), None for a time of which nothing is known; its peak, and its
    value at the end."""

    points: Sequence[tuple[float, float | None]]
    peak: float
    last: float | None


class Curves(NamedTuple):
    """The load of a service or server: active connections, and new ones per second."""

    name: str
    address: str
    active: TimeSeries
    rate: TimeSeries


class AffectedService(NamedTuple):
    """A service to which something happened, when it did, its servers, and how many servers are left out."""

    curves: Curves
    marks: Sequence[float]
    servers: Sequence[Curves]
    more: int


class Outage(NamedTuple):
    """A time without a server that took new connections, from when to when; None if that is beyond the recording."""

    name: str
    begins: float | None
    ends: float | None


class Difference(NamedTuple):
    """A rule that differs between beginning and end, and the command that makes the change."""

    what: str
    command: str


class TableSummary(NamedTuple):
    """The table at one moment."""

    epoch: float
    services: int
    servers: int
    live: int
    active: int
    down: Sequence[str]
    role: str


class Report(NamedTuple):
    """`left_out`: what does not fit on the page, in words; `told_by`: the source that says who did what."""

    host: str
    first: TableSummary
    last: TableSummary
    frames: int
    events: Sequence[ReportEvent]
    affected: Sequence[AffectedService]
    roles: Sequence[tuple[float, str]]
    differences: Sequence[Difference]
    told_by: str = ""
    left_out: Sequence[str] = ()
    outages: Sequence[Outage] = ()
