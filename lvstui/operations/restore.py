"""Restores a table as a transaction: one at a time, recorded on disk before its first change, and finished or taken
back after it was cut off.

Under the lock, the table is read and the plan is shown. Then the present table is saved, the journal is written, the
table is read again to notice other people's changes, and the changes are sent.
"""

from __future__ import annotations

import time
from _collections_abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from lvstui.director.change import Change, Flush
from lvstui.director.errors import BadInput, LvsError, NotDone, RollbackFailed
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.plan import in_runs, replacement
from lvstui.director.runs import kinds
from lvstui.director.source import Purpose
from lvstui.director.state import State, rules_of
from lvstui.operations import drained_weights, lock
from lvstui.operations.complete_reads import complete
from lvstui.operations.steps import PASSING, YES, Lock, Operation, Plan, Say, Send, Unlock, Ways, read, work
from lvstui.places import TablePaths
from lvstui.store import journal
from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lvstui.director.recovery import Recovery
    from lvstui.store.journal import Journal
    from lvstui.store.snapshots import Store

# What a restore needs only when something differs is loaded then.

MEANWHILE = "someone else changed the table meanwhile; nothing was changed"


class RestoreMode(NamedTuple):
    """`merge`: delete nothing. `keep_weights`: servers already in the table keep their weights. `replace`: empty the
    table first."""

    merge: bool = False
    keep_weights: bool = False
    replace: bool = False


class Restored(NamedTuple):
    """A restore that was carried out on `now`. `changes` is empty where nothing differed. `before`: the file that has
    the table from before; `noted`: the effect on the memory of drains; `trouble`: what else went wrong, "" when nothing
    did."""

    changes: Sequence[Change]
    now: RuleSet
    before: Path
    noted: drained_weights.DrainedWeightsChange
    seconds: float = 0.0
    trouble: str = ""


def restore(
    wanted: RuleSet,
    name: str,
    paths: TablePaths,
    how: RestoreMode = RestoreMode(),  # noqa: B008
    what: str = "restore",
    remarks: Sequence[str] = (),
) -> Operation[Restored | None]:
    """Makes the table equal to `wanted`, which was read from `name`, by the smallest set of changes, all or none.
    Returns None when the operator says no. Raises NotDone (the lock, an unfinished restore, someone else's change, the
    disk), Unavailable, Refused (everything was taken back) and RollbackFailed, after which the journal stays.
    `remarks`: warnings about the file."""
    if how.merge and how.replace:
        raise BadInput("--merge", "deletes nothing, and --replace empties the table", "give one of the two")
    yield Lock()
    state = yield from complete(what)
    now = rules_of(state)
    changes = _changes(now, wanted, how)
    if not changes:
        return Restored((), now, Path(), drained_weights.NOTHING)
    from lvstui.views import summary

    outages, cost = summary.outages(changes, now, state), summary.cost(changes, state)
    question = Plan(what, name, changes, outages, cost, remarks, how.replace, state.read_only)
    if (yield question) != YES:
        return None
    return (yield from _carry(changes, state, now, name, paths))


def _changes(now: RuleSet, wanted: RuleSet, how: RestoreMode) -> Sequence[Change]:
    if how.merge:
        from lvstui.director.merge import merged

        wanted = merged(now, wanted)
    if how.keep_weights:
        from lvstui.director.merge import keeping_weights

        wanted = keeping_weights(now, wanted)
    return (replacement if how.replace else in_runs)(now, wanted)


def _carry(changes: Sequence[Change], state: State, now: RuleSet, name: str, paths: TablePaths) -> Operation[Restored]:
    started = time.monotonic()
    yield Say("saving the table as it is, before anything is changed", PASSING)
    noted = yield from drained_weights.ahead(changes, now, state, paths, "", {})
    try:
        path, spare = yield from _prepare(changes, state, now, name, paths)
        with spare:
            yield from _send(changes, now, name, path, paths, spare)
    except RollbackFailed:
        raise
    except LvsError:
        yield from drained_weights.take_back(noted, paths)
        raise
    trouble = yield from work(partial(lock.over, paths))
    complaint = yield from drained_weights.settle(noted, paths)
    yield Unlock()
    seconds = time.monotonic() - started
    return Restored(changes, now, path, noted, seconds, "; ".join(filter(None, (trouble, complaint))))


def _prepare(
    changes: Sequence[Change], state: State, now: RuleSet, name: str, paths: TablePaths
) -> Operation[tuple[Path, ExitStack]]:
    """Saves the present table to a file, writes the journal, and looks again. Returns the file, and the descriptors to
    hold while changes are sent."""
    path = yield from work(partial(_keep, state, paths))
    spare = ExitStack()
    try:
        spare = yield from work(lock.spare)
        yield from work(partial(_begin, changes, now, name, path, state, paths))
        yield from _second_look(changes, state, now)
    except BaseException:
        # Nothing was changed, so neither the snapshot nor the journal is needed.
        spare.close()
        lock.over(paths)
        with suppress(OSError):
            path.unlink()
        raise
    return path, spare


def _send(
    changes: Sequence[Change], now: RuleSet, name: str, path: Path, paths: TablePaths, spare: ExitStack
) -> Operation[None]:
    """Sends the changes, and removes the journal when none of them is left half done. It stays when taking them back
    failed."""
    try:
        yield Send(changes, now, Purpose(f"restore {name}"), f"{path}; {lock.MEND}")
    except RollbackFailed:
        raise
    except LvsError as error:
        spare.close()
        trouble = yield from work(partial(lock.over, paths))
        if trouble:
            error.mend = "; ".join(filter(None, (error.mend, trouble)))
        raise


def _store(paths: TablePaths) -> Store:
    from lvstui.store.snapshots import Store

    return Store(paths.snapshots, paths.most, paths.journal)


def _keep(state: State, paths: TablePaths) -> Path:
    """Saves the present table to a file and returns its path."""
    from lvstui.formats import toml
    from lvstui.formats.contents import contents_of_state
    from lvstui.store.snapshots import BEFORE

    return _store(paths).keep(BEFORE, state.taken, toml.write(contents_of_state(state)))


def _begin(changes: Sequence[Change], now: RuleSet, name: str, path: Path, state: State, paths: TablePaths) -> None:
    """Writes the journal before the first change; from then on every user is warned of the restore. `path` is the file
    with the table from before."""
    from lvstui.director.lazy_servers import as_read
    from lvstui.director.recovery import undertaking
    from lvstui.formats import json, toml
    from lvstui.formats.contents import contents_of, contents_of_state

    begun = undertaking(changes, now)
    about = journal.About(name, str(path), len(changes), time.time(), paths.boot, begun.flushed)
    lock.tell(paths, f"the restore of {name}", begun=True)
    rest, lines = as_read(begun.wanted)
    journal.begin(paths.journal, about, json.write(contents_of(begun.was)), json.write(contents_of(rest)), lines)
    # The journal names the file now, so nobody deletes it; until now another lvstui could have.
    _store(paths).again(path, toml.write(contents_of_state(state)))


def _second_look(changes: Sequence[Change], state: State, now: RuleSet) -> Operation[None]:
    """Reads every service again, and the servers of those that the plan touches. Raises NotDone where they have
    changed."""
    from lvstui.director.transaction import touched

    there = touched(changes) & now.rules.keys() if now.rules else frozenset[ServiceKey]()
    if Flush in kinds(changes):
        there = frozenset(now.rules)
    many = len(there) * 4 > len(now.rules)
    again = yield from (complete("restore") if many else read(there, settings=True))
    same = again.timeouts == state.timeouts and again.sync == state.sync
    same = same and list(again.services.services()) == list(state.services.services())
    for key in there if same else ():
        pool = again.pools.get(key)
        servers = {server.key: server for server in pool.servers()} if pool is not None else {}
        same = same and servers == now.rules[key].servers
    if not same:
        raise NotDone("restore", MEANWHILE, "restore again")


# --- after a restore was cut off


class Recovered(NamedTuple):
    """The result of a recovery. `forward`: the restore was finished (True) or taken back (False); None when the
    operator left it for later. `plans`: the work that each way had to do."""

    cut: Journal
    plans: dict[bool, Recovery]
    forward: bool | None
    trouble: str = ""


def recover(ways: Sequence[bool], paths: TablePaths, what: str, who: str = "") -> Operation[Recovered]:
    """Finishes a restore that was cut off (True) or takes it back (False); the operator chooses from `ways`. Rules that
    someone else has changed since then are left alone. The journal stays until the recovery is done. `who`: the name
    shown to other users. Raises NotDone, also when there is nothing to recover, Unavailable, Refused and
    RollbackFailed."""
    others = yield Lock(who or what)
    cut = yield from work(partial(journal.unfinished, paths.journal))
    if cut is None:
        yield from work(partial(lock.settled, paths, others, what))
        raise NotDone(what, "no restore was cut off here")
    if (yield from work(partial(lock.outlived, cut, paths))):
        why = f"{lock.cut_off(cut)} when the machine went down, and its table went with it"
        raise NotDone(what, why, f"the table as it was: {cut.about.table_before}")
    state = yield from complete(what)
    plans = {forward: plan_recovery(cut, state, forward) for forward in ways}
    forward: bool | None = yield Ways(what, cut, plans, state.read_only)
    if forward is None:
        return Recovered(cut, plans, None)
    todo = plans[forward]
    if plan_recovery(cut, (yield from complete(what)), forward) != todo:
        raise NotDone(what, MEANWHILE, "look at it again, and repeat it")
    purpose = Purpose(f"{'finish' if forward else 'take back'} the restore of {cut.about.name}")
    with (yield from work(lock.spare)):
        yield Send(todo.changes, todo.now, purpose, f"{cut.about.table_before}; {lock.MEND}")
    trouble = yield from work(partial(lock.over, paths))
    yield Unlock()
    return Recovered(cut, plans, forward, trouble)


def plan_recovery(cut: Journal, state: State, forward: bool) -> Recovery:
    """What is left to do to finish a restore that was cut off, or to take it back, given the present table. Raises
    BadInput when the journal's rules cannot be read."""
    from lvstui.director.recovery import RestoreGoal, recovery
    from lvstui.formats.rule_tables import rules_from_document

    was, wanted = (rules_from_document(document, str(cut.path))[0] for document in (cut.was, cut.wanted))
    if cut.lines:
        from lvstui.director.change import apply_all
        from lvstui.formats import ipvsadm

        wanted = apply_all(in_runs(RuleSet(), ipvsadm.read(cut.lines, str(cut.path))[0]), wanted)
    return recovery(rules_of(state), RestoreGoal(was, wanted, cut.about.flushed), forward)
