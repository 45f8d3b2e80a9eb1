"""--restore: makes the kernel equal a file by the smallest set of changes, or leaves it as it was.

Never clears, but for --replace. Shows the plan and what it costs, asks, looks once more whether somebody else changed
the table meanwhile, keeps the table as it was in a file, sends; a refused change takes the earlier ones back.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from lvstui.director.change import Change
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.model import RuleSet
from lvstui.director.plan import plan, replacement
from lvstui.director.remarks import Remark
from lvstui.director.source import Source
from lvstui.director.state import rules_of
from lvstui.director.wanted import keeping_weights, merged
from lvstui.formats.files import Read
from lvstui.places import Kept
from lvstui.restoring import alone, carry
from lvstui.verbs.deferred import deferred
from lvstui.verbs.verb import Ask, Verb, complete
from lvstui.views import summary

_SHOWN = 40
"""Commands of a plan that are shown before asking; --dry-run shows all."""


class Options(NamedTuple):
    """--dry-run, --yes and --allow-outage; --merge: delete nothing; --keep-weights: of servers that are there;
    --replace: empty the table first."""

    dry_run: bool = False
    yes: bool = False
    allow_outage: bool = False
    merge: bool = False
    keep_weights: bool = False
    replace: bool = False


def run(source: Source, wanted: Read, name: str, options: Options, kept: Kept, ask: Ask) -> Verb:
    """Restores `wanted`, which was read from `name`; `kept` is where the tables as they were, the journal and the
    lock are. Returns 0 when the table is as wanted, 1 when a dry run finds a difference. Raises NotDone, Unavailable,
    Refused (rolled back) and RollbackFailed."""
    if options.merge and options.replace:
        raise BadInput("--merge", "deletes nothing, and --replace empties the table", "give one of the two")
    yield from wanted.remarks
    if options.dry_run:
        return (yield from _restore(source, wanted.rules, name, options, kept, ask))
    with alone(kept):
        return (yield from _restore(source, wanted.rules, name, options, kept, ask))


def _restore(source: Source, wanted: RuleSet, name: str, options: Options, kept: Kept, ask: Ask) -> Verb:
    state = complete(source, "--restore")
    now = rules_of(state)
    changes = _changes(now, wanted, options)
    if not changes:
        yield f"{name}: nothing differs\n"
        return 0
    if options.replace:
        yield Remark("--replace", 0, "nothing is served between the first change and the last; without it nothing is")
    yield f"{name}: {summary.counts(changes)}\n"
    yield from summary.grouped(changes, len(changes) if options.dry_run else _SHOWN)
    price = summary.cost(changes, state)
    if price:
        yield f"cost: {price}\n"
    outages = summary.outages(changes, now, state)
    yield from (f"outage: {text}\n" for text in outages)
    if options.dry_run:
        return 1
    if state.read_only:
        raise NotDone("--restore", f"read-only: {state.read_only}")
    if outages and not options.allow_outage:
        raise NotDone("--restore", f"{outages[0]}; nothing was changed", "give --allow-outage if that is meant")
    if not options.yes and not ask(f"apply {number(len(changes))}?"):
        raise NotDone("--restore", "not confirmed; nothing was changed")
    started = time.monotonic()
    with deferred() as interrupted:  # an interrupt waits for the batch at hand, then takes everything back
        before, trouble = carry(source, changes, state, name, kept, interrupted)
    yield f"done: {number(len(changes))} in {time.monotonic() - started:.2f} s; the table as it was: {before}\n"
    if trouble:
        yield Remark("--restore", 0, f"all is done; {trouble}")
    return 0


def _changes(now: RuleSet, wanted: RuleSet, options: Options) -> tuple[Change, ...]:
    if options.merge:
        wanted = merged(now, wanted)
    if options.keep_weights:
        wanted = keeping_weights(now, wanted)
    return (replacement if options.replace else plan)(now, wanted)


def number(count: int) -> str:
    """`1 change`, `2 changes`."""
    return f"{count} change{'s' if count != 1 else ''}"
