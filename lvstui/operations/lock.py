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
from lvstui.places import TablePaths
from lvstui.store import journal, notice, noticed
from lvstui.store.lock import is_locked, locked, user_name
from lvstui.store.noticed import Notice


@contextmanager
def held(paths: TablePaths, what: str = "a change") -> Iterator[Notice | None]:
    """Holds the lock of this table, and writes a notice for other users. Yields the notice of an unfinished restore
    that belongs to another user, None where there is none. Raises NotDone at once when the lock is taken, Unavailable
    without the permission to take it."""
    with locked(paths.lock, "restore", paths.group):
        other = noticed.unfinished(paths.notice, paths.boot)
        if other is None and not os.path.lexists(paths.journal):
            tell(paths, what)
        try:
            yield other if other is not None and other.journal != str(paths.journal) else None
        finally:
            now = noticed.read(paths.notice)
            if now is not None and not now.journal:
                with suppress(LvsError):  # the notice only says who worked; the free lock says that nobody does now
                    notice.write(paths.notice, None, paths.group)


@contextmanager
def alone(paths: TablePaths) -> Iterator[None]:
    """While this context is open, no other restore or change of this table runs. Raises NotDone at once when another
    one holds the lock, or when an earlier restore, by any user, was cut off and is neither finished nor taken back."""
    with held(paths) as others:
        cut = journal.unfinished(paths.journal)
        if cut is not None:
            if cut.about.boot == paths.boot:
                raise NotDone("restore", f"{cut_off(cut)}, and comes first", MEND)
            journal.end(cut.path)  # its table was lost when the machine went down
        if others is not None:
            raise NotDone("restore", f"{noticed.cut_off(others)}, and comes first", _others_mend(others, paths))
        yield


_SPARE = 4
"""File descriptors that removing the journal needs."""
MEND = noticed.MENDS


def cut_off(cut: journal.Journal) -> str:
    """`the restore of x.toml begun at 03:12:07 was cut off`"""
    return f"the restore of {cut.about.name} begun {noticed.age(cut.about.started, time.time())} was cut off"


def warning(paths: TablePaths) -> str:
    """A warning line about a restore that was cut off, shown by every verb; "" when there is none, or when it still
    runs. Raises BadInput when the journal cannot be read."""
    if not unsettled(paths):
        return ""
    held_now = is_locked(paths.lock)
    if held_now:
        return ""
    cut = journal.unfinished(paths.journal)
    if cut is None:
        notice = noticed.unfinished(paths.notice, paths.boot)
        if notice is None:
            return ""
        if held_now is None:
            began = noticed.age(notice.since, time.time())
            return f"{notice.what} by {notice.who}, begun {began}, is under way or was cut off"
        return f"{noticed.cut_off(notice)}; {_others_mend(notice, paths)}"
    if cut.about.boot != paths.boot:
        return f"{cut_off(cut)} when the machine went down; the table as it was: {cut.about.table_before}"
    return f"{cut_off(cut)}; {MEND}"


def unsettled(paths: TablePaths) -> bool:
    """Whether there may be an unfinished restore, ours or another user's. This is a quick check."""
    if os.path.lexists(paths.journal):
        return True
    notice = noticed.read(paths.notice)
    return notice is not None and bool(notice.journal)


def _others_mend(notice: Notice, paths: TablePaths) -> str:
    return (
        f"lvstui --resume by {notice.who} finishes it, --rollback takes it back (journal: {notice.journal}); "
        f"if neither can be: look at the table, then truncate -s 0 {paths.notice}"
    )


def tell(paths: TablePaths, what: str, begun: bool = False) -> None:
    """Writes the notice that tells other users who works on the table. `begun`: the notice also says that a restore of
    ours is unfinished, until it is overwritten."""
    journal_path = str(paths.journal) if begun else ""
    own = Notice(user_name(os.geteuid()), os.getpid(), time.time(), what, journal_path, paths.boot)
    notice.write(paths.notice, own, paths.group)


def spare() -> ExitStack:
    """Reserves file descriptors while changes are sent, so that the journal can be removed even when the limit on open
    files is low. Raises NotDone where there are too few."""
    open_now = ExitStack()
    try:
        for _ in range(_SPARE):
            open_now.callback(os.close, os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        open_now.close()
        raise NotDone("restore", f"too few files may be open at once: {error.strerror}", "ulimit -n 64") from None
    return open_now


def over(paths: TablePaths) -> str:
    """Removes the journal, then the notice. Returns a remark where that fails, "" otherwise: the table is as wanted in
    either case."""
    try:
        journal.end(paths.journal)
        notice.write(paths.notice, None, paths.group)
    except LvsError as error:
        return f"{error}; {error.mend}"
    return ""


def settled(paths: TablePaths, others: Notice | None, what: str) -> None:
    """Clears a notice of ours once we have no journal. Raises NotDone where another user's restore is unfinished."""
    if others is not None:
        raise NotDone(what, noticed.cut_off(others), _others_mend(others, paths))
    notice.write(paths.notice, None, paths.group)


def outlived(cut: journal.Journal, paths: TablePaths) -> bool:
    """Whether a restore was cut off because the machine went down, and its table with it. Its journal is then
    removed."""
    if cut.about.boot == paths.boot:
        return False
    journal.end(cut.path)
    return True
