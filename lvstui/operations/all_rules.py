"""Whether a State has all of the rules. Saving, comparing and restoring must not leave any out."""

from __future__ import annotations

from lvstui.director.errors import Unavailable
from lvstui.director.state import State


def with_all_rules(state: State, what: str) -> State:
    """Returns the State. Raises Unavailable where it does not have all of the rules. `what` names the caller in the
    error."""
    if state.unknown:
        from lvstui.kernel.privilege import lacking

        missing = ", ".join(sorted(state.unknown))
        reason = f"{state.read_only}; " if state.read_only else ""
        raise Unavailable(what, f"{reason}these cannot be read here: {missing}", lacking().mend)
    return state
