"""Changing the table. Every key, form, command and undo goes through this module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.commands import proposals
from lvstui.commands.guards import judge
from lvstui.commands.moved import described, moved
from lvstui.commands.proposals import Proposal
from lvstui.director.change import Change, SetTimeouts, StartSync, StopSync, apply_all, inverse
from lvstui.director.errors import LvsError, NotDone, Refused
from lvstui.director.model import RuleSet
from lvstui.director.source import Purpose
from lvstui.director.state import State
from lvstui.operations import drained_weights
from lvstui.operations.steps import (
    YES,
    Confirm,
    Leave,
    Lock,
    Operation,
    SaveSnapshot,
    Send,
    SnapshotDue,
    Unlock,
    read,
    work,
)
from lvstui.places import TablePaths
from lvstui.store.audit import Log
from lvstui.values import NamedTuple
from lvstui.views.servers import NOTHING_DRAINED, Place

_SETTINGS = (SetTimeouts, StartSync, StopSync)


class ChangedByOthers(NotDone):
    """Someone else has changed what this operation was about to change or undo."""


class Undo(NamedTuple):
    """An undo: the proposal that reverses a change, and the rules as that change left them."""

    proposal: Proposal
    left: RuleSet


class Done(NamedTuple):
    """A change that was carried out. `undo` reverses it, None where that is not possible. `noted` is its effect on the
    memory of drains. `trouble` says what else went wrong, "" when nothing did."""

    proposal: Proposal
    undo: Undo | None
    noted: drained_weights.DrainedWeightsChange
    trouble: str = ""


def change(
    proposal: Proposal,
    state: State,
    paths: TablePaths,
    reason: str = "",
    keys: tuple[str, ...] = (),
    besides: tuple[str, ...] = (),
) -> Operation[Done | str]:
    """Checks a proposal that was made on `state`, asks the operator, and carries it out. Returns Done, or the
    operator's answer where that was not yes. `besides`: further warnings to show with the question. Raises NotDone when
    a guard, a lock or someone else's change prevents it; Refused and RollbackFailed when sending fails."""
    every, title = proposal.changes, proposal.title
    left: frozenset[int] = frozenset()
    at, remark = 0, ""
    while True:
        shown = checked(proposal, state)
        outages, warnings = judge(proposal.changes, shown, state)
        said = (*filter(None, (remark,)), *besides, *warnings)
        answer = yield Confirm(proposal, outages, said, keys, every=every if len(every) > 1 else (), at=at)
        if not isinstance(answer, Leave):
            break
        at, remark = answer.number, ""
        wanted = left ^ {at}
        rest = tuple(left_out for number, left_out in enumerate(every) if number not in wanted)
        fewer = proposal._replace(changes=rest, title=f"{title}, but for {len(wanted)}" if wanted else title)
        try:
            if not rest:
                raise NotDone(title, "nothing would be left")
            checked(fewer, state)
        except NotDone as error:
            remark = f"it cannot be left out: {error.sentence}"
        else:
            left, proposal = wanted, fewer
    if answer != YES:
        return str(answer)
    return (yield from carry(proposal, shown, state, paths, reason))


def checked(proposal: Proposal, state: State) -> RuleSet:
    """Checks a proposal and returns the rules that it concerns. Raises NotDone when it would fail or do harm."""
    now = proposals.near(state, proposals.touched(proposal.changes))
    proposals.checked(proposal, now)
    return now


def carry(
    proposal: Proposal,
    shown: RuleSet,
    state: State,
    paths: TablePaths,
    reason: str = "",
    start: Mapping[Place, int] = NOTHING_DRAINED,
) -> Operation[Done]:
    """Carries out a proposal that the operator agreed to, based on the rules `shown`. The snapshot is written before
    the second look, so a change that someone makes meanwhile is noticed. `start`: the weights from before a ramp; the
    memory of drains keeps these rather than the weights before the last step."""
    yield Lock()  # a restore that is running has planned on the present table
    trouble = yield from _snapshot()
    now = yield from second_look(proposal, shown, paths)
    noted = yield from drained_weights.ahead(proposal.changes, now, state, paths, reason, start)
    try:
        yield Send(proposal.changes, now, Purpose(proposal.title, reason))
    except (NotDone, Refused):
        yield from drained_weights.take_back(noted, paths)
        raise
    complaint = yield from drained_weights.settle(noted, paths)
    yield Unlock()
    return Done(proposal, undo(proposal, now), noted, "; ".join(filter(None, (trouble, complaint))))


def _snapshot() -> Operation[str]:
    """Saves an automatic snapshot when one is due. Returns what went wrong, "" for nothing: a failed snapshot stops no
    change."""
    try:
        if (yield SnapshotDue()):
            yield SaveSnapshot((yield from read(None)))
    except LvsError as error:
        return f"no automatic snapshot: {error.sentence}"
    return ""


def second_look(proposal: Proposal, shown: RuleSet, paths: TablePaths) -> Operation[RuleSet]:
    """Reads the rules again and returns them. Raises Changed when they are no longer as they were shown; it says what
    was changed, and by whom where the audit log knows."""
    keys = proposals.touched(proposal.changes)
    settings = any(isinstance(change, _SETTINGS) for change in proposal.changes)
    now = proposals.near((yield from read(keys, settings)), keys)
    if not proposals.same(proposal.changes, shown, now):
        what = yield from _moved_text(proposal.changes, shown, now, paths)
        why = f"someone else changed this meanwhile; nothing was changed{f': {what}' if what else ''}"
        raise ChangedByOthers(proposal.title, why, "look at it again, and repeat it")
    return now


def _moved_text(changes: Sequence[Change], left: RuleSet, now: RuleSet, paths: TablePaths) -> Operation[str]:
    """What someone else changed, and who it was where the audit log knows."""
    records = yield from work(Log(paths.folder, system=False).latest)
    return described(changes, left, now, records)


def undo(proposal: Proposal, now: RuleSet) -> Undo | None:
    """The undo of a proposal that was carried out on `now`. The undo of an undo is the change itself. None where
    nothing reverses it."""
    back = tuple(change for done in reversed(proposal.changes) for change in inverse(done, now))
    if not back:
        return None
    title = proposal.title.removeprefix(_UNDO) if proposal.undoes else f"{_UNDO}{proposal.title}"
    return Undo(Proposal(back, title, undoes=not proposal.undoes), apply_all(proposal.changes, now))


_UNDO = "undo "


def take_back(undo: Undo, paths: TablePaths) -> Operation[Done | str]:
    """Undoes an earlier change or an undo. Rules that someone else has changed since then are left alone, and the
    operator sees that before the rest is undone. Raises Changed where nothing is left to undo."""
    proposal = undo.proposal
    keys = proposals.touched(proposal.changes)
    settings = any(isinstance(change, _SETTINGS) for change in proposal.changes)
    state = yield from read(keys, settings)
    now = proposals.near(state, keys)
    others = moved(proposal.changes, undo.left, now)
    if not others:
        return (yield from change(proposal, state, paths))
    what = (yield from _moved_text(others, undo.left, now, paths)) or "it has changed"
    rest = tuple(change for change in proposal.changes if change not in others)
    changed = ChangedByOthers(
        proposal.title, f"someone else changed this since: {what}; nothing was changed", "edit it (e)"
    )
    if not rest:
        raise changed
    proposal = proposal._replace(changes=rest, title=f"{proposal.title}, but for {len(others)}")
    try:
        checked(proposal, state)
    except NotDone:
        raise changed from None
    return (yield from change(proposal, state, paths, besides=(f"left as it is: someone else changed {what}",)))
