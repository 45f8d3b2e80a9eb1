"""--restore: makes the kernel equal a file by the smallest set of changes, or leaves it as it was.

Never clears the table, except with --replace. Shows the plan and its cost, asks, and restores (operations/restore.py);
a refused change takes the earlier ones back.
"""

from __future__ import annotations

from lvstui.director.remarks import Remark
from lvstui.director.source import Source
from lvstui.formats.rule_files import RuleFile
from lvstui.operations.restore import RestoreMode, restore
from lvstui.places import TablePaths
from lvstui.values import NamedTuple
from lvstui.verbs import questions
from lvstui.verbs.runner import Runner
from lvstui.verbs.verb import Ask, Verb
from lvstui.views.number import count


class RestoreOptions(NamedTuple):
    """--dry-run, --yes and --allow-outage; --merge: delete nothing; --keep-weights: servers in the table keep their
    weights; --replace: empty the table first."""

    dry_run: bool = False
    yes: bool = False
    allow_outage: bool = False
    merge: bool = False
    keep_weights: bool = False
    replace: bool = False


def run(source: Source, wanted: RuleFile, name: str, options: RestoreOptions, paths: TablePaths, ask: Ask) -> Verb:
    """Restores `wanted`, which was read from `name`; `paths` has the folders for earlier tables, the journal and the
    lock. Returns 0 when the table is as wanted, 1 when a dry run finds a difference. Raises NotDone, Unavailable,
    Refused (rolled back) and RollbackFailed."""
    how = RestoreMode(options.merge, options.keep_weights, options.replace)
    asks = questions.ChangeOptions(options.dry_run, options.allow_outage, None if options.yes else ask)
    yield from wanted.remarks
    done = yield from Runner(source, asks, paths).perform(restore(wanted.rules, name, paths, how, "--restore"))
    if done is None:
        return 1
    if not done.changes:
        yield f"{name}: nothing differs\n"
        return 0
    changes = count(len(done.changes), "change")
    yield f"done: {changes} in {done.seconds:.2f} s; the table as it was: {done.before}\n"
    if done.trouble:
        yield Remark("--restore", 0, f"all changes are done, but {done.trouble}")
    return 0
