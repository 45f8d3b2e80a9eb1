"""--restore: makes the kernel equal a file by the smallest set of changes, or leaves it as it was.

Never clears. Shows the plan and what it costs, asks, looks once more whether somebody else changed the table
meanwhile, keeps the table as it was in a file, sends; a refused change takes the earlier ones back.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from lvstui.director.change import Change, inverse
from lvstui.director.errors import LvsError, NotDone, Refused, RollbackFailed
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.plan import plan
from lvstui.director.source import Scope, Source
from lvstui.director.state import State, rules_of
from lvstui.formats import toml
from lvstui.formats.contents import contents_of_state
from lvstui.formats.files import Read
from lvstui.store.before import keep
from lvstui.verbs.deferred import deferred
from lvstui.verbs.verb import Ask, Verb, complete
from lvstui.views import summary

_SHOWN = 40
"""Commands of a plan that are shown before asking; --dry-run shows all."""

_BATCH = 8192
"""Changes sent at once: so many may still be carried out after one that is refused, and are then taken back."""


class Options(NamedTuple):
    """--dry-run, --yes and --allow-outage."""

    dry_run: bool = False
    yes: bool = False
    allow_outage: bool = False


def run(source: Source, wanted: Read, name: str, options: Options, folder: Path, ask: Ask) -> Verb:
    """Restores `wanted`, which was read from `name`; `folder` keeps the tables as they were. Returns 0 when the
    table is as wanted, 1 when a dry run finds a difference. Raises NotDone, Unavailable, Refused (rolled back) and
    RollbackFailed."""
    yield from wanted.remarks
    state = complete(source, "--restore")
    now = rules_of(state)
    changes = plan(now, wanted.rules)
    if not changes:
        yield f"{name}: nothing differs\n"
        return 0
    shown = len(changes) if options.dry_run else _SHOWN
    yield f"{name}: {summary.counts(changes)}\n"
    yield from summary.commands(changes[:shown])
    if len(changes) > shown:
        yield f"... and {len(changes) - shown} more; --dry-run shows all\n"
    price = summary.cost(changes, state)
    if price:
        yield f"cost: {price}\n"
    outages = summary.outages(changes, now)
    yield from (f"outage: {text}\n" for text in outages)
    if options.dry_run:
        return 1
    if state.read_only:
        raise NotDone("--restore", f"read-only: {state.read_only}")
    if outages and not options.allow_outage:
        raise NotDone("--restore", f"{outages[0]}; nothing was changed", "give --allow-outage if that is meant")
    if not options.yes and not ask(f"apply {_number(len(changes))}?"):
        raise NotDone("--restore", "not confirmed; nothing was changed")
    _unchanged(source, changes, state, now)
    before = keep(folder, state.taken, toml.write(contents_of_state(state)))
    started = time.monotonic()
    _send(source, changes, now, before)
    yield f"done: {_number(len(changes))} in {time.monotonic() - started:.2f} s; the table as it was: {before}\n"
    return 0


def _unchanged(source: Source, changes: tuple[Change, ...], state: State, now: RuleSet) -> None:
    """Looks again, at every service and at the servers of those that the plan touches. Raises NotDone on drift."""
    there = summary.touched(changes) & now.rules.keys() if now.rules else frozenset[ServiceKey]()
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
        raise NotDone("--restore", "someone else changed the table meanwhile; nothing was changed", "restore again")


def _send(source: Source, changes: tuple[Change, ...], now: RuleSet, before: Path) -> None:
    """Sends all changes. Raises Refused when one is refused, NotDone when the operator interrupts; what was done is
    taken back first. An interrupt waits for the batch at hand, so that the outcome of every change is known."""
    done: list[Change] = []
    with deferred() as interrupted:
        for start in range(0, len(changes), _BATCH):
            try:
                outcomes = source.send(changes[start : start + _BATCH])
            except Exception as error:
                _back_to(source, now, before, error)
            done += [outcome.change for outcome in outcomes if outcome.sent and outcome.error is None]
            refused = [outcome.error for outcome in outcomes if outcome.error is not None]
            if refused:
                # A plan touches each rule once, so the inverse of each change leads back to `now` wherever it stands.
                undo = [change for last in reversed(done) for change in inverse(last, now)]
                _undo(source, undo, before, refused[0])
                raise _taken_back(refused[0], len(done))
            if interrupted() and len(done) < len(changes):
                undo = [change for last in reversed(done) for change in inverse(last, now)]
                stop = NotDone("--restore", "interrupted")
                _undo(source, undo, before, stop)
                raise NotDone("--restore", f"interrupted; {_number(len(done))} done before taken back")


def _back_to(source: Source, now: RuleSet, before: Path, error: Exception) -> NoReturn:
    """After a send of unknown outcome: reads what the table has become, takes that back, and raises what to tell."""
    cause = error if isinstance(error, LvsError) else LvsError("--restore", f"{type(error).__name__}: {error}")
    try:
        undo = plan(rules_of(complete(source, "--restore")), now)
    except LvsError as broken:
        raise _left(cause, broken, before) from error
    if not undo:
        raise error
    _undo(source, undo, before, cause)
    raise _taken_back(cause, len(undo)) from error


def _undo(source: Source, changes: Sequence[Change], before: Path, cause: LvsError) -> None:
    """Sends what takes everything back. Raises RollbackFailed when even that is refused."""
    failed: LvsError | None = None
    try:
        for start in range(0, len(changes), _BATCH):
            for outcome in source.send(changes[start : start + _BATCH]):
                failed = failed or outcome.error
    except LvsError as broken:
        failed = broken
    if failed is not None:
        raise _left(cause, failed, before)


def _left(cause: LvsError, failed: LvsError, before: Path) -> RollbackFailed:
    why = f"{cause.why}; then taking back what was done failed: {failed}"
    return RollbackFailed(cause.what, why, f"the table as it was: {before}")


def _taken_back(cause: LvsError, count: int) -> Refused:
    what_became = f"; {_number(count)} done before it taken back" if count else "; nothing was changed"
    code = cause.errno if isinstance(cause, Refused) else 0
    return Refused(cause.what, cause.why + what_became, cause.mend, code)


def _number(count: int) -> str:
    return f"{count} change{'s' if count != 1 else ''}"
