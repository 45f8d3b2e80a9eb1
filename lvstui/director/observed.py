"""Records of what others did between two sweeps: for the audit log of a console that watches, and for searching a
recording."""

from __future__ import annotations

from _collections_abc import Sequence

from lvstui.director.change import Change, Zero, inverse
from lvstui.director.model import RuleSet
from lvstui.director.record import SEEN, Record, Who
from lvstui.director.spell import spell
from lvstui.director.sweeps import ObservedChanges, described
from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lvstui.director.keepalived_state import KeepalivedState
    from lvstui.director.state import State

MANY = 200
"""The largest number of changes in one sweep that get a record each; more get one record that counts them."""
ROLE = "VRRP"
KEEPER, NOT_KEPT = "keepalived?", "someone else"
"""Who made a change: perhaps keepalived; keepalived cannot have."""
_WAITS = 15.0
"""Seconds to wait until it is known whether keepalived loaded another configuration before a change."""
_STARTS = 6.0
"""Seconds after which a keepalived that has started is found, where it is not known when one was searched for."""
_NOBODY = Who()


class ObservedSweep(NamedTuple):
    """What one sweep found that others did. `since`: when the sweep before it was taken, `epoch`: when this one was
    (seconds of the epoch); `read`: when its rules were read, in monotonic seconds. `was`: what was known of keepalived
    before; `runs`: whether one ran, before or then; `looks`: whether one that starts is found."""

    observed: ObservedChanges
    since: float
    epoch: float
    read: float
    was: KeepalivedState | None
    runs: bool | None
    looks: bool


def observed_sweep(difference: ObservedChanges, before: State, state: State, epoch: float) -> ObservedSweep:
    """What a sweep found since the one before. `epoch`: the time for its records."""
    runs = _runs(before) or _runs(state)
    return ObservedSweep(
        difference, before.taken, epoch, state.rules_read, before.keeping, runs, state.vrrp.keepalived is not None
    )


def decided(sights: Sequence[ObservedSweep], now: State | None) -> int:
    """How many of these, in order, need not wait to learn who did it. `now`: the last State that was read; None where
    no other follows."""
    if now is None:
        return len(sights)
    for number, sweep in enumerate(sights):
        if now.at - sweep.read <= _WAITS and any(
            _perhaps(sweep, change, now) is None for change in sweep.observed.changes
        ):
            return number
    return len(sights)


def recorded(sight: ObservedSweep, now: State, netns: str) -> list[Record]:
    """The records of what others did. `now`: the last State. What keepalived cannot have done, by what is known of it
    at present, was someone else; it may have done the rest."""
    difference = sight.observed

    def record(source: str, title: str, change: Change | None = None, more: str = "") -> Record:
        command = f"ipvsadm {spell(change)}{more}" if change is not None else ""
        whole = change if not more else None
        undo = undone(whole, difference.before) if whole is not None else ()
        return Record(sight.epoch, _NOBODY, now.host, netns, source, title, command, SEEN, "", "", whole, undo)

    def keeper(change: Change) -> str:
        return NOT_KEPT if _perhaps(sight, change, now) is False else KEEPER

    records = [record("keepalived", f"{ROLE} {difference.vrrp}")] if difference.vrrp else []
    number = len(difference.changes)
    if number > MANY:
        by = KEEPER if any(keeper(change) == KEEPER for change in difference.changes) else NOT_KEPT
        return [*records, record(by, f"{number} rules changed", difference.changes[0], f" and {number - 1} more")]
    return records + [
        record(keeper(change), described(change, difference.before), change) for change in difference.changes
    ]


def _perhaps(sight: ObservedSweep, change: Change, now: State) -> bool | None:
    """Whether keepalived can have made a change, None where that is not known yet."""
    if sight.runs is False:
        searched_at = now.vrrp.searched_at
        searched = now.at - sight.read > _STARTS if searched_at is None else searched_at > sight.read
        return bool(_runs(now)) if searched or not sight.looks else _runs(now) or None
    if sight.runs is None or sight.was is None or now.keeping is None:
        return True
    from lvstui.director.whose import perhaps_keepalived

    return perhaps_keepalived(change, sight.observed.before, sight.was, now.keeping, sight.read)


def _runs(state: State) -> bool | None:
    """Whether a keepalived runs, None where that is not known."""
    if state.vrrp.keepalived is not None:
        return state.vrrp.keepalived
    return state.owner == "keepalived" if state.owner is not None else None


def undone(change: Change, before: RuleSet) -> tuple[Change, ...]:
    """The changes that undo a change; () where the rules before it are not known."""
    if isinstance(change, Zero):
        return ()
    try:
        return inverse(change, before)
    except KeyError:
        return ()
