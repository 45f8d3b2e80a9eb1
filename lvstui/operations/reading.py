"""Reading for an operation: a table that is told in full, and what keepalived means with it once that is known."""

from __future__ import annotations

from _collections_abc import Callable

from lvstui.director.source import EVERYTHING, Scope
from lvstui.director.state import State
from lvstui.operations.steps import Operation, Read, sleep
from lvstui.operations.told import told_in_full

WITH_KEEPALIVED = EVERYTHING._replace(vrrp=True, owner=True)
"""The whole table, how this director stands in VRRP, and what keepalived means with the table."""
SOON = 5.0
"""Seconds for which keepalived's configuration is waited for."""
LONG = 15.0
"""The same, for what is judged by how this director stands. Only a keepalived that tells nothing takes so long."""
LOOKS = 0.3
"""Seconds between two looks at what is waited for."""


def complete(what: str, scope: Scope = EVERYTHING) -> Operation[State]:
    """The whole table as it is now, with its settings. Raises Unavailable where this read cannot tell all of it."""
    state: State = yield Read(scope)
    return told_in_full(state, what)


def known(what: str, enough: Callable[[State], bool], patience: float) -> Operation[State]:
    """The whole table with what keepalived tells, as soon as that is `enough`, or when `patience` seconds are over.
    With `what` "" a table that is not told in full will do."""
    until = (yield from sleep(0)) + patience
    while True:
        state: State = yield Read(WITH_KEEPALIVED)
        if what:
            told_in_full(state, what)
        if enough(state) or (yield from sleep(0)) >= until:
            return state
        yield from sleep(LOOKS)


def informed(what: str, patience: float = SOON) -> Operation[State]:
    """The table with what keepalived means with it, where one programs it."""
    return (yield from known(what, _means, patience))


def standing(what: str, patience: float = LONG) -> Operation[State]:
    """The same, and with how this director stands in VRRP, where a keepalived runs."""
    state = yield from complete(what, EVERYTHING._replace(owner=True))
    if not state.vrrp.keepalived:
        return state
    return (yield from known(what, _stands, patience))


def _means(state: State) -> bool:
    return state.keeping is not None or state.owner != "keepalived"


def _stands(state: State) -> bool:
    vrrp = state.vrrp
    return (vrrp.keepalived is False or bool(vrrp.keepalived and vrrp.role)) and _means(state)
