"""--do drift: each difference from what keepalived programmed, what becomes of it, and an exit code for monitors."""

from __future__ import annotations

from lvstui.director.drift.all import followed
from lvstui.director.drift.drift import setting_drifts
from lvstui.director.errors import Unavailable
from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.operations.reading import informed
from lvstui.verbs.runner import Runner
from lvstui.verbs.verb import Verb
from lvstui.views import drifting


def drift(runner: Runner) -> Verb:
    """Returns 0 when nothing drifts, 1 when something does, as --diff. Raises Unavailable where that cannot be told."""
    state = yield from runner.perform(informed("--do"))
    drifts = followed(state)
    if drifts is None:
        raise Unavailable("drift", _why(state), "--diff FILE compares the table with any configuration")
    settings = setting_drifts(RuleSet({}, state.timeouts, state.sync), drifts.keeping)
    found = [*settings, *(one for of in drifts.found.values() for one in of)]
    if not found:
        yield f"nothing drifts: the table is as keepalived programmed it by {drifts.keeping.named}\n"
        return 0
    yield f"{drifting.title(found, drifts.keeping.named)}\n"
    for line in drifting.lines(found):
        yield "".join(text for text, _ in line) + "\n"
    return 1


def _why(state: State) -> str:
    if state.unknown:
        return "this read cannot tell all of the rules"
    if state.keeping is None:
        return "no keepalived programs this table"
    return state.keeping.trouble or "its configuration has not been read"
