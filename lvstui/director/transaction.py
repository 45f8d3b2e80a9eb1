"""Several changes as one: all of them are carried out, or none is left."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.change import Change, inverse
from lvstui.director.errors import LvsError, Refused, RollbackFailed
from lvstui.director.model import RuleSet
from lvstui.director.source import Source

BATCH = 8192
"""Changes sent at once: so many may still be carried out after one that is refused, and are then taken back."""


def carry_out(source: Source, changes: Sequence[Change], now: RuleSet, kept: str = "") -> None:
    """Sends the changes, which were planned on `now` and touch each rule once. When one is refused, takes the others
    back, last first, and raises Refused with why; RollbackFailed when that fails too, naming `kept`, where the table
    as it was can be found."""
    done: list[Change] = []
    for start in range(0, len(changes), BATCH):
        try:
            outcomes = source.send(changes[start : start + BATCH])
        except LvsError as error:
            if not done:
                raise
            _roll_back(source, done, now, kept, error)
        done += [outcome.change for outcome in outcomes if outcome.sent and outcome.error is None]
        refused = [outcome.error for outcome in outcomes if outcome.error is not None]
        if refused:
            _roll_back(source, done, now, kept, refused[0])


def _roll_back(source: Source, done: list[Change], now: RuleSet, kept: str, error: LvsError) -> None:
    # Each rule is touched once, so the inverse of a change leads back to `now` wherever in the plan it stands.
    back = [undo for change in reversed(done) for undo in inverse(change, now)]
    failed: LvsError | None = None
    try:
        for start in range(0, len(back), BATCH):
            for outcome in source.send(back[start : start + BATCH]):
                failed = failed or outcome.error
    except LvsError as broken:
        failed = broken
    if failed is not None:
        why = f"{error.why}; then taking back what was done failed: {failed}"
        raise RollbackFailed(error.what, why, f"the table as it was: {kept}" if kept else "look at the table") from None
    number = f"{len(done)} change{'s' if len(done) != 1 else ''}"
    became = f"{number} done before it taken back" if done else "nothing was changed"
    code = error.errno if isinstance(error, Refused) else 0
    raise Refused(error.what, f"{error.why}; {became}", error.mend, code) from None
