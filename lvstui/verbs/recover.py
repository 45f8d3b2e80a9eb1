"""--resume and --rollback: a restore that was cut off is finished, or taken back."""

from __future__ import annotations

from lvstui.director.errors import NotDone
from lvstui.director.remarks import Remark
from lvstui.director.source import Source
from lvstui.places import Kept
from lvstui.restoring import cut_off, held, outlived, plan_recovery, recover, settled
from lvstui.store import journal
from lvstui.verbs.deferred import deferred
from lvstui.verbs.restore import number
from lvstui.verbs.verb import Ask, Verb, complete
from lvstui.views import summary


def run(source: Source, forward: bool, kept: Kept, dry_run: bool, yes: bool, ask: Ask) -> Verb:
    """Finishes the restore that the journal tells of (`forward`), or takes it back. Rules that someone else changed
    since are left as they are, and named. Returns 0 when all is as wanted, 1 when something was left, or when a dry
    run finds something to do. Raises NotDone, also when there is nothing to recover, Refused and RollbackFailed."""
    what = "--resume" if forward else "--rollback"
    with held(kept, what) as others:
        cut = journal.found(kept.journal)
        if cut is None:
            settled(kept, others, what)
            raise NotDone(what, "no restore was cut off here")
        if outlived(cut, kept):
            why = f"{cut_off(cut)} when the machine went down, and its table went with it"
            raise NotDone(what, why, f"the table as it was: {cut.about.kept}")
        state = complete(source, what)
        todo = plan_recovery(cut, state, forward)
        yield f"{cut_off(cut)}: {number(len(todo.changes))} of {cut.about.changes} left to {_WORD[forward]}\n"
        yield from summary.grouped(todo.changes, len(todo.changes))
        yield from (Remark(what, 0, f"{text}: left as it is") for text in todo.left)
        if dry_run:
            return 1 if todo.changes or todo.left else 0
        if state.read_only:
            raise NotDone(what, f"read-only: {state.read_only}")
        if todo.changes and not yes and not ask(f"apply {number(len(todo.changes))}?"):
            raise NotDone(what, "not confirmed; nothing was changed")
        with deferred() as interrupted:
            trouble = recover(source, todo, cut, kept, interrupted)
        yield f"done: the restore of {cut.about.name} is {_DONE[forward]}; the table as it was: {cut.about.kept}\n"
        if trouble:
            yield Remark(what, 0, f"all is done; {trouble}")
        return 1 if todo.left else 0


_WORD = {True: "make", False: "take back"}
_DONE = {True: "finished", False: "taken back"}
