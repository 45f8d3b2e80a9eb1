"""What every verb shares: its type, the way it asks, and the complete reads that verbs need."""

from __future__ import annotations

from _collections_abc import Callable, Generator, Iterable

from lvstui.director.remarks import Remark
from lvstui.director.source import RULES, Scope, Source
from lvstui.director.state import State
from lvstui.values import NamedTuple


class Coloured(NamedTuple):
    """Whole lines of text for standard output, in a colour (an SGR parameter). A verb writes no escape sequence
    itself."""

    text: str
    colour: str


Verb = Generator[str | Coloured | Remark, None, int]
"""Yields text for standard output and Remarks for standard error; returns the exit code."""

Ask = Callable[[str], bool]
"""Asks the operator a yes-or-no question, after everything yielded so far has been shown. Raises NotDone when nobody
can answer."""


def whole(source: Source) -> State:
    """The whole table with its settings, without counters, as far as this source can read it. Raises Unavailable."""
    return source.read(RULES)


def complete(source: Source, what: str, scope: Scope = RULES) -> State:
    """The whole table, without counters. Raises Unavailable, also where the source cannot read all of it."""
    from lvstui.operations.all_rules import with_all_rules

    return with_all_rules(source.read(scope), what)


def remarks(remarks: Iterable[Remark]) -> Generator[str | Remark, None, None]:
    """Yields the remarks of a reader."""
    yield from remarks
