"""--list: the table once, for people or for machines."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from lvstui.director.seen import other_rules, swept
from lvstui.director.source import EVERYTHING, Scope, Source, Telling, on_news
from lvstui.director.state import State
from lvstui.formats import files
from lvstui.formats.contents import snapshot_of_state
from lvstui.verbs.verb import Verb, complete, whole

if TYPE_CHECKING:
    from lvstui.views.past import Past

_PATIENCE = 20.0
"""Seconds that one shot of everything waits at most to learn how this director stands in VRRP. Only a machine that is
very slow needs them, and what has failed is not waited for; what is not known then is said to be so."""
_LOOKS = 0.2
"""Seconds between two looks whether it is known, where the source has no news."""
_ANSWER = 6.0
"""Seconds more for keepalived's answer, when it is asked."""

FORMATS = ("table", *files.KINDS)


def run(source: Source, kind: str, ask: bool = False) -> Verb:
    """Prints the table as `kind`; `ask`: JSON tells what keepalived's checks said, too. A source that cannot tell every
    rule still gives a table and JSON, which say what is unknown; ipvsadm text and TOML would lie. Raises
    Unavailable."""
    if kind == "table":
        from lvstui.views import table

        yield from table.plain(whole(source))
    elif kind == "json":
        from lvstui.formats.readings import write_readings
        from lvstui.views.checks import settled

        state, past, sure = _all_there_is(source, ask)
        yield from write_readings(state, lambda key: settled(state, key, past), sure)
    else:
        yield from files.render(snapshot_of_state(complete(source, f"--list --format {kind}")), kind)
    return 0


def _all_there_is(source: Source, ask: bool) -> tuple[State, Past, bool]:
    """The whole table, and all that is known around it; whether what keepalived has loaded was looked at since the
    table is as it is. Who holds the virtual addresses, and what keepalived means and tells, becomes known a moment
    after the first asking."""
    from lvstui.views.past import Past

    scope = EVERYTHING._replace(vrrp=True, owner=True, ask=ask)
    past, end = Past(), time.monotonic() + _PATIENCE + (_ANSWER if ask else 0)
    news = threading.Event()
    on_news(source, news.set)
    state = source.read(scope)
    past.see(state, state.services.keys)
    rules, since, sure = swept(state), _ended(state), True
    if isinstance(source, Telling):
        while not _known(state, ask) and time.monotonic() < end:
            news.wait(_LOOKS)
            news.clear()
            state = source.read(Scope(vrrp=True, owner=True, ask=ask))
        while True:
            state = source.read(scope)
            past.see(state, state.services.keys)
            if other_rules(rules, now := swept(state)):
                rules, since = now, _ended(state)
            keeping = state.keeping
            sure = keeping is None or keeping.explains(since, gone=keeping.misses(frozenset(state.services.keys)))
            if sure or time.monotonic() >= end:
                break
            news.wait(_LOOKS)
            news.clear()
    return state, past, sure


def _ended(state: State) -> float:
    """When the last of its rules was read."""
    return max(state.at, state.swept or state.at)


def _known(state: State, ask: bool) -> bool:
    if state.vrrp.unread or state.owner != "keepalived":
        return not state.vrrp.unread
    return state.keeping is not None and (state.keeping.told is not None or not ask or bool(state.vrrp.trouble))
