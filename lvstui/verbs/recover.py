"""--resume and --rollback: finish a restore that was cut off, or take it back."""

from __future__ import annotations

from lvstui.director.remarks import Remark
from lvstui.director.source import Source
from lvstui.operations.restore import recover
from lvstui.places import TablePaths
from lvstui.verbs.questions import ChangeOptions
from lvstui.verbs.runner import Runner
from lvstui.verbs.verb import Ask, Verb

_DONE = {True: "finished", False: "taken back"}


def run(source: Source, forward: bool, paths: TablePaths, dry_run: bool, yes: bool, ask: Ask) -> Verb:
    """Finishes the restore of the journal (`forward`), or takes it back. Rules that someone else changed since are left
    alone and reported. Returns 0 when everything is as wanted, 1 when something was left alone or a dry run finds
    something to do. Raises NotDone, also when there is nothing to recover, Refused and RollbackFailed."""
    what = "--resume" if forward else "--rollback"
    runner = Runner(source, ChangeOptions(dry_run, ask=None if yes else ask), paths)
    recovered = yield from runner.perform(recover((forward,), paths, what))
    cut, todo = recovered.cut, recovered.plans[forward]
    if recovered.forward is None:
        return 1 if todo.changes or todo.left else 0
    yield f"done: the restore of {cut.about.name} is {_DONE[forward]}; the table as it was: {cut.about.table_before}\n"
    if recovered.trouble:
        yield Remark(what, 0, f"all changes are done, but {recovered.trouble}")
    return 1 if todo.left else 0
