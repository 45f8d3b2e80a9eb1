"""Changing the table: the one way of every key, form, command and undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lvstui.commands import proposals
from lvstui.commands.guards import judge
from lvstui.commands.moved import moved, told
from lvstui.commands.proposals import Proposal
from lvstui.director.change import Change, SetTimeouts, StartSync, StopSync, apply_all, inverse
from lvstui.director.errors import LvsError, NotDone, Refused
from lvstui.director.model import RuleSet
from lvstui.director.source import Purpose
from lvstui.director.state import State
from lvstui.operations import memory
from lvstui.operations.steps import YES, Confirm, Due, Keep, Leave, Lock, Operation, Send, Unlock, read, work
from lvstui.places import Kept
from lvstui.store.audit import Log
from lvstui.views.servers import NOTHING_DRAINED, Place

_SETTINGS = (SetTimeouts, StartSync, StopSync)


class Changed(NotDone):
    """Someone else changed what was to be changed, or taken back."""


class Undo(NamedTuple):
    """What takes a change back, and the rules that it touched as it left them."""

    proposal: Proposal
    left: RuleSet


class Done(NamedTuple):
    """A change that was carried out. `undo` is None where nothing takes it back; `noted` is what it did to the memory
    of drains; `trouble` says what went wrong beside it, "" when nothing did."""

    proposal: Proposal
    undo: Undo | None
    noted: memory.Noted
    trouble: str = ""


def change(
    proposal: Proposal,
    state: State,
    kept: Kept,
    reason: str = "",
    keys: tuple[str, ...] = (),
    besides: tuple[str, ...] = (),
) -> Operation[Done | str]:
    """Checks, asks and carries out a proposal that was made on `state`. Returns the answer where that was not yes.
    `besides`: what must be said of it before. Raises NotDone when a guard, a lock or somebody else's change says no;
    Refused and RollbackFailed."""
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
        rest = tuple(one for number, one in enumerate(every) if number not in wanted)
        fewer = proposal._replace(changes=rest, title=f"{title}, but for {len(wanted)}" if wanted else title)
        try:
            if not rest:
                raise NotDone(title, "nothing would be left")
            checked(fewer, state)
        except NotDone as error:
            remark = f"it cannot be left out: {error.what}: {error.why}"
        else:
            left, proposal = wanted, fewer
    if answer != YES:
        return str(answer)
    return (yield from carry(proposal, shown, state, kept, reason))


def checked(proposal: Proposal, state: State) -> RuleSet:
    """The rules that a proposal concerns. Raises NotDone when it would fail or harm."""
    now = proposals.near(state, proposals.touched(proposal.changes))
    proposals.checked(proposal, now)
    return now


def carry(
    proposal: Proposal,
    shown: RuleSet,
    state: State,
    kept: Kept,
    reason: str = "",
    start: Mapping[Place, int] = NOTHING_DRAINED,
) -> Operation[Done]:
    """Carries out what was agreed to on the rules `shown`. The snapshot comes before the second look: whoever changes
    the table while it is written is seen. `start`: the weights from before a ramp, which are remembered in place of
    those before its last step."""
    yield Lock()  # a restore under way has planned on the table as it is
    trouble = yield from _snapshot()
    now = yield from second_look(proposal, shown, kept)
    noted = yield from memory.ahead(proposal.changes, now, state, kept, reason, start)
    try:
        yield Send(proposal.changes, now, Purpose(proposal.title, reason))
    except (NotDone, Refused):
        yield from memory.take_back(noted, kept)
        raise
    complaint = yield from memory.settle(noted, kept)
    yield Unlock()
    return Done(proposal, undo(proposal, now), noted, "; ".join(filter(None, (trouble, complaint))))


def _snapshot() -> Operation[str]:
    """Keeps the table as it is, when an automatic snapshot is due. Returns what went wrong: it stops nobody."""
    try:
        if (yield Due()):
            yield Keep((yield from read(None)))
    except LvsError as error:
        return f"no automatic snapshot: {error.what}: {error.why}"
    return ""


def second_look(proposal: Proposal, shown: RuleSet, kept: Kept) -> Operation[RuleSet]:
    """The rules read once more. Raises NotDone when what is to be changed is not what was shown, with who did what
    where that is known."""
    keys = proposals.touched(proposal.changes)
    settings = any(isinstance(one, _SETTINGS) for one in proposal.changes)
    now = proposals.near((yield from read(keys, settings)), keys)
    if not proposals.same(proposal.changes, shown, now):
        what = yield from _told(proposal.changes, shown, now, kept)
        why = f"someone else changed this meanwhile; nothing was changed{f': {what}' if what else ''}"
        raise Changed(proposal.title, why, "look at it again, and repeat it")
    return now


def _told(changes: Sequence[Change], left: RuleSet, now: RuleSet, kept: Kept) -> Operation[str]:
    """What somebody else did, and who, where the audit log knows."""
    records = yield from work(Log(kept.folder, system=False).latest)
    return told(changes, left, now, records)


def undo(proposal: Proposal, now: RuleSet) -> Undo | None:
    """What takes back a proposal that was carried out on `now`; of an undo that is the change once more. None where
    nothing does."""
    back = tuple(one for done in reversed(proposal.changes) for one in inverse(done, now))
    if not back:
        return None
    title = proposal.title.removeprefix(_UNDO) if proposal.undoes else f"{_UNDO}{proposal.title}"
    return Undo(Proposal(back, title, undoes=not proposal.undoes), apply_all(proposal.changes, now))


_UNDO = "undo "


def take_back(undo: Undo, kept: Kept) -> Operation[Done | str]:
    """Takes back an earlier change, or an undo. Rules that someone else has changed since are left as they are, and
    the operator is told before the rest is taken back. Raises NotDone where there is no rest."""
    proposal = undo.proposal
    keys = proposals.touched(proposal.changes)
    settings = any(isinstance(one, _SETTINGS) for one in proposal.changes)
    state = yield from read(keys, settings)
    now = proposals.near(state, keys)
    others = moved(proposal.changes, undo.left, now)
    if not others:
        return (yield from change(proposal, state, kept))
    what = (yield from _told(others, undo.left, now, kept)) or "it is not as it was left"
    rest = tuple(one for one in proposal.changes if one not in others)
    changed = Changed(proposal.title, f"someone else changed this since: {what}; it is left as it is", "edit it (e)")
    if not rest:
        raise changed
    proposal = proposal._replace(changes=rest, title=f"{proposal.title}, but for {len(others)}")
    try:
        checked(proposal, state)
    except NotDone:
        raise changed from None
    return (yield from change(proposal, state, kept, besides=(f"left as it is: someone else changed {what}",)))
