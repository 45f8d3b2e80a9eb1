"""A restore as a transaction, for verbs and console alike: one at a time, noted on disk before its first change, and
finished or taken back after it was cut off.

    alone()    the lock; a restore that was cut off comes first
    carry()    keeps the table as it was, writes the journal, looks once more for what others did, sends
    recover()  sends what --resume or --rollback have left to do
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lvstui.director.change import Change, Flush
from lvstui.director.errors import LvsError, NotDone, RollbackFailed
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.recovery import Recovery, Undertaking, recovery, undertaking
from lvstui.director.source import Scope, Source
from lvstui.director.state import State, rules_of
from lvstui.director.transaction import carry_out, touched
from lvstui.formats import json, toml
from lvstui.formats.contents import contents_of, contents_of_state
from lvstui.formats.reading import rules_from_document
from lvstui.places import Kept
from lvstui.store import journal
from lvstui.store.lock import is_locked, locked
from lvstui.store.snapshots import BEFORE, Store


@contextmanager
def alone(kept: Kept) -> Iterator[None]:
    """Inside, no other restore of this table runs. Raises NotDone at once when one does, or when an earlier one was
    cut off and is neither finished nor taken back."""
    with locked(kept.lock, "restore"):
        cut = journal.found(kept.journal)
        if cut is not None:
            if cut.about.boot == kept.boot:
                raise NotDone("restore", f"{cut_off(cut)}, and comes first", _MEND)
            journal.end(cut.path)  # the table it spoke of went with the machine
        yield


_MEND = "lvstui --resume finishes it, --rollback takes it back"


def cut_off(cut: journal.Journal) -> str:
    """`the restore of x.toml begun at 03:12:07 was cut off`"""
    return f"the restore of {cut.about.name} begun {journal.age(cut.about, time.time())} was cut off"


def warning(kept: Kept) -> str:
    """One line for whoever starts anything while a restore stands cut off; "" when none does, or when it still
    runs. Raises BadInput when the journal cannot be read."""
    if not kept.journal.exists() or is_locked(kept.lock):
        return ""
    cut = journal.found(kept.journal)
    if cut is None:
        return ""
    if cut.about.boot != kept.boot:
        return f"{cut_off(cut)} when the machine went down; the table as it was: {cut.about.kept}"
    return f"{cut_off(cut)}; {_MEND}"


def carry(
    source: Source,
    changes: Sequence[Change],
    state: State,
    name: str,
    kept: Kept,
    interrupted: Callable[[], bool] = lambda: False,
) -> Path:
    """Carries out changes that were planned on `state`, all or none, inside `alone`; `name` says what is restored.
    Returns where the table as it was is kept. Raises NotDone (someone else changed the table, interrupted, the disk),
    Refused (taken back) and RollbackFailed, after which the journal stays."""
    now = rules_of(state)
    store = Store(kept.snapshots, kept.most)
    path = store.keep(BEFORE, state.taken, toml.write(contents_of_state(state)))
    begun = undertaking(changes, now)
    about = journal.About(name, str(path), len(changes), time.time(), kept.boot, begun.flushed)
    journal.begin(kept.journal, about, json.write(contents_of(begun.was)), json.write(contents_of(begun.wanted)))
    try:
        try:
            _still(source, changes, state, now)
        except LvsError:
            path.unlink(missing_ok=True)  # nothing was changed, so there is nothing it could be wanted for
            raise
        carry_out(source, changes, now, f"{path}; {_MEND}", interrupted)
    except RollbackFailed:
        raise
    except LvsError:
        journal.end(kept.journal)
        raise
    journal.end(kept.journal)
    return path


def plan_recovery(cut: journal.Journal, state: State, forward: bool) -> Recovery:
    """What finishing a restore that was cut off, or taking it back, has left to do on the table as it is. Raises
    BadInput when the journal's rules cannot be read."""
    was, wanted = (rules_from_document(document, str(cut.path))[0] for document in (cut.was, cut.wanted))
    return recovery(rules_of(state), Undertaking(was, wanted, cut.about.flushed), forward)


def recover(
    source: Source, todo: Recovery, cut: journal.Journal, interrupted: Callable[[], bool] = lambda: False
) -> None:
    """Carries out what is left of a restore that was cut off, and removes its journal. Raises what carry_out raises;
    the journal then stays, for the table is between the two again."""
    carry_out(source, todo.changes, todo.now, f"{cut.about.kept}; {_MEND}", interrupted)
    journal.end(cut.path)


def _still(source: Source, changes: Sequence[Change], state: State, now: RuleSet) -> None:
    """Looks again, at every service and at the servers of those that the plan touches. Raises NotDone on drift."""
    there = touched(changes) & now.rules.keys() if now.rules else frozenset[ServiceKey]()
    if any(isinstance(change, Flush) for change in changes):
        there = frozenset(now.rules)
    many = len(there) * 4 > len(now.rules)
    again = source.read(Scope(services=frozenset() if many else there, sweep=many, settings=True))
    same = again.timeouts == state.timeouts and again.sync == state.sync and len(again.services) == len(now.rules)
    same = same and all(
        (entry := now.rules.get(reading.service.key)) is not None and entry.service == reading.service
        for reading in again.services
    )
    for key in there if same else ():
        pool = again.pools.get(key)
        servers = {server.key: server for server in pool.servers()} if pool is not None else {}
        same = same and servers == now.rules[key].servers
    if not same:
        raise NotDone("restore", "someone else changed the table meanwhile; nothing was changed", "restore again")
