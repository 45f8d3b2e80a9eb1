"""--watch: prints the table as plain text, then a line for each change, for terminals that cannot move a cursor and for
screen readers. For a recording, prints all of it at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from lvstui.director.errors import LvsError
from lvstui.director.remarks import Remark
from lvstui.director.serving import tallied
from lvstui.director.source import Scope, Source
from lvstui.director.state import State
from lvstui.director.sweeps import observed_changes, swept
from lvstui.store.replay import Replay
from lvstui.verbs.verb import Verb
from lvstui.views import table, watch

_SCOPE = Scope(sweep=True, settings=True, vrrp=True, owner=True)
_TOTALS = 60.0
"""Seconds between two lines of totals, which change all the time."""


def run(source: Source, interval: float, sleep: Callable[[float], None] = time.sleep) -> Verb:
    """Runs until it is interrupted. Raises LvsError when even the first read fails."""
    try:
        first = source.read(_SCOPE)
        return (yield from _watch(first, _read(source, interval, sleep)))
    finally:
        source.close()


def of(replay: Replay) -> Verb:
    """Prints everything that happens in a recording."""
    if replay.remark:
        yield Remark("recording", 0, replay.remark)
    states = replay.states()
    return (yield from _watch(next(states), states))


def _read(source: Source, interval: float, sleep: Callable[[float], None]) -> Iterator[State | LvsError]:
    while True:
        sleep(interval)
        try:
            yield source.read(_SCOPE)
        except LvsError as error:
            yield error


def _watch(first: State, later: Iterable[State | LvsError]) -> Verb:
    """Prints the first State as a table, then the changes."""
    yield from table.plain(first)
    tally = tallied(first)
    totals, said = watch.totals(first, tally), first.taken
    yield watch.line(first.taken, totals)
    before, standing, notes = swept(first), watch.standing(first), first.notes
    serves = watch.serving(tally), watch.trouble(tally)
    trouble = ""
    if standing:
        yield watch.line(first.taken, standing)
    for state in later:
        if isinstance(state, LvsError):
            if state.why != trouble:
                trouble = state.why
                yield watch.line(time.time(), f"STALE: {trouble}")
            continue
        if trouble:
            trouble = ""
            yield watch.line(state.taken, "read again")
        now, tally = swept(state), tallied(state, tally)
        yield from watch.changes(state, observed_changes(before, now, ()), tally)
        if not standing and (standing := watch.standing(state)):
            yield watch.line(state.taken, standing)
        yield from (watch.line(state.taken, note) for note in state.notes if note not in notes)
        before, notes = now, state.notes
        # A change in what serves is printed at once, totals once a minute.
        late = state.taken - said >= _TOTALS and watch.totals(state, tally) != totals
        if state.load is not None:
            serves_now = watch.serving(tally), watch.trouble(tally)
            late, serves = late or serves_now != serves, serves_now
        if late:
            totals, said = watch.totals(state, tally), state.taken
            yield watch.line(state.taken, totals)
    return 0
