"""--restore: makes the kernel equal a file by the smallest set of changes, or leaves it as it was.

Never clears. Shows the plan and what it costs, asks, looks once more whether somebody else changed the table
meanwhile, keeps the table as it was in a file, sends; a refused change takes the earlier ones back.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from lvstui.director.change import Change
from lvstui.director.errors import NotDone
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.plan import plan
from lvstui.director.source import Scope, Source
from lvstui.director.state import State, rules_of
from lvstui.director.transaction import carry_out, touched
from lvstui.formats import toml
from lvstui.formats.contents import contents_of_state
from lvstui.formats.files import Read
from lvstui.store.before import keep
from lvstui.verbs.deferred import deferred
from lvstui.verbs.verb import Ask, Verb, complete
from lvstui.views import summary

_SHOWN = 40
"""Commands of a plan that are shown before asking; --dry-run shows all."""


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
    with deferred() as interrupted:  # an interrupt waits for the batch at hand, then takes everything back
        carry_out(source, changes, now, str(before), interrupted)
    yield f"done: {_number(len(changes))} in {time.monotonic() - started:.2f} s; the table as it was: {before}\n"
    return 0


def _unchanged(source: Source, changes: tuple[Change, ...], state: State, now: RuleSet) -> None:
    """Looks again, at every service and at the servers of those that the plan touches. Raises NotDone on drift."""
    there = touched(changes) & now.rules.keys() if now.rules else frozenset[ServiceKey]()
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


def _number(count: int) -> str:
    return f"{count} change{'s' if count != 1 else ''}"
