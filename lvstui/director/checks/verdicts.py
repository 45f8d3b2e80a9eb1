"""Why a real server serves or does not: by its check, by its configuration, or by hand. One cause is never reported as
another.

Only a dump shows a check result, and it has an age: where the table has changed since, or where keepalived was not
asked, the cause is reported as undecided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from lvstui.director.checks import sorry
from lvstui.director.checks.check_report import CheckedServer, CheckedService
from lvstui.director.checks.reloaded import misplaced
from lvstui.director.checks.sorry import NONE, PERHAPS, SERVES, part, real
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import PARTED, KeepalivedState
from lvstui.director.model import Server, ServerKey, ServiceKey
from lvstui.values import NamedTuple

UP, DOWN, BY_HAND, OPEN, IDLE, SORRY, LOST, STRANGER, LEFT = (
    "up",
    "down",
    "by hand",
    "open",
    "idle",
    "sorry",
    "lost",
    "stranger",
    "left",
)
DYNAMIC = {"MISC_CHECK", "FILE_CHECK", "BFD_CHECK"}
"""Kinds of checkers that can set a weight by themselves."""

OUT_WITH_QUORUM = "out with its quorum, serves by hand"
ZERO_WITH_QUORUM = "weight 0 with its quorum"
PERHAPS_SORRY = "up, or the sorry server"
BY_RELOAD = "by hand or by keepalived's reload"
"""Of a server that is down, was kept in the table at weight 0 (inhibit_on_failure), and has its weight again: a reload
that changes its forwarding method edits it, and sets the weight too (check/ipwrapper.c, clear_diff_rs)."""


class Verdict(NamedTuple):
    """`state`: UP; DOWN by its check; BY_HAND: not as its check left it; OPEN: undecided between the two; IDLE: weight
    0 by the configuration or by a check that sets weights; SORRY: the sorry server; LOST: out with its quorum, or by
    keepalived's reload; STRANGER: not configured; LEFT: a reload put it there wrongly. `words`: the same for an
    operator."""

    state: str
    words: str


class ServiceVerdicts(NamedTuple):
    """A service from keepalived's point of view: a verdict on each server in the table and each one missing from it;
    `out`: the missing ones, as they are configured; `quorum`: a remark on the quorum, "" when it is met."""

    verdicts: Mapping[ServerKey, Verdict]
    out: tuple[Server, ...]
    quorum: str = ""


def service_verdicts(
    key: ServiceKey,
    servers: Iterable[Server],
    keeping: KeepalivedState,
    settled: bool,
    sure: bool = True,
    changed: Collection[ServerKey] | None = None,
) -> ServiceVerdicts | None:
    """The verdicts on a service. `servers`: those in the table. `settled`: the dump is newer than the last change of
    the table; `sure`: so is the read of keepalived's loaded configuration. `changed`: where the dump is older, the
    servers that have changed since, None where that is not known. Of the others it still holds, because keepalived
    changes the table when a check fails or recovers; its quorum may have changed with any of them. None for a service
    that keepalived does not have."""
    configuration = keeping.effective
    entry = configuration.rules.rules.get(key) if configuration is not None else None
    if configuration is None or entry is None:
        return None
    check_report = reported(key, keeping, settled, changed)
    watched = keeping.checks.get(key) if settled else None
    known = real(key, configuration)
    live = {server.key: server for server in servers}
    stands_in = configuration.sorry.get(key)
    role = part(key, live, configuration, watched)
    # It takes its servers out for a sorry server, also where a hand takes that one out of the table.
    lost = role == SERVES or (stands_in is not None and watched is not None and not watched.has_quorum)
    wrong = misplaced(key, configuration)
    moved = {wrong[name]: name.port for name in live if name in wrong}
    verdicts = {}
    for server in live.values():
        configured = known.get(server.key)
        if stands_in is not None and server.key == stands_in.key and (role != NONE or configured is None):
            verdicts[server.key] = _sorry(role, check_report.get(server.key))
        elif configured is not None:
            sure_lost = lost and watched is not None
            verdict = _there(key, server, configured, configuration, check_report.get(server.key), lost, sure_lost)
            verdicts[server.key] = _unsure(verdict) if not sure and server.key not in check_report else verdict
        elif server.key in wrong:
            verdicts[server.key] = Verdict(LEFT, f"put in at port {server.key.port} by keepalived's reload")
        else:
            verdicts[server.key] = Verdict(STRANGER, "not configured")
    out = tuple(server for server in known.values() if server.key not in live)
    for server in out:
        verdict = _missing(key, server, configuration, check_report.get(server.key), role, lost)
        verdicts[server.key] = _unsure(verdict) if not sure and server.key not in check_report else verdict
        if server.key in moved and verdicts[server.key].state != DOWN:
            verdicts[server.key] = Verdict(LOST, f"at port {moved[server.key]} by keepalived's reload")
    if key in keeping.parted:
        for name, verdict in verdicts.items():
            if verdict.state == DOWN:
                verdicts[name] = Verdict(DOWN, f"{verdict.words} or {PARTED}")
    if keeping.rivals or key in keeping.parted or keeping.causes:
        verdicts = {
            name: verdict._replace(words=keeping.blamed(keeping.caused(verdict.words, key, name), key))
            for name, verdict in verdicts.items()
        }
    return ServiceVerdicts(verdicts, out, _quorum(key, configuration, watched, role == SERVES))


def reported(
    key: ServiceKey, keeping: KeepalivedState, settled: bool, changed: Collection[ServerKey] | None = None
) -> dict[ServerKey, CheckedServer]:
    """What keepalived's report still says of the servers of a service; `settled` and `changed` as above."""
    watched = keeping.checks.get(key)
    if watched is None or not (settled or changed is not None):
        return {}
    return {checked.key: checked for checked in watched.servers if settled or checked.key not in (changed or ())}


def _unsure(verdict: Verdict) -> Verdict:
    """A weaker verdict, for a keepalived that may have loaded another configuration since and made the change
    itself."""
    if verdict.state != BY_HAND:
        return verdict
    return Verdict(
        OPEN, "weight 0 by reload or hand" if verdict.words.startswith("weight 0") else "out by reload or hand"
    )


def _sorry(role: str, checked: CheckedServer | None) -> Verdict:
    """The verdict on the sorry server where it is in the table as such. `checked`: the check report on the same server
    as a real server."""
    if role == PERHAPS:
        return Verdict(UP, PERHAPS_SORRY)
    if role == sorry.BY_HAND:
        return Verdict(BY_HAND, "sorry server by hand: the quorum is there")
    if role != SERVES:
        return Verdict(SORRY, "sorry server, stands by")
    down = checked is not None and not checked.alive
    return Verdict(
        SORRY, f"sorry server, down by {_failed(checked)}" if checked is not None and down else "sorry server"
    )


def _there(
    key: ServiceKey,
    server: Server,
    configured: Server,
    configuration: Configured,
    checked: CheckedServer | None,
    lost: bool,
    sure_lost: bool,
) -> Verdict:
    """`lost`: keepalived has lost the quorum, and replaced its servers by the sorry server. `sure_lost`: it reports
    that, so it has replaced all of them."""
    kinds = configuration.checked.get((key, server.key), ())
    inhibits = (key, server.key) in configuration.inhibited
    if checked is not None and not checked.alive:
        if not server.weight:
            return Verdict(DOWN, f"down by {_failed(checked)}")
        who = BY_RELOAD if inhibits and server.weight == checked.effective else "by hand"
        return Verdict(BY_HAND, f"down by {_failed(checked)}, serves {who}")
    if lost and not server.weight and inhibits and (checked is not None or not kinds):
        return Verdict(LOST, ZERO_WITH_QUORUM)
    if sure_lost and server.weight and checked is not None and inhibits:
        who = BY_RELOAD if server.weight == checked.effective else "by hand"
        return Verdict(BY_HAND, f"{ZERO_WITH_QUORUM}, serves {who}")
    if lost and server.weight and checked is not None and not checked.programmed:
        return Verdict(BY_HAND, OUT_WITH_QUORUM)
    if server.weight:
        if checked is not None and not all(checker.run for checker in checked.checkers):
            return Verdict(UP, "up, not checked yet")
        return Verdict(UP, "up" if kinds else "not checked")
    if not configured.weight:
        return Verdict(IDLE, "weight 0 by configuration")
    if checked is not None:
        return Verdict(BY_HAND, "weight 0 by hand") if checked.effective else Verdict(IDLE, "weight 0 by its check")
    if inhibits or DYNAMIC.intersection(kinds):
        return Verdict(OPEN, "weight 0 by check or hand")
    return Verdict(BY_HAND, "weight 0 by hand")


def _missing(
    key: ServiceKey, server: Server, configuration: Configured, checked: CheckedServer | None, role: str, lost: bool
) -> Verdict:
    kinds = configuration.checked.get((key, server.key), ())
    if checked is not None:
        if not checked.alive:
            never = checked.checkers and not any(checker.run for checker in checked.checkers)
            return Verdict(DOWN, "not up yet" if never else f"down by {_failed(checked)}")
        if not checked.programmed:
            return Verdict(LOST, "out with its quorum" if lost else "out by keepalived")
        return Verdict(BY_HAND, "taken out by hand")
    if kinds:
        waits = any(waiting.key == server.key for waiting in configuration.waiting.get(key, ()))
        return Verdict(OPEN, "not up yet, or out" if waits else "out by check or hand")
    if role == PERHAPS:
        return Verdict(OPEN, "out by hand, or with its quorum")
    return Verdict(LOST, "out with its quorum") if role == SERVES else Verdict(BY_HAND, "taken out by hand")


def _failed(checked: CheckedServer) -> str:
    """The kinds of the checks that fail."""
    kinds = dict.fromkeys(checker.kind for checker in checked.checkers if not checker.up)
    return ", ".join(kinds) or "its check"


def _quorum(key: ServiceKey, configuration: Configured, watched: CheckedService | None, sorry_serves: bool) -> str:
    quorum = configuration.quorum.get(key, 1)
    if sorry_serves:
        return f"quorum {quorum} lost, the sorry server serves"
    return f"quorum {watched.quorum} lost" if watched is not None and not watched.has_quorum else ""
