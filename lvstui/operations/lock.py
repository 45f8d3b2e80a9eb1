"""The lock of the table, and what is said of a restore that was cut off.

alone()      the lock, and the notice beside it; a restore that was cut off comes first
held()       the same, to finish that restore or to take it back
warning()    one line of it, for whoever starts anything
"""

from __future__ import annotations

import os
import time
from _collections_abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from lvstui.director.errors import LvsError, NotDone
from lvstui.places import Kept
from lvstui.store import journal, notice, noticed
from lvstui.store.lock import is_locked, locked, user_name
from lvstui.store.noticed import Notice


@contextmanager
def held(kept: Kept, what: str = "a change") -> Iterator[Notice | None]:
    """Holds the lock of this table, and says so to everybody; gives the notice of an unfinished restore that is not
    ours, None where there is none. Raises NotDone at once when another one is under way, Unavailable without the right
    to the lock."""
    with locked(kept.lock, "restore", kept.group):
        told = noticed.unfinished(kept.notice, kept.boot)
        if told is None and not os.path.lexists(kept.journal):
            tell(kept, what)
        try:
            yield told if told is not None and told.journal != str(kept.journal) else None
        finally:
            now = noticed.read(kept.notice)
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
                raise NotDone("restore", f"{cut_off(cut)}, and comes first", MEND)
            journal.end(cut.path)  # the table it spoke of went with the machine
        if others is not None:
            raise NotDone("restore", f"{noticed.cut_off(others)}, and comes first", _others_mend(others, kept))
        yield


_SPARE = 4
"""File descriptors: as many as putting the journal away takes."""
MEND = noticed.MENDS


def cut_off(cut: journal.Journal) -> str:
    """`the restore of x.toml begun at 03:12:07 was cut off`"""
    return f"the restore of {cut.about.name} begun {noticed.age(cut.about.started, time.time())} was cut off"


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
        told = noticed.unfinished(kept.notice, kept.boot)
        if told is None:
            return ""
        if held_now is None:
            began = noticed.age(told.since, time.time())
            return f"{told.what} by {told.who}, begun {began}, is under way or was cut off"
        return f"{noticed.cut_off(told)}; {_others_mend(told, kept)}"
    if cut.about.boot != kept.boot:
        return f"{cut_off(cut)} when the machine went down; the table as it was: {cut.about.kept}"
    return f"{cut_off(cut)}; {MEND}"


def unsettled(kept: Kept) -> bool:
    """Whether there may be an unfinished restore, ours or another's: a glance."""
    if os.path.lexists(kept.journal):
        return True
    told = noticed.read(kept.notice)
    return told is not None and bool(told.journal)


def _others_mend(told: Notice, kept: Kept) -> str:
    return (
        f"lvstui --resume by {told.who} finishes it, --rollback takes it back (journal: {told.journal}); "
        f"if neither can be: look at the table, then truncate -s 0 {kept.notice}"
    )


def tell(kept: Kept, what: str, begun: bool = False) -> None:
    """Says to everybody who works; `begun`: and that a restore of ours is unfinished until it says otherwise."""
    journal_path = str(kept.journal) if begun else ""
    told = Notice(user_name(os.geteuid()), os.getpid(), time.time(), what, journal_path, kept.boot)
    notice.write(kept.notice, told, kept.group)


def spare() -> ExitStack:
    """Descriptors that are held while changes are sent, so that there are enough to remove the journal with, however
    few may be open. Raises NotDone where there are not."""
    open_now = ExitStack()
    try:
        for _ in range(_SPARE):
            open_now.callback(os.close, os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        open_now.close()
        raise NotDone("restore", f"too few files may be open at once: {error.strerror}", "ulimit -n 64") from None
    return open_now


def over(kept: Kept) -> str:
    """Removes the journal, then the notice. Returns what is to be said where that fails: the table is as it is to be
    either way."""
    try:
        journal.end(kept.journal)
        notice.write(kept.notice, None, kept.group)
    except LvsError as error:
        return f"{error}; {error.mend}"
    return ""


def settled(kept: Kept, others: Notice | None, what: str) -> None:
    """There is no journal of ours: says nothing more of one to others. Raises NotDone where another's restore is
    unfinished."""
    if others is not None:
        raise NotDone(what, noticed.cut_off(others), _others_mend(others, kept))
    notice.write(kept.notice, None, kept.group)


def outlived(cut: journal.Journal, kept: Kept) -> bool:
    """Whether a restore was cut off when the machine went down, and its table with it; its journal is removed then."""
    if cut.about.boot == kept.boot:
        return False
    journal.end(cut.path)
    return True
