"""--list: prints the table once, for people or programs."""

from __future__ import annotations

from lvstui.director.source import EVERYTHING, Notifier, Scope, Source, on_news
from lvstui.director.state import State
from lvstui.formats import KINDS
from lvstui.values import TYPE_CHECKING
from lvstui.verbs.verb import Verb, complete, whole

if TYPE_CHECKING:
    from lvstui.views.past import Past

_PATIENCE = 20.0
"""The most seconds to wait for the VRRP state. Only a very slow machine needs them; a source that has failed is not
waited for, and what is not known then is printed as unknown."""
_LOOKS = 0.2
"""Seconds between two reads while waiting, where the source has no news."""
_ANSWER = 10.0
"""Further seconds to wait for keepalived's answer when it is asked; it is asked at most every five seconds."""

FORMATS = ("table", *KINDS)


def run(source: Source, kind: str, ask: bool = False) -> Verb:
    """Prints the table as `kind`. `ask`: JSON includes keepalived's check results. A source that cannot read every rule
    still gives a table and JSON, which say what is unknown; ipvsadm text and TOML would be wrong. Raises
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
        from lvstui.formats import rule_files
        from lvstui.formats.contents import snapshot_of_state

        yield from rule_files.render(snapshot_of_state(complete(source, f"--list --format {kind}")), kind)
    return 0


def _all_there_is(source: Source, ask: bool) -> tuple[State, Past, bool]:
    """The whole table with everything known around it, and whether keepalived's loaded configuration was read after the
    last change of the table. The virtual addresses and keepalived's configuration become known a moment after the first
    read. Where keepalived is asked, this waits for an answer that is newer than the table, unless keepalived does not
    answer."""
    import threading
    import time

    from lvstui.director.sweeps import other_rules, swept
    from lvstui.views.past import Past

    scope = EVERYTHING._replace(vrrp=True, owner=True, ask=ask)
    past, end = Past(), time.monotonic() + _PATIENCE + (_ANSWER if ask else 0)
    news = threading.Event()
    on_news(source, news.set)
    state = source.read(scope)
    past.see(state, state.services.keys)
    rules, since, sure = swept(state), state.rules_read, True
    if isinstance(source, Notifier):
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
            complete = not ask or not _unsettled(state, past) or (keeping is not None and bool(keeping.silent))
            if (sure and complete) or time.monotonic() >= end:
                break
            news.wait(_LOOKS)
            news.clear()
    elif ask:
        state = source.read(scope)  # a simulated director answers at each read
        past.see(state, state.services.keys)
    return state, past, sure


def _known(state: State) -> bool:
    return not state.vrrp.unread and (state.owner != "keepalived" or state.keeping is not None)


def _unsettled(state: State, past: Past) -> str:
    """Why keepalived's check results are not known for all its services; "" where they are."""
    from lvstui.views.checks import settled

    keeping = state.keeping
    if keeping is None or keeping.effective is None:
        return ""
    keys = keeping.effective.rules.rules.keys() & frozenset(state.services.keys)
    if all(settled(state, key, past) for key in keys):
        return ""
    return (
        keeping.silent
        or "keepalived's answer is older than the table, which changes faster than keepalived may be asked"
    )
