"""Replaces one host by another in one operation: probes and adds the new host, drains the old one, waits, and deletes
the old one. One undo reverses everything done so far."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lvstui.commands.guards import judge
from lvstui.commands.proposals import Proposal
from lvstui.commands.replacing import Replacement, deletion
from lvstui.director.change import Change, DeleteServer, EditServer, apply_all, inverse
from lvstui.director.errors import LvsError
from lvstui.director.model import RuleSet
from lvstui.director.probe import Probes, ProbeTarget, knock_text, result_text
from lvstui.director.state import State
from lvstui.operations import change, drain
from lvstui.operations.change import Done, Undo
from lvstui.operations.steps import PASSING, PRINTED, YES, ClosedPorts, Operation, Say, confirm, look, read
from lvstui.places import TablePaths
from lvstui.values import NamedTuple
from lvstui.views.servers import Place

WAIT = 300.0
"""Seconds to wait for connections to the old host, unless the operator said otherwise."""


class AgreedReplacement(NamedTuple):
    """A replacement that the operator agreed to, and the rules as they were shown."""

    plan: Replacement
    shown: RuleSet


def agree(plan: Replacement, state: State, tries: Callable[[], Probes]) -> Operation[AgreedReplacement | None]:
    """Probes the new host, asks for confirmation where it does not answer, then asks once for the whole replacement.
    Returns None when the operator says no. Raises NotDone when the replacement would fail."""
    shown = change.checked(plan.proposal, state)
    yield Say("the new host is being probed", PASSING)
    closed = yield from _closed(plan.knocks, tries)
    if closed and (yield ClosedPorts(plan.proposal.title, closed)) != YES:
        return None
    outages, warnings = judge(plan.proposal.changes, shown, state)
    lasting = plan.lasting[:1]
    warnings = tuple(text for text in warnings if not (lasting and text.startswith("keepalived owns")))
    answer = yield from confirm(plan.proposal, outages, (*lasting, *warnings), lines=plan.lasting[1:])
    return AgreedReplacement(plan, shown) if answer == YES else None


def _closed(knocks: tuple[ProbeTarget, ...], tries: Callable[[], Probes]) -> Operation[tuple[str, ...]]:
    """The ports of the new host that are not open, in words."""
    wanted = [knock for knock in knocks if not knock.unfit]
    if not wanted:
        return ()
    troubles = []
    try:
        under_way = tries().knock(wanted)
        while (result := (yield from look(partial(next, under_way, None)))) is not None:
            if not result.open:
                troubles.append(f"{knock_text(result.target)} {result_text(result)}")
    except LvsError as error:
        return (f"it cannot be probed: {error.why}",)
    return tuple(troubles)


def replace(
    agreed: AgreedReplacement,
    state: State,
    paths: TablePaths,
    seconds: float = WAIT,
    reason: str = "",
    reached: Callable[[Done, Undo | None], None] = lambda done, undo: None,
) -> Operation[None]:
    """Adds the new host, drains the old one, waits up to `seconds`, and deletes the old one. Each of the two changes is
    all or nothing, under the lock. `reached` is called after each with the undo of everything done so far. Raises
    NotDone when the time is up with connections left, or when someone else interferes: both hosts then stay and nothing
    is deleted."""
    plan, shown = agreed
    sent: tuple[Change, ...] = ()

    def note(done: Done) -> None:
        nonlocal sent
        sent = (*sent, *done.proposal.changes)
        reached(done, _undo(plan.proposal.title, sent, shown))

    if plan.begin:
        proposal = Proposal(plan.begin, plan.proposal.title)
        note((yield from change.carry(proposal, shown, state, paths, reason)))
        yield Say(f"added and drained: {plan.proposal.title}", PRINTED)
    if not plan.old:
        return
    yield from drain.wait(plan.old, seconds, "replace host", "both hosts stay, nothing was deleted")
    state = yield from read(frozenset(place.service for place in plan.places), settings=True)
    proposal = deletion(plan, state)
    if proposal.changes:
        now = change.checked(proposal, state)
        note((yield from change.carry(proposal, now, state, paths, reason)))


def _undo(title: str, sent: tuple[Change, ...], before: RuleSet) -> Undo | None:
    """The undo of all changes sent since the rules were as in `before`. A server that was drained and then deleted is
    added with its earlier weight, so its drain needs no undo."""
    deleted = {Place(change.service, change.key) for change in sent if isinstance(change, DeleteServer)}
    effective = [
        change
        for change in sent
        if not (isinstance(change, EditServer) and Place(change.service, change.server.key) in deleted)
    ]
    back = tuple(change for sent_change in reversed(effective) for change in inverse(sent_change, before))
    left = apply_all(effective, before)
    return Undo(Proposal(back, f"undo {title}", undoes=True), left) if back else None
