"""--watch: the table in plain text, then a line for each change, for terminals that cannot move a cursor and for screen
readers. Of a recording: all of it at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from lvstui.director.errors import LvsError
from lvstui.director.remarks import Remark
from lvstui.director.seen import seen, swept
from lvstui.director.source import Scope, Source
from lvstui.director.state import State
from lvstui.store.replay import Replay
from lvstui.verbs.verb import Verb
from lvstui.views import table, watch

_SCOPE = Scope(sweep=True, settings=True, vrrp=True)
_TOTALS = 60.0
"""Seconds between two lines of totals, which move all the time."""


def run(source: Source, interval: float, sleep: Callable[[float], None] = time.sleep) -> Verb:
    """Watches until it is interrupted. Raises LvsError when not even the first reading comes."""
    try:
        first = source.read(_SCOPE)
        return (yield from _told(first, _read(source, interval, sleep)))
    finally:
        source.close()


def of(replay: Replay) -> Verb:
    """All that happens in a recording."""
    if replay.remark:
        yield Remark("recording", 0, replay.remark)
    states = replay.states()
    return (yield from _told(next(states), states))


def _read(source: Source, interval: float, sleep: Callable[[float], None]) -> Iterator[State | LvsError]:
    while True:
        sleep(interval)
        try:
            yield source.read(_SCOPE)
        except LvsError as error:
            yield error


def _told(first: State, later: Iterable[State | LvsError]) -> Verb:
    """The first State as a table, then what changes."""
    yield from table.plain(first)
    yield watch.line(first.taken, watch.totals(first))
    before, standing, notes = swept(first), watch.standing(first), first.notes
    told, said = watch.totals(first), first.taken
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
        now = swept(state)
        yield from watch.changes(state, seen(before, now, ()))
        if not standing and (standing := watch.standing(state)):
            yield watch.line(state.taken, standing)
        yield from (watch.line(state.taken, note) for note in state.notes if note not in notes)
        before, notes = now, state.notes
        if state.taken - said >= _TOTALS and watch.totals(state) != told:
            told, said = watch.totals(state), state.taken
            yield watch.line(state.taken, told)
    return 0
