"""Where a client goes, in words: lines of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from lvstui.director.client_path import ClientPath
from lvstui.director.connections import CLOSING, OPENING, ConnectionSample
from lvstui.director.model import server_text
from lvstui.views.connection_fields import left
from lvstui.views.number import count
from lvstui.views.operator_names import OperatorNames
from lvstui.views.rule_words import service_name

_WORDS = ("open", "not answered", "opening", "closing", "other")


def read_words(sample: ConnectionSample, total: int | None) -> str:
    """How much of the connection table was read."""
    if sample.whole:
        return f"the whole table was read: {sample.seen:,} rows in {sample.seconds:.1f} s"
    of = f"about {total:,}" if total is not None else "more"
    return f"read: the first {sample.seen:,} of {of} rows, {sample.seconds:.1f} s; not the rest"


def service_lines(way: ClientPath, names: OperatorNames, whole: bool) -> Iterator[tuple[str, str]]:
    """The lines of one service."""
    called = names.service(way.service)
    yield f"{service_name(way.service)}{f'  {called}' if called else ''}", "title"
    for server, states, longest in way.now:
        name = _name(server_text(server), names.server(server))
        yield f"   has   {sum(states.values())} to {name}: {_in_words(states)}, {left(longest)} left", ""
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


def _in_words(states: Mapping[str, int]) -> str:
    """`3 open, 1 not answered, 11 closing`"""
    named = {"ESTABLISHED": "open", "UDP": "open", "SYN_RECV": "not answered"}
    named |= dict.fromkeys(OPENING - {"SYN_RECV"}, "opening") | dict.fromkeys(CLOSING, "closing")
    counts = Counter[str]()
    for state, number in states.items():
        counts[named.get(state, "other")] += number
    return ", ".join(f"{counts[word]} {word}" for word in _WORDS if counts[word])


def unowned_words(number: int) -> str:
    """The text about connections that belong to no service."""
    verb = "has" if number == 1 else "have"
    return f"{count(number, 'more connection')} {verb} no known service: a firewall mark is not shown, or it is gone"


def more_words(number: int, client: str) -> str:
    """The text that says that some services are left out."""
    verb = "is" if number == 1 else "are"
    return f"{count(number, 'more service')} {verb} not shown: :client {client} SERVICE"


def verdict(ways: Sequence[ClientPath], whole: bool, more: int) -> str:
    """The text for the bottom line at the end."""
    on = sum(sum(sum(states.values()) for _, states, _ in way.now) for way in ways)
    known = sum(way.server is not None for way in ways)
    read = "" if whole else " in what was read"
    rest = f", {more} not shown" if more else ""
    return f"{count(on, 'connection')}{read}; the next one is known in {known} of {count(len(ways), 'service')}{rest}"


def _name(address: str, called: str) -> str:
    return f"{called} ({address})" if called else address
