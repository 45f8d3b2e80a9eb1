"""Several changes as one transaction: all of them are carried out, or none remains."""

from __future__ import annotations

from _collections_abc import Callable, Iterable, Sequence
from itertools import chain

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    inverse,
)
from lvstui.director.errors import LvsError, NotDone, Refused, RollbackFailed
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.plan import plan
from lvstui.director.runs import AddedServers, parts
from lvstui.director.source import UNNAMED, Purpose, Scope, Source, carried, refusal
from lvstui.director.state import rules_of
from lvstui.values import NoReturn

BATCH = 8192
"""Changes sent in one batch. Up to this many may still be carried out after one that is refused; they are then taken
back."""


class Progress:
    """What carry_out tells of its progress, in its thread. Nobody follows it here."""

    def sent(self, count: int) -> None:
        """So many further changes were answered."""

    def taking_back(self) -> None:
        """What was done is about to be taken back."""


NOBODY = Progress()


def carry_out(
    source: Source,
    changes: Sequence[Change],
    now: RuleSet,
    snapshot: str = "",
    interrupted: Callable[[], bool] = lambda: False,
    purpose: Purpose = UNNAMED,
    progress: Progress = NOBODY,
) -> None:
    """Sends the changes, which were planned on `now` and touch each rule once, in the order of send_order.py. When one
    is refused, takes the others back, last first, and raises Refused with the reason; RollbackFailed when that fails
    too, naming `snapshot`, the file with the table from before. `interrupted` is asked after each batch; raises NotDone
    when it returns True before all are done. `purpose` goes to the audit log with all that is sent, also with what is
    taken back.

    `now` need only have the services that the changes concern.
    """
    from lvstui.director.send_order import sending_order  # whoever only reads need not have it

    done: list[Sequence[Change]] = []
    changes = sending_order(changes, now)
    for start in range(0, len(changes), BATCH):
        try:
            outcomes = source.send(changes[start : start + BATCH], purpose)
        except Exception as error:
            progress.taking_back()
            _look_and_take_back(source, changes, now, snapshot, error, purpose)
        progress.sent(len(outcomes))
        done.append(carried(outcomes))
        refused = refusal(outcomes)
        if refused is not None:
            progress.taking_back()
            _take_back(source, _inverses(done, now), snapshot, refused, purpose)
            raise _taken_back(refused, sum(map(len, done)))
        if interrupted() and sum(map(len, done)) < len(changes):
            progress.taking_back()
            stop = NotDone("interrupted", f"{_number(sum(map(len, done)))} done before it taken back")
            _take_back(source, _inverses(done, now), snapshot, stop, purpose)
            raise stop


def touched(changes: Iterable[Change]) -> frozenset[ServiceKey]:
    """The services that these changes name; a Flush names none."""
    keys = set()
    for change in parts(changes):
        if type(change) is AddServer or isinstance(change, (EditServer, DeleteServer, AddedServers)):
            keys.add(change.service)
        elif isinstance(change, (AddService, EditService)):
            keys.add(change.service.key)
        elif isinstance(change, DeleteService):
            keys.add(change.key)
    return frozenset(keys)


def _inverses(done: Sequence[Sequence[Change]], now: RuleSet) -> list[Change]:
    # Each rule is touched once, so the inverse of a change leads back to `now` wherever it is in the plan. What was
    # deleted before the table was emptied comes back with the rest of it.
    changes = [*chain(*done)]
    emptied = any(type(change) is Flush for change in changes)
    undone = [change for change in changes if not emptied or type(change) is not DeleteService]
    return [undo for change in reversed(undone) for undo in inverse(change, now)]


def _look_and_take_back(
    source: Source, changes: Sequence[Change], now: RuleSet, snapshot: str, error: Exception, purpose: Purpose
) -> NoReturn:
    """Handles a send that broke off. It is not known what was carried out, so the table is read, and differences from
    `now` in the services concerned are taken back."""
    cause = error if isinstance(error, LvsError) else _as_ours(error)
    keys = frozenset(now.rules) if any(isinstance(change, Flush) for change in changes) else touched(changes)
    try:
        there = rules_of(source.read(Scope(services=keys, settings=True)))
    except LvsError as broken:
        raise _left(cause, broken, snapshot) from error
    except OSError as broken:
        raise _left(cause, _as_ours(broken), snapshot) from error
    is_now = there._replace(rules={key: entry for key, entry in there.rules.items() if key in keys})
    was = now._replace(rules={key: entry for key, entry in now.rules.items() if key in keys})
    undo = plan(is_now, was)
    if not undo:
        if isinstance(error, OSError):
            raise NotDone(cause.what, f"{cause.why}; nothing was changed", cause.mend) from error
        raise error
    _take_back(source, undo, snapshot, cause, purpose)
    raise _taken_back(cause, len(undo)) from error


def _as_ours(error: Exception) -> LvsError:
    """An exception that broke off a send, as an error of ours."""
    if isinstance(error, OSError):
        return LvsError("send", error.strerror or str(error))
    return LvsError("send", f"{type(error).__name__}: {error}")


def _take_back(source: Source, changes: Sequence[Change], snapshot: str, cause: LvsError, purpose: Purpose) -> None:
    failed: LvsError | None = None
    try:
        for start in range(0, len(changes), BATCH):
            for outcome in source.send(changes[start : start + BATCH], purpose):
                failed = failed or outcome.error
    except LvsError as broken:
        failed = broken
    if failed is not None:
        raise _left(cause, failed, snapshot)


def _left(cause: LvsError, failed: LvsError, snapshot: str) -> RollbackFailed:
    why = f"{cause.why}; then taking back what was done failed: {failed}"
    return RollbackFailed(cause.what, why, f"the table as it was: {snapshot}" if snapshot else "look at the table")


def _taken_back(cause: LvsError, count: int) -> Refused:
    became = f"{_number(count)} done before it taken back" if count else "nothing was changed"
    code = cause.errno if isinstance(cause, Refused) else 0
    return Refused(cause.what, f"{cause.why}; {became}", cause.mend, code)


def _number(count: int) -> str:
    return f"{count} change{'s' if count != 1 else ''}"
