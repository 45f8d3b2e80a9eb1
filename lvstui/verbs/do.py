"""--do: one command of the console's grammar, for deploy scripts. The command itself is the consent; only an outage
needs --allow-outage."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from lvstui.commands import draining, make, proposals, ramp
from lvstui.commands.guards import judge
from lvstui.commands.parse import Asked
from lvstui.commands.proposals import Already, Proposal
from lvstui.commands.targets import World
from lvstui.director.change import EditServer
from lvstui.director.errors import BadInput, NotDone, Refused
from lvstui.director.model import RuleSet, service_text
from lvstui.director.remarks import Remark
from lvstui.director.source import EVERYTHING, Scope, Source
from lvstui.director.state import State
from lvstui.director.transaction import carry_out
from lvstui.places import Kept
from lvstui.restoring import alone
from lvstui.store import drained
from lvstui.verbs.deferred import deferred
from lvstui.verbs.verb import Verb, complete
from lvstui.views import summary
from lvstui.views.names import Names
from lvstui.views.servers import NOTHING_DRAINED, Place

_PATIENCE = 2.0
"""Seconds for which a keepalived's role is waited for."""
_SYNC = ("sync-start", "sync-stop", "sync-check")
"""Commands that are judged by VRRP and by keepalived's configuration."""
_LOOKS = 1.0
"""Seconds between two looks at what is left on a server that is drained."""


class Clock(NamedTuple):
    """How time passes; tests have their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Options(NamedTuple):
    """--dry-run and --allow-outage."""

    dry_run: bool = False
    allow_outage: bool = False


Doing = Callable[[str, str], AbstractContextManager[None]]
"""Tells the audit log what the changes sent inside are for: a title and a reason."""


def refuse_looks(asked: Asked) -> None:
    """Raises BadInput for a command that only a console can do."""
    command = asked.command
    if not command.here:
        mend = {"netns": "lvstui --netns NAME --do ...", "ramp-stop": "interrupt the ramp: ^C"}.get(command.id, "")
        raise BadInput(f"--do {command.words[0]}", "is for the console alone", mend)
    if command.id in ("save", "restore") and asked.get("file") is None:
        raise BadInput(f"--do {command.words[0]}", "FILE is missing", command.usage)


def run(
    source: Source,
    asked: Asked,
    names: Names,
    options: Options,
    kept: Kept,
    clock: Clock = Clock(),  # noqa: B008
    doing: Doing = lambda title, reason: nullcontext(),
) -> Verb:
    """Does what was asked. Returns 0 when it is done or was so already, 1 when a dry run finds something to do. Raises
    BadInput (it names what is not there), NotDone (a guard, a lock, someone else; a drain whose time is over), Refused
    (taken back) and RollbackFailed."""
    if asked.command.id in ("reload", "failover"):
        from lvstui.verbs import ordering

        if asked.command.id == "reload":
            return (yield from ordering.reload(source, options, kept, clock, doing))
        return (yield from ordering.failover(source, options, kept, clock, doing, asked.get("reason") or ""))
    if asked.command.id == "conf":
        from lvstui.verbs import lasting, ordering

        return (yield from lasting.run(asked, World(ordering.informed(source, clock), names)))
    if asked.command.id in ("probe", "who"):
        from lvstui.verbs import trying

        return (yield from trying.run(source, asked, names, clock))
    if asked.command.id in _SYNC:
        from lvstui.verbs import ordering, synced

        state = ordering.standing(source, clock)
        if asked.command.id == "sync-check":
            return (yield from synced.run(source, state))
    else:
        state = _read(source, clock)
    memory = drained.read(kept.folder)
    if memory.complaint:
        yield Remark("drained", 0, memory.complaint)
    world = World(state, names)
    weights = {Place(*key): drain.weight for key, drain in memory.drains.items()}
    if asked.command.id == "ramp":
        return (yield from _ramp(source, asked, world, options, kept, clock, doing))
    try:
        proposal = make.propose(asked, world, weights)
    except Already as so:
        yield f"nothing to do: {so}\n"
        proposal = Proposal((), so.what)
    reason = asked.get("reason") or ""
    code = yield from _carry(source, proposal, state, options, kept, reason, doing)
    if proposal.changes and not options.dry_run:
        yield f"done: {proposal.title}\n"
    wait = asked.get("wait")
    if wait is None or options.dry_run:
        return code
    found = make.places(asked, world)
    return (yield from _wait(source, found, wait, clock))


def _read(source: Source, clock: Clock) -> State:
    """The whole table, with who else writes it, and, where a keepalived runs, whether the traffic is here."""
    state = complete(source, "--do", EVERYTHING._replace(owner=True))
    until = clock.now() + _PATIENCE
    while state.vrrp.keepalived and not state.vrrp.role and clock.now() < until:
        state = state._replace(vrrp=source.read(Scope(vrrp=True, owner=True)).vrrp)
        if not state.vrrp.role:
            clock.sleep(0.1)
            state = state._replace(vrrp=state.vrrp._replace(keepalived=True))
    return state


def _carry(
    source: Source,
    proposal: Proposal,
    state: State,
    options: Options,
    kept: Kept,
    reason: str,
    doing: Doing,
    start: Mapping[Place, int] = NOTHING_DRAINED,
) -> Verb:
    """Shows the commands, asks the guards, sends. `start`: the weights from before a ramp."""
    changes = proposal.changes
    if not changes:
        return 0
    now = proposals.near(state, proposals.touched(changes))
    proposals.checked(proposal, now)
    yield from summary.commands(changes)
    if proposal.cost:
        yield f"cost: {proposal.cost}\n"
    outages, warnings = judge(changes, now, state)
    yield from (f"outage: {text}\n" for text in outages)
    yield from (Remark(proposal.title, 0, text) for text in warnings)
    if options.dry_run:
        return 1
    if state.read_only:
        raise NotDone("--do", f"read-only: {state.read_only}")
    if outages and not options.allow_outage:
        raise NotDone("--do", f"{outages[0]}; nothing was changed", "give --allow-outage if that is meant")
    # A restore under way has planned on the table as it is.
    new, gone = draining.remembered(changes, now)
    weights = {place: start.get(place, weight) for place, weight in new.items()}
    with alone(kept), deferred() as interrupted, doing(proposal.title, reason):
        # The weights are on disk before the first is set to 0: whoever kills us must not make us forget them.
        before, complaint = _remember(weights, state, reason, kept)
        try:
            carry_out(source, changes, _unchanged(source, proposal, now), interrupted=interrupted)
        except (NotDone, Refused):
            if not complaint:
                _update(kept, {key: drain for key, drain in before.items() if key in weights}, weights.keys())
            raise
        if not complaint:
            complaint = _update(kept, {}, gone) if gone else ""
    if complaint:
        yield Remark("drained", 0, f"{complaint}: the weights from before are not remembered")
    return 0


def _unchanged(source: Source, proposal: Proposal, shown: RuleSet) -> RuleSet:
    """The rules read once more. Raises NotDone when someone else was there meanwhile."""
    keys = proposals.touched(proposal.changes)
    now = proposals.near(source.read(Scope(services=keys, settings=True)), keys)
    if not proposals.same(proposal.changes, shown, now):
        raise NotDone(proposal.title, "someone else changed this meanwhile; nothing was changed", "try again")
    return now


def _remember(
    weights: Mapping[Place, int], state: State, reason: str, kept: Kept
) -> tuple[Mapping[drained.Key, drained.Drain], str]:
    """Remembers the weights of servers that are to be drained. Returns what was remembered before, and why it could
    not be written, "" when it was."""
    if not weights:
        return {}, ""
    since, reason = time.time(), drained.one_line(reason)
    drains: dict[drained.Key, drained.Drain] = {
        (place.service, place.server): drained.Drain(weight, since, reason) for place, weight in weights.items()
    }
    return drained.read(kept.folder).drains, _update(kept, drains, (), state)


def _update(
    kept: Kept, new: Mapping[drained.Key, drained.Drain], gone: Collection[drained.Key], state: State | None = None
) -> str:
    """Writes what is remembered; returns why that failed, "" when it did not. `state`: the whole table, by which drains
    that are over can be told."""

    def over(keys: Collection[drained.Key]) -> Collection[drained.Key]:
        return draining.over((Place(*key) for key in keys), state) if state is not None else ()

    try:
        drained.update(kept.folder, new, gone, over)
    except NotDone as error:
        return str(error)
    return ""


def _wait(source: Source, places: Sequence[Place], seconds: float, clock: Clock) -> Verb:
    """Looks until nothing is left on the servers, or the time is over."""
    until = clock.now() + seconds
    keys = frozenset(place.service for place in places)
    said = ""
    while True:
        left = draining.Left(places, source.read(Scope(services=keys, settings=True)))
        if left.back:
            what = draining.place_text(left.back[0])
            raise NotDone(what, "someone else gave it a weight again while it was drained", "look again")
        if left.text != said:
            said = left.text
            yield f"{said}\n"
        if left.empty:
            return 0
        remaining = until - clock.now()
        if remaining <= 0:
            raise NotDone("drain", f"{left.text} after {seconds:g} s; it stays drained", left.advice)
        clock.sleep(min(_LOOKS, remaining))


def _ramp(source: Source, asked: Asked, world: World, options: Options, kept: Kept, clock: Clock, doing: Doing) -> Verb:
    """Brings weights to a value step by step. Raises NotDone when someone else changes one meanwhile."""
    found = make.places(asked, world)
    try:
        goal = proposals.weight(world.state, found, asked.values["weight"])
    except Already as so:
        yield f"nothing to do: {so}\n"
        return 0
    edits = [change for change in goal.changes if isinstance(change, EditServer)]
    state, seconds = world.state, asked.values["time"]
    ways = {}
    for edit in edits:
        place = Place(edit.service, edit.server.key)
        start = proposals.reading_of(state, place).server.weight
        ways[place] = ramp.steps(start, edit.server.weight, seconds)
        shown = " ".join(str(step.weight) for step in ways[place][:20])
        yield f"{draining.place_text(place)}: {start} to {edit.server.weight} in {len(ways[place])} steps: {shown}\n"
    outages = judge(edits, proposals.near(state, proposals.touched(edits)), state).outages
    yield from (f"outage: {text}\n" for text in outages)
    if options.dry_run:
        return 1
    if outages and not options.allow_outage:
        raise NotDone("--do", f"{outages[0]}; nothing was changed", "give --allow-outage if that is meant")
    begun, weights = clock.now(), {place: proposals.reading_of(state, place).server.weight for place in ways}
    for after in sorted({step.after for way in ways.values() for step in way}):
        clock.sleep(max(0.0, begun + after - clock.now()))
        due = {place: step.weight for place, way in ways.items() for step in way if step.after == after}
        fresh = source.read(Scope(services=frozenset(place.service for place in due), settings=True))
        changes = []
        for place, weight in due.items():
            server = proposals.reading_of(fresh, place).server
            before = [step.weight for step in ways[place] if step.after < after]
            was = before[-1] if before else weights[place]
            if server.weight != was:
                why = f"its weight is {server.weight} and was left at {was}: someone else changed it; the ramp ends"
                raise NotDone(draining.place_text(place), why, "look again")
            changes.append(EditServer(place.service, server._replace(weight=weight)))
        step = Proposal(tuple(changes), f"ramp, {service_text(changes[0].service)}")
        yield from _carry(source, step, fresh, options, kept, "", doing, weights)
    yield f"done: {goal.title}, in {seconds:g} s\n"
    return 0
