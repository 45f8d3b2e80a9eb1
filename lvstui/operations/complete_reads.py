"""Reads for an operation: the complete table, and keepalived's configuration once it is known."""

from __future__ import annotations

from _collections_abc import Callable

from lvstui.director.source import EVERYTHING, RULES, Scope
from lvstui.director.state import State
from lvstui.operations.all_rules import with_all_rules
from lvstui.operations.steps import Operation, ReadState, sleep

WITH_KEEPALIVED = EVERYTHING._replace(vrrp=True, owner=True)
"""The whole table, the VRRP state of this director, and keepalived's configuration."""
SOON = 5.0
"""Seconds to wait for keepalived's configuration."""
LONG = 15.0
"""Seconds to wait where the VRRP state matters. Only a keepalived that reports nothing takes that long."""
LOOKS = 0.3
"""Seconds between two reads while waiting."""


def complete(what: str, scope: Scope = RULES) -> Operation[State]:
    """The whole table as it is now, with its settings, without counters. Raises Unavailable where this source cannot
    read all of it."""
    state: State = yield ReadState(scope)
    return with_all_rules(state, what)


def with_keepalived_report(what: str, enough: Callable[[State], bool], patience: float) -> Operation[State]:
    """The whole table with keepalived's report, as soon as `enough` accepts it, or when `patience` seconds are over.
    With `what` "" an incomplete table is accepted."""
    until = (yield from sleep(0)) + patience
    while True:
        state: State = yield ReadState(WITH_KEEPALIVED)
        if what:
            with_all_rules(state, what)
        if enough(state) or (yield from sleep(0)) >= until:
            return state
        yield from sleep(LOOKS)


def informed(what: str, patience: float = SOON) -> Operation[State]:
    """The table with keepalived's configuration, where keepalived programs it."""
    return (yield from with_keepalived_report(what, means, patience))


def standing(what: str, patience: float = LONG) -> Operation[State]:
    """The same with the VRRP state of this director, where keepalived runs."""
    state = yield from complete(what, EVERYTHING._replace(owner=True))
    if not state.vrrp.keepalived:
        return state
    return (yield from with_keepalived_report(what, _stands, patience))


def means(state: State) -> bool:
    """Whether keepalived's configuration is known, where keepalived programs the table."""
    return state.keeping is not None or state.owner != "keepalived"


def _stands(state: State) -> bool:
    vrrp = state.vrrp
    return (vrrp.keepalived is False or bool(vrrp.keepalived and vrrp.role)) and means(state)
