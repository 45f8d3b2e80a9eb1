"""Since when servers and services are in their state, by the audit log, by what this console saw, and by the memory of
drains; and the cell that shows it in a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from lvstui.director.model import Server, ServerKey, ServiceKey
from lvstui.director.serving import ServiceHealth
from lvstui.director.since import KINDS, RowStates
from lvstui.values import NamedTuple
from lvstui.views.audit_index import IN, LOG, NO_EVENTS, OUT, TAPE, ZERO, Events
from lvstui.views.place import Place
from lvstui.views.times import age, clock, moment

AUDIT, HERE, DRAINS = LOG, "seen here", "memory of drains"
"""The source of the time of a change."""
RememberedDrain = tuple[int, float, str]
"""A remembered drain: the weight before it, its time (seconds of the epoch), and the reason that was given."""
NO_DRAINS: Mapping[Place, RememberedDrain] = MappingProxyType({})
_SWEEPS = 5.0
"""Seconds within which two times count as the same."""
_BEFORE = "<"


class TimeSources(NamedTuple):
    """The sources of times: the audit log, what was seen since the console started, and the drains."""

    events: Events = NO_EVENTS
    row_states: RowStates | None = None
    drains: Mapping[Place, RememberedDrain] = NO_DRAINS


NO_TIME_SOURCES = TimeSources()


class Since(NamedTuple):
    """`epoch`: when a row took its state, None if that is not known; then `began` is when this console was started, and
    the row had its state before that. `how`: the source of the time."""

    epoch: float | None
    how: str = ""
    began: float | None = None

    def text(self, now: float) -> str:
        """`since 02:41:07 (5 min)`, `since before 02:30:12, when this console started`, `start time unknown`."""
        if self.epoch is not None:
            old = age(now - self.epoch)
            return f"since {moment(self.epoch, now)}{f' ({old})' if old else ''}"
        return f"since before {moment(self.began, now)}" if self.began is not None else "start time unknown"

    def cell(self, now: float) -> str:
        """`02:41`, `27 Nov`; `<02:30`: since before that; "" if nothing is known. It only changes at midnight."""
        if self.epoch is not None:
            return clock(self.epoch, now)
        return f"{_BEFORE}{clock(self.began, now).replace(' ', '')}" if self.began is not None else ""

    def source_text(self) -> str:
        """The source of the time, in words."""
        if self.epoch is not None:
            words = {AUDIT: "by the audit log", TAPE: "by the recording", HERE: "seen by this console"}
            return words.get(self.how, "remembered with the drain")
        return "this console started then; nothing older in the audit log" if self.began is not None else ""


def server_since(sources: TimeSources, place: Place, there: bool, weight: int, kind: str) -> Since:
    """Since when a server is in its state. `there`: it is in the table; `kind`: its state in a word."""
    moments: list[Since] = []
    seen = sources.row_states.of((place.service, place.server)) if sources.row_states is not None else None
    if seen is not None and seen.epoch is not None and _same(seen.kind, kind):
        moments.append(Since(seen.epoch, HERE))
    last = sources.events.last(place)
    if last is not None and kind != "full" and last.became == (OUT if not there else IN if weight else ZERO):
        moments.append(Since(last.record.epoch, sources.events.source))
    drain = sources.drains.get(place)
    if drain is not None and there and not weight and not moments:
        moments.append(Since(drain[1], DRAINS))
    # The audit log has it to the millisecond, this console to the sweep: the later of two that are apart is the truth.
    began = (
        sources.row_states.began if sources.row_states is not None and not (seen is not None and seen.missed) else None
    )
    best = max(moments, key=lambda since: since.epoch or 0.0, default=None)
    if best is not None:
        near = [since for since in moments if (best.epoch or 0.0) - (since.epoch or 0.0) < _SWEEPS]
        best = next((since for since in near if since.how == sources.events.source), best)
    return best or Since(None, "", began)


def _same(kind: str, word: str) -> bool:
    """Whether the watched state is the one that the word says."""
    bare = word.strip("?")
    return bare == kind or (kind == "up" and bare in ("up", "new", "down"))


def service_since(
    sources: TimeSources, key: ServiceKey, served: ServiceHealth | None, servers: Iterable[Server]
) -> Since:
    """Since when a service is in its state: as it was watched, or else by the times of its servers. `servers`: those in
    the table."""
    began = sources.row_states.began if sources.row_states is not None else None
    seen = sources.row_states.of(key) if sources.row_states is not None else None
    if seen is not None and seen.epoch is not None:
        near = [other for _, other in _members(sources, key, served, servers)]
        near = [other for other in near if other.epoch is not None and abs(other.epoch - seen.epoch) < _SWEEPS]
        return min(near, default=Since(seen.epoch, HERE), key=lambda other: other.epoch or 0.0)
    if seen is not None and seen.missed:
        began = None
    if served is None:
        return Since(None, "", began)
    moments = list(_members(sources, key, served, servers))
    # It fails since the last of them went, and is less than whole since the first. Of one of which nobody knows when,
    # that may have been later, or earlier.
    wanted = [since for kind, since in moments if served.fails or not served.ill or kind != "drained"]
    epochs = [since.epoch for since in wanted if since.epoch is not None]
    if not epochs or len(epochs) < len(wanted):
        return Since(None, "", began)
    return Since(max(epochs) if served.fails else min(epochs), sources.events.source)


def left_since(
    sources: TimeSources, key: ServiceKey, served: ServiceHealth, servers: Iterable[Server], most: int
) -> Since:
    """Since when at most so many servers of a service take new connections, by the times at which each of the others
    stopped; known only if all of those are."""
    moments = [since for _, since in _members(sources, key, served, servers)]
    epochs = sorted(since.epoch for since in moments if since.epoch is not None)
    if not epochs or len(epochs) < len(moments):
        return Since(None, "", sources.row_states.began if sources.row_states is not None else None)
    return Since(epochs[max(0, len(epochs) + served.live - most - 1)], sources.events.source)


def _members(
    sources: TimeSources, key: ServiceKey, served: ServiceHealth | None, servers: Iterable[Server]
) -> Iterator[tuple[str, Since]]:
    """Each server that takes no new connections: why, and since when."""
    if served is None:
        return
    place, gone, ill = 0, frozenset(served.gone), frozenset(served.ill)
    for kind in KINDS:
        number: int = getattr(served, kind)
        for server in served.ill[place : place + number]:
            yield kind, server_since(sources, Place(key, server), server not in gone, int(kind == "full"), kind)
        place += number
    drained: Iterable[ServerKey] = (server.key for server in servers if not server.weight) if served.drained else ()
    for server in drained:
        if server not in ill:
            yield "drained", server_since(sources, Place(key, server), True, 0, "drained")
