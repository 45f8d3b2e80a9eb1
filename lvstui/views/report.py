"""An incident, as a recording tells it: what happened when, which services and servers it touched and what they carried
meanwhile, who was master, and how the rules at the end differ from those at the beginning. views/report_page.py makes a
page of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lvstui.director.change import Change, service_of
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.observed import ObservedSweep, decided, observed_sweep, recorded
from lvstui.director.plan import plan
from lvstui.director.record import DONE, SEEN, Record
from lvstui.director.serving import Tally, tallied
from lvstui.director.spell import spell
from lvstui.director.state import State, rules_of
from lvstui.director.sweeps import Sweep, described, observed_changes, swept
from lvstui.views.audit import grouped, kind, said, who
from lvstui.views.audit_index import sign
from lvstui.views.number import count
from lvstui.views.operator_names import NO_NAMES, OperatorNames
from lvstui.views.played import about
from lvstui.views.report_load import GAP_SECONDS, carried
from lvstui.views.report_parts import UNTOLD, Difference, Outage, Report, ReportEvent, TableSummary
from lvstui.views.rule_words import service_name
from lvstui.views.times import age

EVENTS, SERVICES, COMMANDS, DIFFERENCES = 2_000, 30, 50, 500
"""The most of each on a page; what is left out is counted."""
_NEAR = 5.0
"""The longest time in seconds between a change that somebody sent and the first frame that has it."""
SERVICE, GAP = "service", "gap"


def reported(
    states: Iterable[State], records: Sequence[Record] = (), names: OperatorNames = NO_NAMES, told_by: str = ""
) -> Report:
    """The report of a recording, which is read twice. `records`: the audit log of its director. Raises ValueError if it
    has no State."""
    story = _ReportBuilder(records, names)
    for state in states:
        story.see(state)
    story.end()
    if story.first is None or story.last is None:
        raise ValueError("there is nothing in it")
    touched = sorted(story.marks, key=lambda key: (-len(story.marks[key]), key))
    shown = sorted(touched[:SERVICES], key=lambda key: (key not in story.out_of, key))
    marks = {key: story.marks[key] for key in shown}
    affected = carried(states, marks, {key: story.servers(key) for key in shown}, story.frames, names)
    differences = _differences(story.first, story.last, names)
    left_out = []
    for number, most, what in (
        (len(story.events), EVENTS, "later events"),
        (len(touched), SERVICES, "services to which something happened"),
        (len(differences), DIFFERENCES, "differences"),
    ):
        if number > most:
            left_out.append(f"{number - most} {what}")
    return Report(
        story.last.host,
        story.summary(story.first, story.first_tally),
        story.summary(story.last, story.tally),
        story.frames,
        sorted(story.events[:EVENTS], key=lambda event: event.epoch),
        affected,
        story.roles,
        differences[:DIFFERENCES],
        told_by,
        left_out,
        story.outages(),
    )


class _ReportBuilder:
    """Goes through the States: what happened, and to which services."""

    def __init__(self, records: Sequence[Record], names: OperatorNames) -> None:
        self.events: list[ReportEvent] = []
        self.marks: dict[ServiceKey, list[float]] = {}
        self.touched: dict[ServiceKey, dict[ServerKey, None]] = {}
        self.roles: list[tuple[float, str]] = []
        self.out_of: dict[ServiceKey, list[tuple[float | None, float | None]]] = {}
        self.first: State | None = None
        self.last: State | None = None
        self.first_tally: Tally | None = None
        self.tally: Tally | None = None
        self.frames = 0
        self._names = names
        self._own = sorted((record for record in records if record.result != SEEN), key=lambda record: record.epoch)
        self._next = 0
        self._sweep: Sweep | None = None
        self._sights: list[ObservedSweep] = []

    def see(self, state: State) -> None:
        before, tally = self._sweep, self.tally
        self._sweep, self.tally = swept(state), tallied(state, self.tally)
        self.last = state
        self.frames += 1
        if before is None or tally is None:
            self.first, self.first_tally = state, self.tally
            self.out_of = {key: [(None, None)] for key in self.tally.down}
            self.roles.append((state.taken, _role(state)))
            # What was sent before the recording began belongs to another time.
            while self._next < len(self._own) and self._own[self._next].epoch < state.taken:
                self._next += 1
            return
        past = before.state.taken
        if words := _apart(before.state, state):
            self.events.append(ReportEvent(past, "·", GAP, "", words))
        if (role := _role(state)) != self.roles[-1][1]:
            self.roles.append((state.taken, role))
        self._sent(state)
        happened = observed_changes(before, self._sweep, ())
        ours = self._known(past - _NEAR, state.taken + _NEAR, state.host) if happened.changes else frozenset()
        others = happened._replace(changes=tuple(change for change in happened.changes if change not in ours))
        if others.changes or others.vrrp:
            self._sights.append(observed_sweep(others, before.state, state, state.taken))
        self._seen(state)
        self._served(tally, self.tally, state)

    def _seen(self, now: State | None) -> None:
        """Notes what others did, once it is known who. `now`: the last State; None where no other follows."""
        number = decided(self._sights, now)
        for sweep in self._sights[:number]:
            if self.last is not None:
                self._note(tuple(reversed(recorded(sweep, self.last, ""))))
        del self._sights[:number]

    def end(self) -> None:
        """Notes what is left: no State follows."""
        self._seen(None)

    def _known(self, since: float, until: float, host: str) -> frozenset[Change]:
        """Whether somebody sent this change to this director at about this time; then it is not news when a frame has
        it."""
        ours = (record for record in self._own if record.host in ("", host) and record.result == DONE)
        near = (record for record in ours if since <= record.epoch <= until)
        return frozenset(record.change for record in near if record.change is not None)

    def _sent(self, state: State) -> None:
        """Notes what somebody sent before this State."""
        records: list[Record] = []
        while self._next < len(self._own) and self._own[self._next].epoch <= state.taken:
            record = self._own[self._next]
            records += [record] if record.host in ("", state.host) else []
            self._next += 1
        self._note(tuple(reversed(records)))

    def _note(self, records: Sequence[Record]) -> None:
        """Events from records, latest first."""
        for group in reversed(list(grouped(records).values())):
            first = group[0]
            result = "" if first.result in (DONE, SEEN) else f"{first.result}{f': {first.why}' if first.why else ''}"
            commands = tuple(record.command for record in reversed(group) if record.command)
            surplus = len(commands) - COMMANDS
            more = (f"and {count(surplus, 'more command')}",) if surplus > 0 else ()
            self.events.append(
                ReportEvent(
                    *(first.epoch, sign(first), kind(first), who(first), self._words(group), first.reason, result),
                    commands=(*commands[:COMMANDS], *more),
                )
            )
            for record in group:
                self._touch(record)

    def _words(self, group: Sequence[Record]) -> str:
        """The text for the records of one action, with the names of its server and services."""
        places = [subject for record in reversed(group) if (subject := about(record)) is not None]
        hosts = {self._names.server(place.server) for _, place in places if place is not None} - {""}
        services = dict.fromkeys(name for key, _ in places if (name := self._names.service(key)))
        words = said(group)
        if len(hosts) == 1 and not words.startswith(tuple(hosts)):
            words = f"{hosts.pop()}: {words}"
        return f"{words} ({', '.join(services)})" if services else words

    def outages(self) -> list[Outage]:
        """The times at which services had no server that took new connections, the earliest first."""
        every = [
            Outage(self._names.service(key) or service_name(key), *times)
            for key, spans in self.out_of.items()
            for times in spans
        ]
        return sorted(every, key=lambda outage: (outage.begins or 0.0, outage.name))

    def _touch(self, record: Record) -> None:
        subject = about(record)
        if subject is None:
            return
        key, place = subject
        marks = self.marks.setdefault(key, [])
        if marks[-1:] != [record.epoch]:
            marks.append(record.epoch)
        if place is not None:
            self.touched.setdefault(key, {})[place.server] = None

    def _served(self, before: Tally, now: Tally, state: State) -> None:
        """Notes that a service stops serving, or serves again."""
        for key in sorted(before.odd.keys() | now.odd.keys()):
            was, is_live = _live(before, key), _live(now, key)
            if was is None or is_live is None or bool(was) is bool(is_live):
                continue
            name = self._names.service(key) or service_name(key)
            words = "serves again" if is_live else "no server is left that takes new connections"
            self.events.append(ReportEvent(state.taken, "+" if is_live else "▼", SERVICE, "", f"{name}: {words}"))
            spans = self.out_of.setdefault(key, [])
            if not is_live:
                spans.append((state.taken, None))
            elif spans:
                spans[-1] = spans[-1][0], state.taken
            self.marks.setdefault(key, []).append(state.taken)

    def servers(self, key: ServiceKey) -> list[ServerKey]:
        """The servers of a service at the beginning and at the end, first those to which something happened."""
        first = self.touched.get(key, {})
        every = dict(first)
        for state in (self.first, self.last):
            pool = state.pools.get(key) if state is not None else None
            every |= {server.key: None for server in (pool.servers() if pool is not None else ())}
        return [*sorted(first), *sorted(server for server in every if server not in first)]

    def summary(self, state: State, tally: Tally | None) -> TableSummary:
        loads = [pool.load for pool in state.pools.values()]
        down = [self._names.service(key) or service_name(key) for key in (tally.down if tally is not None else ())]
        live = tally.live if tally is not None else 0
        numbers = len(state.services), sum(load.servers for load in loads), live, sum(load.active for load in loads)
        return TableSummary(state.taken, *numbers, down, _role(state))


def _role(state: State) -> str:
    """The role of the director, "" for none."""
    vrrp = state.vrrp
    return vrrp.role or (UNTOLD if vrrp.unread or vrrp.keepalived is None else "")


def _apart(before: State, now: State) -> str:
    """A remark on the time between two frames, "" for none. If the machine did not restart in between, its monotonic
    clock says how long that was, even if the clock was set."""
    by_clock, passed = now.taken - before.taken, now.at - before.at
    if passed < 0:
        return f"nothing was recorded for {age(by_clock)}" if by_clock > GAP_SECONDS else ""
    if passed > GAP_SECONDS:
        return f"nothing was recorded for {age(passed)}"
    if by_clock - passed > GAP_SECONDS:
        return f"the clock is {age(by_clock - passed)} further on: it was set, or the machine stood still"
    return f"the clock was set back by {age(passed - by_clock)}" if passed - by_clock > GAP_SECONDS else ""


def _live(tally: Tally, key: ServiceKey) -> int | None:
    """How many servers of a service take new connections; None if it is not in the table."""
    served = tally.of(key)
    if served is not None:
        return served.live
    pool = tally.sweep.state.pools.get(key)
    return pool.load.live if pool is not None else None


def _differences(first: State, last: State, names: OperatorNames) -> list[Difference]:
    before, after = rules_of(first), rules_of(last)
    changes: Sequence[Change] = plan(before, after)
    return [
        Difference(_named(change, described(change, before), names), f"ipvsadm {spell(change)}") for change in changes
    ]


def _named(change: Change, words: str, names: OperatorNames) -> str:
    key = service_of(change)
    name = names.service(key) if key is not None else ""
    return f"{name}: {words}" if name else words
