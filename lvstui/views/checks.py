"""keepalived's check results for a service's servers, as the views need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lvstui.director.checks.check_report import CheckedServer
from lvstui.director.checks.verdicts import (
    BY_HAND,
    DOWN,
    LEFT,
    LOST,
    OPEN,
    ServiceVerdicts,
    reported,
    service_verdicts,
)
from lvstui.director.model import Server, ServerKey, ServiceKey
from lvstui.director.state import State
from lvstui.views.past import Past

_AMISS = {DOWN: "down", BY_HAND: "by hand", OPEN: "out?", LOST: "out", LEFT: "by reload"}
_PERHAPS = "by hand or "


def checks(state: State, key: ServiceKey, servers: Sequence[Server], past: Past) -> ServiceVerdicts | None:
    """The checks of a service. None if no keepalived runs, or if it does not know the service."""
    keeping = state.keeping
    if keeping is None:
        return None
    since = past.stood(key)
    sure = keeping.explains(state.at if since is None else since)
    return service_verdicts(key, servers, keeping, settled(state, key, past), sure, past.changed(key))


def check_report(state: State, key: ServiceKey, server: ServerKey, past: Past) -> CheckedServer | None:
    """What keepalived's report says of a server; None where the server has changed since, or there is no report."""
    if state.keeping is None:
        return None
    return reported(key, state.keeping, settled(state, key, past), past.changed(key)).get(server)


def settled(state: State, key: ServiceKey, past: Past) -> bool:
    """Whether keepalived's report is younger than the last change of a service's servers and weights."""
    since, at = past.stood(key), state.keeping.reported_by(state.taken, state.at) if state.keeping is not None else None
    return since is not None and at is not None and at > since


def amiss(verdicts: ServiceVerdicts | None) -> int:
    """The number of servers that are not as a passed check would leave them."""
    return 0 if verdicts is None else sum(verdict.state in _AMISS for verdict in verdicts.verdicts.values())


def amiss_words(verdicts: ServiceVerdicts | None) -> str:
    """`1 down, 2 by hand`; `by hand?` where there may be another cause; a lost quorum comes first; "" when all is
    well."""
    if verdicts is None:
        return ""
    amiss = [verdict for verdict in verdicts.verdicts.values() if verdict.state in _AMISS]
    counts = Counter(_PERHAPS if _PERHAPS in verdict.words else _AMISS[verdict.state] for verdict in amiss)
    counts["by hand?"] = counts.pop(_PERHAPS, 0)
    words = [f"{counts[word]} {word}" for word in (*_AMISS.values(), "by hand?") if counts[word]]
    return ", ".join([*([verdicts.quorum] if verdicts.quorum else []), *words])


def state_of(verdicts: ServiceVerdicts | None, server: Server, out: bool, word: str) -> str:
    """A server's state in a word. Where keepalived knows more about it than the table, it replaces `word`, which is the
    table's."""
    verdict = verdicts.verdicts.get(server.key) if verdicts is not None else None
    if verdict is None:
        return word
    if verdict.state == DOWN and (out or not server.weight):
        return "down"
    if verdict.state == OPEN:
        return "out?" if out else "drained?"
    return ("removed" if verdict.state == BY_HAND else "out") if out else word
