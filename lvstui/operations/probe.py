"""Probes made when the operator asks: TCP ports, who answers for an address, and whose connections this director
holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from lvstui.director import daemon
from lvstui.director.errors import LvsError
from lvstui.director.probe import ArpAnswers, ProbeResult, Probes, ProbeTarget
from lvstui.director.sync import daemons
from lvstui.director.sync.connections import ReportLine, report
from lvstui.director.sync.daemons import SyncFinding
from lvstui.operations.complete_reads import LONG, standing
from lvstui.operations.steps import PASSING, Operation, Say, look, show
from lvstui.values import NamedTuple
from lvstui.views import probes as views
from lvstui.views.operator_names import OperatorNames


def probe(targets: Sequence[ProbeTarget], names: OperatorNames, tries: Probes) -> Operation[list[ProbeResult]]:
    """Probes the ports of real servers, and shows each answer as it arrives while the operator looks. Returns the
    answers."""
    results: list[ProbeResult] = []
    under_way = tries.knock(targets)
    while (result := (yield from look(partial(next, under_way, None)))) is not None:
        results.append(result)
        if not (yield from show(*views.knocked(result, names), foot=views.tally(results, len(targets), names))):
            break
    return results


def who(
    addresses: Collection[tuple[bytes, str]], servers: Mapping[bytes, str], names: OperatorNames, tries: Probes
) -> Operation[list[ArpAnswers]]:
    """Asks by ARP or neighbour discovery who answers for each of these addresses, on the interface given with it, and
    shows the answers while the operator looks. `servers`: the real servers, as they are written, by
    address. Returns the answers. Raises
    NotDone, Unavailable."""
    every = []
    for address, device in addresses:
        answers = yield from look(partial(tries.who_has, address, device))
        every.append(answers)
        for text, role in views.answered(answers, servers, names):
            if not (yield from show(text, role)):
                return every
    return every


def everything(
    knocks: Sequence[ProbeTarget],
    addresses: Collection[tuple[bytes, str]],
    servers: Mapping[bytes, str],
    names: OperatorNames,
    tries: Probes,
    test: Callable[[], daemon.OrderAnswer] | None = None,
) -> Operation[tuple[list[ProbeResult], list[ArpAnswers], daemon.OrderAnswer | None]]:
    """Probes all these ports, asks who answers for these addresses, lets keepalived test its configuration, and reports
    where that is not possible. `test`: how to do that, None without a keepalived. Returns all answers."""
    knocked = yield from probe(knocks, names, tries)
    answers = []
    for address in addresses:
        try:
            answers += yield from who((address,), servers, names, tries)
        except LvsError as error:
            if not (yield from show(error.sentence, "down")):
                break
    tested = None
    if test is not None:
        try:
            tested = yield from look(test)
            yield from show(*views.tested(tested))
        except LvsError as error:
            yield from show(error.sentence, "down")
    return knocked, answers, tested


class SyncCheck(NamedTuple):
    """The origin of the connections on this director: a verdict, and a line for each service. `findings`: serious
    faults of its sync daemons; `unjudged`: why they could not be judged, "" when they were."""

    verdict: ReportLine
    lines: Sequence[ReportLine]
    findings: Sequence[SyncFinding]
    unjudged: str = ""

    @property
    def well(self) -> bool:
        return not self.findings and self.verdict.tone != "down"


def sync_check(tries: Probes, what: str = "sync check", patience: float = LONG) -> Operation[SyncCheck]:
    """Counts the connections on this director by origin: its own, or received from a sync daemon. Raises NotDone,
    Unavailable."""
    yield Say("connections are being counted", PASSING)
    state = yield from standing(what, patience)
    verdict, *lines = report((yield from look(tries.origins)), state)
    grave = [finding for finding in daemons.findings(state) if finding.grave]
    unknown = bool(state.vrrp.keepalived and not state.vrrp.role)
    unjudged = "the role of this director is not known yet, so the count is not judged" if unknown else ""
    return SyncCheck(verdict, lines, grave, unjudged)
