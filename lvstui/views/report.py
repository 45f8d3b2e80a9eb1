"""An incident, as a recording tells it: what happened when, which services and servers it touched and what they carried
meanwhile, who was master, and how the rules at the end differ from those at the beginning. views/report_page.py makes a
page of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from typing import NamedTuple

from lvstui.director.change import Change
from lvstui.director.happened import recorded
from lvstui.director.model import ServerKey, ServiceKey, server_text
from lvstui.director.plan import plan
from lvstui.director.record import DONE, SEEN, Record
from lvstui.director.seen import Sweep, described, seen, swept
from lvstui.director.serving import Tally, tallied
from lvstui.director.spell import spell
from lvstui.director.state import State, rules_of
from lvstui.views.audit import grouped, kind, said, who
from lvstui.views.events import service_of, sign
from lvstui.views.names import NO_NAMES, Names
from lvstui.views.place import Place, find
from lvstui.views.played import about
from lvstui.views.times import age
from lvstui.views.words import service_name

POINTS = 400
"""Points of a picture at most: more frames are put together."""
EVENTS, SERVICES, SERVERS, COMMANDS, DIFFERENCES = 2_000, 30, 24, 50, 500
"""How much a page has at most; what is left out is counted."""
_GAP = 60.0
"""Seconds without a frame from which on it is said that nothing was recorded."""
_NEAR = 5.0
"""Seconds between a change that somebody sent and the frame in which it is seen first."""
_RATES = 4.0
"""Seconds at the beginning of a recording, and behind a gap, in which no rate is known yet."""
SERVICE, GAP = "service", "gap"
UNTOLD = "not known"
"""A role of which nothing is known yet: it is none that the director has."""


class Event(NamedTuple):
    """An event: `sign` as in the audit log, its `kind`, `who` did it, and the equivalent `commands`."""

    epoch: float
    sign: str
    kind: str
    who: str
    what: str
    reason: str = ""
    result: str = ""
    commands: tuple[str, ...] = ()


class Line(NamedTuple):
    """A quantity over time: (seconds of the epoch, value), None for a stretch of which nothing is known; its peak, and
    what it was at the end."""

    points: Sequence[tuple[float, float | None]]
    peak: float
    last: float | None


class Curves(NamedTuple):
    """The load of a service or server: active connections, and new ones per second."""

    name: str
    address: str
    active: Line
    rate: Line


class Affected(NamedTuple):
    """A service to which something happened, the moments at which it did, its servers, and how many are left out."""

    curves: Curves
    marks: Sequence[float]
    servers: Sequence[Curves]
    more: int


class Difference(NamedTuple):
    """A rule that differs between beginning and end, and the command that makes the change."""

    what: str
    command: str


class Summary(NamedTuple):
    """The table at one moment."""

    epoch: float
    services: int
    servers: int
    live: int
    active: int
    down: Sequence[str]
    role: str


class Report(NamedTuple):
    """`left_out`: what does not fit on the page, in words; `told_by`: how it is known who did what."""

    host: str
    first: Summary
    last: Summary
    frames: int
    events: Sequence[Event]
    affected: Sequence[Affected]
    roles: Sequence[tuple[float, str]]
    differences: Sequence[Difference]
    told_by: str = ""
    left_out: Sequence[str] = ()


def reported(
    states: Iterable[State], records: Sequence[Record] = (), names: Names = NO_NAMES, told_by: str = ""
) -> Report:
    """What a recording tells, which is gone through twice. `records`: the audit log of its director. Raises ValueError
    where there is no State."""
    told = _Told(records, names)
    for state in states:
        told.see(state)
    if told.first is None or told.last is None:
        raise ValueError("there is nothing in it")
    touched = sorted(told.marks, key=lambda key: (-len(told.marks[key]), key))
    shown = sorted(touched[:SERVICES])
    affected = _carried(states, shown, told, names)
    differences = _differences(told.first, told.last, names)
    left_out = []
    for number, most, what in (
        (len(told.events), EVENTS, "later events"),
        (len(touched), SERVICES, "services to which something happened"),
        (len(differences), DIFFERENCES, "differences"),
    ):
        if number > most:
            left_out.append(f"{number - most} {what}")
    return Report(
        told.last.host,
        told.summary(told.first, told.first_tally),
        told.summary(told.last, told.tally),
        told.frames,
        sorted(told.events[:EVENTS], key=lambda one: one.epoch),
        affected,
        told.roles,
        differences[:DIFFERENCES],
        told_by,
        left_out,
    )


class _Told:
    """Goes through the States: what happened, and to which services."""

    def __init__(self, records: Sequence[Record], names: Names) -> None:
        self.events: list[Event] = []
        self.marks: dict[ServiceKey, list[float]] = {}
        self.touched: dict[ServiceKey, dict[ServerKey, None]] = {}
        self.roles: list[tuple[float, str]] = []
        self.first: State | None = None
        self.last: State | None = None
        self.first_tally: Tally | None = None
        self.tally: Tally | None = None
        self.frames = 0
        self._names = names
        self._own = sorted((one for one in records if one.result != SEEN), key=lambda one: one.epoch)
        self._next = 0
        self._sweep: Sweep | None = None

    def see(self, state: State) -> None:
        before, tally = self._sweep, self.tally
        self._sweep, self.tally = swept(state), tallied(state, self.tally)
        self.last = state
        self.frames += 1
        if before is None or tally is None:
            self.first, self.first_tally = state, self.tally
            self.roles.append((state.taken, _role(state)))
            # What was sent before the recording began belongs to another time.
            while self._next < len(self._own) and self._own[self._next].epoch < state.taken:
                self._next += 1
            return
        past = before.state.taken
        if words := _apart(before.state, state):
            self.events.append(Event(past, "·", GAP, "", words))
        if (role := _role(state)) != self.roles[-1][1]:
            self.roles.append((state.taken, role))
        self._sent(state)
        found = seen(before, self._sweep, ())
        known = self._known(past - _NEAR, state.taken + _NEAR, state.host) if found.changes else frozenset()
        others = found._replace(changes=tuple(one for one in found.changes if one not in known))
        if others.changes or others.vrrp:
            latest = recorded(others, state.taken, state.host, "", state.vrrp.keepalived)
            self._note(tuple(reversed(latest)))
        self._served(tally, self.tally, state)

    def _known(self, since: float, until: float, host: str) -> frozenset[Change]:
        """What somebody sent to this director within a time: that is no news when it is seen."""
        ours = (one for one in self._own if one.host in ("", host) and one.result == DONE)
        near = (one for one in ours if since <= one.epoch <= until)
        return frozenset(one.change for one in near if one.change is not None)

    def _sent(self, state: State) -> None:
        """Notes what somebody sent until this State."""
        found: list[Record] = []
        while self._next < len(self._own) and self._own[self._next].epoch <= state.taken:
            record = self._own[self._next]
            found += [record] if record.host in ("", state.host) else []
            self._next += 1
        self._note(tuple(reversed(found)))

    def _note(self, records: Sequence[Record]) -> None:
        """Events from records, latest first."""
        for group in reversed(list(grouped(records).values())):
            first = group[0]
            result = "" if first.result in (DONE, SEEN) else f"{first.result}{f': {first.why}' if first.why else ''}"
            commands = tuple(one.command for one in reversed(group) if one.command)
            surplus = len(commands) - COMMANDS
            more = (f"and {surplus} more",) if surplus > 0 else ()
            self.events.append(
                Event(
                    *(first.epoch, sign(first), kind(first), who(first), said(group), first.reason, result),
                    commands=(*commands[:COMMANDS], *more),
                )
            )
            for record in group:
                self._touch(record)

    def _touch(self, record: Record) -> None:
        found = about(record)
        if found is None:
            return
        key, place = found
        marks = self.marks.setdefault(key, [])
        if marks[-1:] != [record.epoch]:
            marks.append(record.epoch)
        if place is not None:
            self.touched.setdefault(key, {})[place.server] = None

    def _served(self, before: Tally, now: Tally, state: State) -> None:
        """A service that stops serving, or serves again."""
        for key in sorted(before.odd.keys() | now.odd.keys()):
            was, one = _live(before, key), _live(now, key)
            if was is None or one is None or bool(was) is bool(one):
                continue
            name = self._names.service(key) or service_name(key)
            words = "serves again" if one else "no server is left that takes new connections"
            self.events.append(Event(state.taken, "+" if one else "▼", SERVICE, "", f"{name}: {words}"))
            self.marks.setdefault(key, []).append(state.taken)

    def summary(self, state: State, tally: Tally | None) -> Summary:
        loads = [pool.load for pool in state.pools.values()]
        down = [self._names.service(key) or service_name(key) for key in (tally.down if tally is not None else ())]
        live = tally.live if tally is not None else 0
        numbers = len(state.services), sum(one.servers for one in loads), live, sum(one.active for one in loads)
        return Summary(state.taken, *numbers, down, _role(state))


def _role(state: State) -> str:
    """The role of the director, "" for none."""
    vrrp = state.vrrp
    return vrrp.role or (UNTOLD if vrrp.unread or vrrp.keepalived is None else "")


def _apart(before: State, now: State) -> str:
    """What is to be said of the time between two frames, "" where nothing is. Where the machine did not start anew in
    between, its monotonic clock tells how long that was, whatever the clock was set to."""
    by_clock, passed = now.taken - before.taken, now.at - before.at
    if passed < 0:
        return f"nothing was recorded for {age(by_clock)}" if by_clock > _GAP else ""
    if passed > _GAP:
        return f"nothing was recorded for {age(passed)}"
    if by_clock - passed > _GAP:
        return f"the clock is {age(by_clock - passed)} further on: it was set, or the machine stood still"
    return f"the clock was set back by {age(passed - by_clock)}" if passed - by_clock > _GAP else ""


def _live(tally: Tally, key: ServiceKey) -> int | None:
    """How many servers of a service take new connections; None where it is not in the table."""
    one = tally.of(key)
    if one is not None:
        return one.live
    pool = tally.seen.state.pools.get(key)
    return pool.load.live if pool is not None else None


class _Curve:
    """A quantity, frame by frame, of which so many are put together."""

    def __init__(self, together: int) -> None:
        self.points: list[tuple[float, float | None]] = []
        self.peak = 0.0
        self.last: float | None = None
        self._together = together
        self._held: list[tuple[float, float]] = []

    def add(self, at: float, value: float | None, broken: bool = False) -> None:
        """`broken`: nothing is known of the stretch before."""
        if value is None or broken:
            self._put()
            if self.points and self.points[-1][1] is not None:
                self.points.append((at, None))
        self.last = value
        if value is not None:
            self.peak = max(self.peak, value)
            self._held.append((at, value))
            if len(self._held) >= self._together:
                self._put()

    def _put(self) -> None:
        if self._held:
            number = len(self._held)
            self.points.append((sum(at for at, _ in self._held) / number, sum(v for _, v in self._held) / number))
            self._held = []

    def line(self) -> Line:
        self._put()
        return Line(self.points, self.peak, self.last)


class _Both:
    """The active connections and the rate of one row."""

    def __init__(self, together: int) -> None:
        self.active, self.rate = _Curve(together), _Curve(together)

    def add(self, at: float, active: float | None, rate: float | None, broken: bool) -> None:
        self.active.add(at, active, broken)
        self.rate.add(at, rate, broken)


def _carried(states: Iterable[State], keys: Sequence[ServiceKey], told: _Told, names: Names) -> list[Affected]:
    """What the services to which something happened carried, and their servers."""
    together = max(1, ceil(told.frames / POINTS))
    services = {key: _Both(together) for key in keys}
    servers: dict[Place, _Both] = {}
    more = dict.fromkeys(keys, 0)
    for key in keys:
        every = _everyone(told, key)
        more[key] = max(0, len(every) - SERVERS)
        servers |= {Place(key, server): _Both(together) for server in every[:SERVERS]}
    before: float | None = None
    began = 0.0
    for state in states if keys else ():
        at = state.taken
        broken = before is not None and at - before > _GAP
        began = at if before is None or broken else began
        before = at
        for key, both in services.items():
            reading, pool = state.services.find(key), state.pools.get(key)
            rated = reading is not None and at - began >= _RATES and "counters" not in state.unknown
            both.add(
                at,
                pool.load.active if pool is not None else None,
                reading.rates.connections if rated and reading is not None else None,
                broken,
            )
        for place, both in servers.items():
            pool = state.pools.get(place.service)
            number = find(pool, place.server) if pool is not None else None
            row = pool[number] if pool is not None and number is not None else None
            rated = row is not None and at - began >= _RATES and "counters" not in state.unknown
            both.add(
                at,
                row.active if row is not None else None,
                row.rates.connections if rated and row is not None else None,
                broken,
            )
    return [
        Affected(
            Curves(
                names.service(key) or service_name(key),
                service_name(key),
                services[key].active.line(),
                services[key].rate.line(),
            ),
            told.marks[key],
            list(_pool(key, servers, names)),
            more[key],
        )
        for key in keys
    ]


def _pool(key: ServiceKey, servers: dict[Place, _Both], names: Names) -> Iterator[Curves]:
    for place, both in servers.items():
        if place.service == key:
            address = server_text(place.server)
            yield Curves(names.server(place.server) or address, address, both.active.line(), both.rate.line())


def _everyone(told: _Told, key: ServiceKey) -> list[ServerKey]:
    """The servers of a service at the beginning and at the end: those first to which something happened."""
    every = dict(told.touched.get(key, {}))
    for state in (told.first, told.last):
        pool = state.pools.get(key) if state is not None else None
        every |= {server.key: None for server in (pool.servers() if pool is not None else ())}
    first = told.touched.get(key, {})
    return [*sorted(first), *sorted(server for server in every if server not in first)]


def _differences(first: State, last: State, names: Names) -> list[Difference]:
    before, after = rules_of(first), rules_of(last)
    changes: Sequence[Change] = plan(before, after)
    return [
        Difference(_named(change, described(change, before), names), f"ipvsadm {spell(change)}") for change in changes
    ]


def _named(change: Change, words: str, names: Names) -> str:
    key = service_of(change)
    name = names.service(key) if key is not None else ""
    return f"{name}: {words}" if name else words
