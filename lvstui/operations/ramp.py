"""Changes the weights of real servers to a value step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lvstui.commands import proposals
from lvstui.commands.draining import place_text
from lvstui.commands.guards import judge
from lvstui.commands.proposals import Proposal
from lvstui.commands.ramp import Ramp
from lvstui.director.change import Change, EditServer
from lvstui.director.errors import NotDone
from lvstui.director.spell import spell
from lvstui.director.state import State
from lvstui.operations import change
from lvstui.operations.change import Undo
from lvstui.operations.steps import PRINTED, YES, Climb, Operation, Say, read, sleep
from lvstui.places import TablePaths
from lvstui.views.servers import Place

Weights = Mapping[Place, int]
"""The weights that a ramp has reached, by real server."""


def ramps(goal: Proposal, state: State, seconds: float) -> tuple[Ramp, ...]:
    """One ramp for each real server whose weight a proposal changes. The proposal was made on `state`; `seconds` is the
    length of each ramp."""
    every = []
    for edit in goal.changes:
        if isinstance(edit, EditServer):
            place = Place(edit.service, edit.server.key)
            start = proposals.reading_of(state, place).server.weight
            every.append(Ramp(place, start, edit.server.weight, seconds))
    return tuple(every)


def agree(goal: Proposal, several: Sequence[Ramp], state: State, paths: TablePaths) -> Operation[bool]:
    """Checks the proposal that the ramps lead to, asks once for all of it, and looks again. Returns whether the
    operator agreed. Raises NotDone when it would fail, or when someone else changed it meanwhile."""
    shown = change.checked(goal, state)
    outages, warnings = judge(goal.changes, shown, state)
    if (yield Climb(goal, several, outages, warnings)) != YES:
        return False
    yield from change.second_look(goal, shown, paths)
    return True


def ramp(
    several: Sequence[Ramp],
    paths: TablePaths,
    reached: Callable[[Weights, Undo | None], None] = lambda weights, undo: None,
) -> Operation[None]:
    """Sets the weights when they are due; those due at the same time go in one send. Each step is a change of its own,
    all or nothing. The lock is held during a step and not between steps, and a cancel takes effect between two steps.
    `reached` is called after each step with the weights reached and the undo of all steps so far. Raises NotDone when
    someone else changes a weight; the weights then stay as they are."""
    start = {server_ramp.place: server_ramp.start for server_ramp in several}
    reached_now = dict(start)
    first: dict[Place, Change] = {}
    begun = yield from sleep(0)
    for after in sorted({step.after for server_ramp in several for step in server_ramp.steps}):
        now = yield from sleep(0)
        yield from sleep(max(0.0, begun + after - now))
        due = {
            server_ramp.place: step.weight
            for server_ramp in several
            for step in server_ramp.steps
            if step.after == after
        }
        state = yield from read(frozenset(place.service for place in due), settings=True)
        changes = []
        for place, weight in due.items():
            server = proposals.reading_of(state, place).server
            if server.weight != reached_now[place]:
                why = f"is at {server.weight}, but the ramp left it at {reached_now[place]}"
                raise NotDone(place_text(place), f"{why}: someone else changed it; the ramp ends", "look again")
            first.setdefault(place, EditServer(place.service, server))
            changes.append(EditServer(place.service, server._replace(weight=weight)))
        proposal = Proposal(tuple(changes), _title(start, due))
        for server_ramp in changes:
            yield Say(f"ipvsadm {spell(server_ramp)}", PRINTED)
        done = yield from change.carry(proposal, change.checked(proposal, state), state, paths, start=start)
        reached_now |= due
        if done.trouble:
            yield Say(done.trouble, "alert")
        back = Proposal(tuple(first.values()), f"undo {_title(start, reached_now)}", undoes=True)
        reached(dict(reached_now), done.undo and Undo(back, done.undo.left))


def _title(start: Weights, now: Weights) -> str:
    """`ramp of 10.0.0.5:80 of tcp 192.0.2.1:80 from 0 to 5`"""
    place, *more = now
    others = f" and {len(more)} more" if more else ""
    return f"ramp of {place_text(place)} from {start[place]} to {now[place]}{others}"
