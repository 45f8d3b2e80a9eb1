"""--list: the table once, for people or for machines."""

from __future__ import annotations

from lvstui.director.source import EVERYTHING, Scope, Source, Telling, on_news
from lvstui.director.state import State
from lvstui.formats import KINDS
from lvstui.values import TYPE_CHECKING
from lvstui.verbs.verb import Verb, complete, whole

if TYPE_CHECKING:
    from lvstui.views.past import Past

_PATIENCE = 20.0
"""Seconds that one shot of everything waits at most to learn how this director stands in VRRP. Only a machine that is
very slow needs them, and what has failed is not waited for; what is not known then is said to be so."""
_LOOKS = 0.2
"""Seconds between two looks whether it is known, where the source has no news."""
_ANSWER = 10.0
"""Seconds more for keepalived's answer, when it is asked: it is not asked within five seconds of another asking."""

FORMATS = ("table", *KINDS)


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
        unsettled = _unsettled(state, past) if ask else ""
        yield from write_readings(state, lambda key: settled(state, key, past), sure, unsettled)
    else:
        from lvstui.formats import files
        from lvstui.formats.contents import snapshot_of_state

        yield from files.render(snapshot_of_state(complete(source, f"--list --format {kind}")), kind)
    return 0


def _all_there_is(source: Source, ask: bool) -> tuple[State, Past, bool]:
    """The whole table, and all that is known around it; whether what keepalived has loaded was looked at since the
    table is as it is. Who holds the virtual addresses, and what keepalived means and tells, becomes known a moment
    after the first asking. Where keepalived is asked, an answer is waited for that is younger than the table, unless it
    does not answer."""
    import threading
    import time

    from lvstui.director.seen import other_rules, swept
    from lvstui.views.past import Past

    scope = EVERYTHING._replace(vrrp=True, owner=True, ask=ask)
    past, end = Past(), time.monotonic() + _PATIENCE + (_ANSWER if ask else 0)
    news = threading.Event()
    on_news(source, news.set)
    state = source.read(scope)
    past.see(state, state.services.keys)
    rules, since, sure = swept(state), state.rules_read, True
    if isinstance(source, Telling):
        while not _known(state) and time.monotonic() < end:
            news.wait(_LOOKS)
            news.clear()
            state = source.read(Scope(vrrp=True, owner=True, ask=ask))
        while True:
            state = source.read(scope)
            past.see(state, state.services.keys)
            if other_rules(rules, now := swept(state)):
                rules, since = now, state.rules_read
            keeping = state.keeping
            sure = keeping is None or keeping.explains(since, gone=keeping.misses(frozenset(state.services.keys)))
            told = not ask or not _unsettled(state, past) or (keeping is not None and bool(keeping.silent))
            if (sure and told) or time.monotonic() >= end:
                break
            news.wait(_LOOKS)
            news.clear()
    elif ask:
        state = source.read(scope)  # of a simulated director, which answers each time that it is read
        past.see(state, state.services.keys)
    return state, past, sure


def _known(state: State) -> bool:
    return not state.vrrp.unread and (state.owner != "keepalived" or state.keeping is not None)


def _unsettled(state: State, past: Past) -> str:
    """Why what keepalived's checks said is not known of every service that it keeps; "" where it is."""
    from lvstui.views.checks import settled

    keeping = state.keeping
    if keeping is None or keeping.running is None:
        return ""
    kept = keeping.running.rules.rules.keys() & frozenset(state.services.keys)
    if all(settled(state, key, past) for key in kept):
        return ""
    return (
        keeping.silent
        or "keepalived's answer is older than the table, which changes faster than keepalived may be asked"
    )
