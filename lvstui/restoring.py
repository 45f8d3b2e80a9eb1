"""A restore as a transaction, for verbs and console alike: one at a time, noted on disk before its first change, and
finished or taken back after it was cut off.

    alone()    the lock, and the notice beside it; a restore that was cut off comes first
    carry()    keeps the table as it was, writes the journal, looks once more for what others did, sends
    recover()  sends what --resume or --rollback have left to do
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from lvstui.director.change import Change, Flush
from lvstui.director.errors import LvsError, NotDone, RollbackFailed
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.recovery import Recovery, Undertaking, recovery, undertaking
from lvstui.director.source import UNNAMED, Purpose, Scope, Source
from lvstui.director.state import State, rules_of
from lvstui.director.transaction import carry_out, touched
from lvstui.formats import json, toml
from lvstui.formats.contents import contents_of, contents_of_state
from lvstui.formats.reading import rules_from_document
from lvstui.places import Kept
from lvstui.store import journal, notice
from lvstui.store.lock import is_locked, locked, user_name
from lvstui.store.notice import Notice
from lvstui.store.snapshots import BEFORE, Store


@contextmanager
def held(kept: Kept, what: str = "a change") -> Iterator[Notice | None]:
    """Holds the lock of this table, and says so to everybody; gives the notice of an unfinished restore that is not
    ours, None where there is none. Raises NotDone at once when another one is under way, Unavailable without the right
    to the lock."""
    with locked(kept.lock, "restore", kept.group):
        told = _unfinished(kept)
        if told is None and not os.path.lexists(kept.journal):
            _tell(kept, what)
        try:
            yield told if told is not None and told.journal != str(kept.journal) else None
        finally:
            now = notice.read(kept.notice)
            if now is not None and not now.journal:
                with suppress(LvsError):  # it says who worked; the lock says that nobody does any more
                    notice.write(kept.notice, None, kept.group)


@contextmanager
def alone(kept: Kept) -> Iterator[None]:
    """Inside, no other restore of this table runs. Raises NotDone at once when one does, or when an earlier one was
    cut off and is neither finished nor taken back, whoever began it."""
    with held(kept) as others:
        cut = journal.found(kept.journal)
        if cut is not None:
            if cut.about.boot == kept.boot:
                raise NotDone("restore", f"{cut_off(cut)}, and comes first", _MEND)
            journal.end(cut.path)  # the table it spoke of went with the machine
        if others is not None:
            raise NotDone("restore", f"{_others_cut_off(others)}, and comes first", _others_mend(others, kept))
        yield


_SPARE = 4
_MEND = "lvstui --resume finishes it, --rollback takes it back"


def cut_off(cut: journal.Journal) -> str:
    """`the restore of x.toml begun at 03:12:07 was cut off`"""
    return f"the restore of {cut.about.name} begun {journal.age(cut.about.started, time.time())} was cut off"


def warning(kept: Kept) -> str:
    """One line for whoever starts anything while a restore stands cut off; "" when none does, or when it still
    runs. Raises BadInput when the journal cannot be read."""
    if not unsettled(kept):
        return ""
    held_now = is_locked(kept.lock)
    if held_now:
        return ""
    cut = journal.found(kept.journal)
    if cut is None:
        told = _unfinished(kept)
        if told is None:
            return ""
        if held_now is None:
            began = journal.age(told.since, time.time())
            return f"{told.what} by {told.who}, begun {began}, is under way or was cut off"
        return f"{_others_cut_off(told)}; {_others_mend(told, kept)}"
    if cut.about.boot != kept.boot:
        return f"{cut_off(cut)} when the machine went down; the table as it was: {cut.about.kept}"
    return f"{cut_off(cut)}; {_MEND}"


def unsettled(kept: Kept) -> bool:
    """Whether there may be an unfinished restore, ours or another's: a glance."""
    if os.path.lexists(kept.journal):
        return True
    told = notice.read(kept.notice)
    return told is not None and bool(told.journal)


def _unfinished(kept: Kept) -> Notice | None:
    """What the notice says of a restore that was begun and has not ended; None where its journal is known to be gone,
    or its table went with the machine."""
    told = notice.read(kept.notice)
    if told is None or not told.journal or told.boot != kept.boot:
        return None
    try:
        os.lstat(told.journal)
    except FileNotFoundError:
        return None
    except OSError:  # in a folder that we may not look into
        pass
    return told


def _others_cut_off(told: Notice) -> str:
    return f"{told.what} by {told.who}, begun {journal.age(told.since, time.time())}, was cut off"


def _others_mend(told: Notice, kept: Kept) -> str:
    return (
        f"lvstui --resume by {told.who} finishes it, --rollback takes it back (journal: {told.journal}); "
        f"if neither can be: look at the table, then truncate -s 0 {kept.notice}"
    )


def _tell(kept: Kept, what: str, begun: bool = False) -> None:
    """Says to everybody who works; `begun`: and that a restore of ours is unfinished until it says otherwise."""
    journal_path = str(kept.journal) if begun else ""
    told = Notice(user_name(os.geteuid()), os.getpid(), time.time(), what, journal_path, kept.boot)
    notice.write(kept.notice, told, kept.group)


def _spare() -> ExitStack:
    """Descriptors that are held while changes are sent, so that there are enough to remove the journal with, however
    few may be open. Raises NotDone where there are not."""
    spare = ExitStack()
    try:
        for _ in range(_SPARE):
            spare.callback(os.close, os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        spare.close()
        raise NotDone("restore", f"too few files may be open at once: {error.strerror}", "ulimit -n 64") from None
    return spare


def _over(kept: Kept) -> str:
    """Removes the journal, then the notice. Returns what is to be said where that fails: the table is as it is to be
    either way."""
    try:
        journal.end(kept.journal)
        notice.write(kept.notice, None, kept.group)
    except LvsError as error:
        return f"{error}; {error.mend}"
    return ""


class Carried(NamedTuple):
    """A restore that was carried out: where the table as it was is kept, and what is to be said of the journal, which
    could not be removed; "" otherwise."""

    before: Path
    trouble: str = ""


def carry(
    source: Source,
    changes: Sequence[Change],
    state: State,
    name: str,
    kept: Kept,
    interrupted: Callable[[], bool] = lambda: False,
    purpose: Purpose = UNNAMED,
) -> Carried:
    """Carries out changes that were planned on `state`, all or none, inside `alone`; `name` says what is restored.
    Raises NotDone (someone else changed the table, interrupted, the disk),
    Refused (taken back) and RollbackFailed, after which the journal stays."""
    now = rules_of(state)
    store = Store(kept.snapshots, kept.most, kept.journal)
    path = store.keep(BEFORE, state.taken, toml.write(contents_of_state(state)))
    begun = undertaking(changes, now)
    about = journal.About(name, str(path), len(changes), time.time(), kept.boot, begun.flushed)
    try:
        _tell(kept, f"the restore of {name}", begun=True)
        journal.begin(kept.journal, about, json.write(contents_of(begun.was)), json.write(contents_of(begun.wanted)))
        # Now that the journal names it nobody forgets it; before that another lvstui may have.
        store.again(path, toml.write(contents_of_state(state)))
        _still(source, changes, state, now)
        spare = _spare()
    except BaseException:
        # Nothing was changed, so there is nothing that either could be wanted for.
        _over(kept)
        with suppress(OSError):
            path.unlink()
        raise
    try:
        with spare:
            carry_out(source, changes, now, f"{path}; {_MEND}", interrupted, purpose)
    except RollbackFailed:
        raise
    except LvsError as error:
        trouble = _over(kept)
        if trouble:
            error.mend = "; ".join(filter(None, (error.mend, trouble)))
        raise
    return Carried(path, _over(kept))


def plan_recovery(cut: journal.Journal, state: State, forward: bool) -> Recovery:
    """What finishing a restore that was cut off, or taking it back, has left to do on the table as it is. Raises
    BadInput when the journal's rules cannot be read."""
    was, wanted = (rules_from_document(document, str(cut.path))[0] for document in (cut.was, cut.wanted))
    return recovery(rules_of(state), Undertaking(was, wanted, cut.about.flushed), forward)


def recover(
    source: Source,
    todo: Recovery,
    cut: journal.Journal,
    kept: Kept,
    interrupted: Callable[[], bool] = lambda: False,
    purpose: Purpose = UNNAMED,
) -> str:
    """Carries out what is left of a restore that was cut off, and removes its journal; returns what is to be said where
    that cannot be removed, "" otherwise. Raises what carry_out raises; the journal then stays, for the table is between
    the two again."""
    with _spare():
        carry_out(source, todo.changes, todo.now, f"{cut.about.kept}; {_MEND}", interrupted, purpose)
    return _over(kept)


def settled(kept: Kept, others: Notice | None, what: str) -> None:
    """There is no journal of ours: says nothing more of one to others. Raises NotDone where another's restore is
    unfinished."""
    if others is not None:
        raise NotDone(what, _others_cut_off(others), _others_mend(others, kept))
    notice.write(kept.notice, None, kept.group)


def outlived(cut: journal.Journal, kept: Kept) -> bool:
    """Whether a restore was cut off when the machine went down, and its table with it; its journal is removed then."""
    if cut.about.boot == kept.boot:
        return False
    journal.end(cut.path)
    return True


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
