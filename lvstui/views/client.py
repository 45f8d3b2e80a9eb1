"""Where a client goes, in words: lines of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lvstui.director.connections import Sample
from lvstui.director.model import server_text
from lvstui.director.whereto import Way
from lvstui.views.connections import left
from lvstui.views.names import Names
from lvstui.views.number import count
from lvstui.views.words import service_name


def read_words(sample: Sample, total: int | None) -> str:
    """How far the table was looked through."""
    if sample.whole:
        return f"the whole table was looked through: {sample.seen:,} rows in {sample.seconds:.1f} s"
    of = f"about {total:,}" if total is not None else "more"
    return f"looked through: the first {sample.seen:,} of {of} rows, {sample.seconds:.1f} s; the rest is not known"


def told(way: Way, names: Names, whole: bool) -> Iterator[tuple[str, str]]:
    """The lines of one service."""
    called = names.service(way.service)
    yield f"{service_name(way.service)}{f'  {called}' if called else ''}", "title"
    for server, states, longest in way.now:
        of = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        name = _name(server_text(server), names.server(server))
        yield f"   has   {count(sum(states.values()), 'connection')} to {name}: {of}, {left(longest)} left", ""
    if not way.now:
        yield f"   has   no connection{'' if whole else ' in what was read'}", "dim"
    if way.server is not None:
        name = _name(server_text(way.server), names.server(way.server))
        rest = f", {left(way.bound.left)} left" if way.bound is not None and "binds it" in way.why else ""
        yield f"   next  {name}: {way.why}{rest}", ""
    elif way.refused:
        yield f"   next  refused: {way.why}", "down"
    else:
        yield f"   next  not known: {way.why}", "dim"


def verdict(ways: Sequence[Way]) -> str:
    """What the bottom line says in the end."""
    on = sum(sum(sum(states.values()) for _, states, _ in way.now) for way in ways)
    known = sum(way.server is not None for way in ways)
    return f"{count(on, 'connection')}; of {count(len(ways), 'service')} it is known of {known} where the next one goes"


def _name(address: str, called: str) -> str:
    return f"{called} ({address})" if called else address
