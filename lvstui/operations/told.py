"""Whether a State tells all of the rules: what is saved, compared or restored from must not leave any out."""

from __future__ import annotations

from lvstui.director.errors import Unavailable
from lvstui.director.state import State


def told_in_full(state: State, what: str) -> State:
    """The State. Raises Unavailable where it does not tell all of the rules; `what` was wanted."""
    if state.unknown:
        from lvstui.kernel.privilege import lacking

        missing = ", ".join(sorted(state.unknown))
        reason = f"{state.read_only}; " if state.read_only else ""
        raise Unavailable(what, f"{reason}this read cannot tell {missing}", lacking().mend)
    return state
