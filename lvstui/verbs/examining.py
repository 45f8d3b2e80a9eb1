"""What --check and --metrics look at: the table twice, some seconds apart, so that what flows between is known; and all
that becomes known around it meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from lvstui.director.drift.all import Drifts, followed
from lvstui.director.serving import Tally, tallied
from lvstui.director.source import Scope, Source, Telling, on_news
from lvstui.director.state import State
from lvstui.doctor.diagnosis import Diagnosis, diagnosed

SCOPE = Scope(sweep=True, settings=True, vrrp=True, owner=True, facts=True)
APART = 2.2
"""Seconds between the two looks: the kernel moves its counters every two."""
_PATIENCE = 6.0
"""Seconds that are waited at most to learn how VRRP stands: monitoring gives a check ten."""
_LOOKS = 0.2
_ALL = 10**9


class Examined(NamedTuple):
    """A director, looked at."""

    state: State
    tally: Tally
    drifts: Drifts | None
    diagnosis: Diagnosis


def examined(
    source: Source,
    silence: Mapping[str, str],
    ask: bool = False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] | None = None,
) -> Examined:
    """Looks at a source, which it closes. Raises LvsError."""
    news = threading.Event()
    on_news(source, news.set)
    scope = SCOPE._replace(ask=ask)
    try:
        began = clock()
        state = source.read(scope._replace(examine=True))
        tally, drifts = tallied(state), followed(state)
        before = diagnosed(state, tally, drifts, None, silence, _ALL)
        (sleep or news.wait)(APART)
        while isinstance(source, Telling) and clock() - began < _PATIENCE:
            state = source.read(scope)
            if _known(state):
                break
            news.clear()
            (sleep or news.wait)(_LOOKS)
        left = began + APART - clock()
        if left > 0:
            (sleep or time.sleep)(left)
        state = source.read(scope._replace(examine=True))
        tally, drifts = tallied(state, tally), followed(state, drifts)
        return Examined(state, tally, drifts, diagnosed(state, tally, drifts, before, silence, _ALL))
    finally:
        source.close()


def _known(state: State) -> bool:
    """Whether VRRP has been looked at, and what keepalived means with the table, since the table is as it is."""
    if state.vrrp.unread or (state.owner == "keepalived" and state.keeping is None):
        return False
    keeping = state.keeping
    return keeping is None or keeping.explains(state.rules_read, gone=False) or bool(keeping.silent)
