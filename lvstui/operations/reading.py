"""Reading for an operation: a table that is told in full, and what keepalived means with it once that is known."""

from __future__ import annotations

from lvstui.director.errors import Unavailable
from lvstui.director.state import State
from lvstui.operations.steps import Operation, Read

LOOKS = 0.3
"""Seconds between two looks at what is waited for."""


def told_in_full(state: State, what: str) -> State:
    """The State. Raises Unavailable where it does not tell all of the rules; `what` was wanted."""
    if state.unknown:
        from lvstui.kernel.privilege import lacking

        missing = ", ".join(sorted(state.unknown))
        reason = f"{state.read_only}; " if state.read_only else ""
        raise Unavailable(what, f"{reason}this read cannot tell {missing}", lacking().mend)
    return state


def complete(what: str) -> Operation[State]:
    """The whole table as it is now, with its settings. Raises Unavailable where this read cannot tell all of it."""
    state: State = yield Read(None, settings=True)
    return told_in_full(state, what)
