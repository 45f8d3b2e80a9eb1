"""--do drift: each difference from what keepalived programmed, what will become of it, and an exit code for
monitoring."""

from __future__ import annotations

from lvstui.director.drift.all import Drifts, followed
from lvstui.director.drift.drift import setting_drifts
from lvstui.director.errors import Unavailable
from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.operations.complete_reads import LONG, means, with_keepalived_report
from lvstui.verbs.runner import Runner
from lvstui.verbs.verb import Verb
from lvstui.views import drifting


def drift(runner: Runner) -> Verb:
    """Returns 0 when there is no drift, 1 when there is, as --diff does. Raises Unavailable where it is not known, also
    while keepalived may still be changing the table itself."""
    drifts: Drifts | None = None

    def sure(state: State) -> bool:
        nonlocal drifts
        drifts = followed(state, drifts)
        return means(state) and (drifts is None or not drifts.open)

    state = yield from runner.perform(with_keepalived_report("--do", sure, LONG))
    if drifts is None:
        raise Unavailable("drift", _why(state), "--diff FILE compares the table with any configuration")
    settings = setting_drifts(RuleSet({}, state.timeouts, state.sync), drifts.keeping)
    every = [*settings, *(difference for of in drifts.by_service.values() for difference in of)]
    if not every and drifts.open:
        why = "keepalived has just loaded its configuration, or the table has just changed"
        raise Unavailable("drift", why, "ask again")
    if not every:
        yield f"no drift: the table is as keepalived programmed it from {drifts.keeping.named}\n"
        return 0
    yield f"{drifting.title(every, drifts.keeping.named)}\n"
    for line in drifting.lines(every):
        yield "".join(text for text, _ in line) + "\n"
    return 1


def _why(state: State) -> str:
    if state.unknown:
        return "not all of the rules can be read here"
    if state.keeping is None:
        return "no keepalived programs this table"
    return state.keeping.trouble or "its configuration has not been read"
