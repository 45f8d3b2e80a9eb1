"""Drift: where the table differs from what keepalived programmed, and what will become of each difference.

A server that failed its check is not a drift, and where a check cannot be told from a change by hand nothing is
reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from lvstui.director.change import stated
from lvstui.director.checks.check_report import CheckedServer
from lvstui.director.checks.reloaded import perhaps_left
from lvstui.director.checks.sorry import real
from lvstui.director.checks.verdicts import (
    BY_HAND,
    BY_RELOAD,
    DOWN,
    DYNAMIC,
    IDLE,
    LEFT,
    LOST,
    OPEN,
    PERHAPS_SORRY,
    STRANGER,
    ZERO_WITH_QUORUM,
    Verdict,
    reported,
    service_verdicts,
)
from lvstui.director.configured import Configured
from lvstui.director.drift.outcomes import STAYS, DriftOutcomes, OutcomePredictor
from lvstui.director.drift.prediction import CheckReport
from lvstui.director.edits import brief, by_hand, rule_edits, service_edits
from lvstui.director.keepalived_state import GONE, KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server, ServerKey, ServiceKey, SyncDaemon
from lvstui.director.plan import same_daemon
from lvstui.values import NamedTuple

WEIGHT, RULE, REMOVED, ADDED, RETURNED, RAISED = "weight", "rule", "removed", "added", "put back", "raised"
SERVICE, DELETED, FOREIGN, WAITING, TIMEOUTS, SYNC = "service", "deleted", "foreign", "waiting", "timeouts", "sync"
"""Kinds. RETURNED: a server that its check or its quorum removed serves again, by hand. RAISED: one that either set to
weight 0 has a weight again. WAITING: the file was changed, and keepalived has not read it."""


class Drift(NamedTuple):
    """One difference. `service` is None for settings of the whole table, `server` None for the service itself. `words`
    describe the difference; `brief` is a short form for a row that shows the rest."""

    kind: str
    service: ServiceKey | None
    server: ServerKey | None
    words: str
    brief: str
    fates: DriftOutcomes


def service_drifts(
    key: ServiceKey,
    live: Entry | None,
    keeping: KeepalivedState,
    settled: bool,
    changed: Collection[ServerKey] | None,
    fated: OutcomePredictor,
) -> Iterator[Drift]:
    """The differences of one service from what keepalived programmed. `live`: its entry in the table, None for none.
    `settled` and `changed`: whether the check report is newer than its last change, and if not, which servers have
    changed since (service_verdicts)."""
    configuration = keeping.effective
    entry = configuration.rules.rules.get(key) if configuration is not None else None
    if configuration is None or entry is None:
        if live is not None and configuration is not None:
            left = perhaps_left(live.servers.keys(), configuration)
            words = "not configured: left by a reload of keepalived, or made by hand" if left else "not configured"
            yield Drift(FOREIGN, key, None, words, "not configured", fated.of_service())
    elif live is None:
        yield Drift(DELETED, key, None, GONE, "deleted", fated.of_service())
    else:
        edits = service_edits(live.service, entry.service)
        if edits:
            yield Drift(SERVICE, key, None, by_hand(edits), brief(edits), fated.of_service())
        judged = service_verdicts(key, live.servers.values(), keeping, settled, changed=changed)
        check_report = reported(key, keeping, settled, changed)
        verdicts = judged.verdicts if judged is not None else {}
        yield from _servers(key, live, verdicts, configuration, check_report, fated)


def setting_drifts(now: RuleSet, keeping: KeepalivedState) -> tuple[Drift, ...]:
    """The drifts of timeouts and sync daemons. A setting that was not read or is not configured does not drift."""
    configuration = keeping.effective
    if configuration is None:
        return ()
    drifts = []
    wanted, live = configuration.rules.timeouts, now.timeouts
    if wanted is not None and live is not None:
        triples = zip(wanted._fields, live, wanted, strict=True)
        edits = [(f"timeout {name}", str(have), str(want)) for name, have, want in triples if want and want != have]
        if edits:
            # Every reload resets the timeouts and sets them again (ipvs_stop, start_check).
            fates = DriftOutcomes("is reverted", "is reverted")
            drifts.append(Drift(TIMEOUTS, None, None, by_hand(edits), brief(edits), fates))
    if configuration.rules.sync is not None and now.sync is not None:
        drifts += _sync(configuration.rules.sync, now.sync)
    return tuple(drift._replace(words=keeping.blamed(drift.words)) for drift in drifts)


def _sync(wanted: Sequence[SyncDaemon], live: Sequence[SyncDaemon]) -> Iterator[Drift]:
    running = {daemon.role: daemon for daemon in live}
    for daemon in wanted:
        there = running.get(daemon.role)
        if there is None:
            words = f"sync daemon {daemon.role} stopped by hand"
            yield Drift(SYNC, None, None, words, "stopped", DriftOutcomes("is started again", "is started again"))
        elif not same_daemon(daemon, there):
            words = f"sync daemon {daemon.role}: interface {there.interface}, id {there.id} by hand"
            words += f", configured {daemon.interface}, id {daemon.id}"
            yield Drift(SYNC, None, None, words, "changed", DriftOutcomes(STAYS, "is reverted"))


def _servers(
    key: ServiceKey,
    live: Entry,
    verdicts: Mapping[ServerKey, Verdict],
    configuration: Configured,
    check_report: CheckReport,
    fated: OutcomePredictor,
) -> Iterator[Drift]:
    known, sorry = real(key, configuration), configuration.sorry.get(key)
    for name, verdict in verdicts.items():
        there, wanted = live.servers.get(name), known.get(name)
        difference: tuple[str, str, str] | None = None
        if there is None:
            if verdict.state == BY_HAND:
                difference = REMOVED, "taken out by hand", "removed by hand"
            elif verdict.state == DOWN and _kept_in(check_report.get(name)):
                difference = REMOVED, f"taken out by hand while {_down(verdict)}", "removed while down"
            elif verdict.state == LOST and verdict.words.endswith("reload"):
                difference = REMOVED, f"missing: {verdict.words}", verdict.words
        elif verdict.state == STRANGER:
            words = f"weight {there.weight}, not configured"
            difference = ADDED, words, "not configured"
        elif verdict.state == LEFT:
            difference = ADDED, f"weight {there.weight}, {verdict.words}", "by keepalived's reload"
        elif sorry is not None and name == sorry.key and verdict.words.startswith("sorry server"):
            difference = _sorry(there, sorry, verdict)
        elif wanted is not None:
            difference = _there(key, there, wanted, verdict, configuration, check_report, sorry)
        if difference is not None:
            kind, words, brief = difference
            yield Drift(kind, key, name, words, brief, fated.of_server(name))


def _kept_in(checked: CheckedServer | None) -> bool:
    """Whether keepalived keeps a server that is down in the table, at weight 0, and believes it there."""
    return checked is not None and checked.inhibits and checked.programmed


def _sorry(there: Server, sorry: Server, verdict: Verdict) -> tuple[str, str, str] | None:
    """The drift of a sorry server that is in the table as such, but not with keepalived's values."""
    if verdict.state == BY_HAND:
        return RAISED, f"{verdict.words}, weight {there.weight}", "sorry server by hand"
    wanted = stated(sorry, there)
    edits = [("weight", str(there.weight), str(wanted.weight))] if there.weight not in (0, wanted.weight) else []
    rules = rule_edits(there, wanted)
    edits += rules
    return ((RULE if rules else WEIGHT), by_hand(edits), brief(edits)) if edits else None


def _there(
    key: ServiceKey,
    there: Server,
    wanted: Server,
    verdict: Verdict,
    configuration: Configured,
    check_report: CheckReport,
    sorry: Server | None,
) -> tuple[str, str, str] | None:
    """Kind, words and brief words of the drift of a server that is configured and in the table; None for no drift."""
    checked = check_report.get(there.key)
    if checked is not None and not checked.alive:
        inhibits = checked.inhibits or (key, there.key) in configuration.inhibited
        if there.weight and inhibits:
            who = BY_RELOAD if BY_RELOAD in verdict.words else "by hand"
            return RAISED, f"weight {there.weight} {who} while {_down(verdict)}", "weight set while down"
        if not inhibits:
            return RETURNED, f"put back by hand while {_down(verdict)}", "re-added while down"
    if verdict.state == BY_HAND and verdict.words.startswith("out with its quorum"):
        return RETURNED, "put back by hand while the quorum is lost", "re-added while the quorum is lost"
    if verdict.state == BY_HAND and verdict.words.startswith(ZERO_WITH_QUORUM):
        who = BY_RELOAD if BY_RELOAD in verdict.words else "by hand"
        return RAISED, f"weight {there.weight} {who} while the quorum is lost", "weight set while the quorum is lost"
    perhaps = sorry is not None and there.key == sorry.key and verdict.words == PERHAPS_SORRY
    if perhaps and sorry is not None and stated(sorry, there) == there:
        return None
    wanted = stated(wanted, there)
    edits = []
    weight = wanted.weight if checked is None else checked.effective
    weighs = checked is None and not DYNAMIC.isdisjoint(configuration.checked.get((key, there.key), ()))
    if there.weight != weight and verdict.state not in (DOWN, IDLE, OPEN, LOST) and not weighs:
        edits.append(("weight", str(there.weight), str(weight)))
    rules = rule_edits(there, wanted)
    if not edits and not rules:
        return None
    edits += rules
    return (RULE if rules else WEIGHT), by_hand(edits), brief(edits)


def _down(verdict: Verdict) -> str:
    """`down by TCP_CHECK`, from a verdict's words."""
    return verdict.words.partition(", serves")[0] if verdict.words.startswith("down by") else "down"
