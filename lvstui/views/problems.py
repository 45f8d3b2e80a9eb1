"""The problems, the most urgent first, each with its row: n and N go through this list."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

from lvstui.director.model import ServiceKey
from lvstui.director.serving import ServiceHealth, Tally
from lvstui.director.state import State
from lvstui.doctor.finding import CRITICAL, WARNING, Finding
from lvstui.values import NamedTuple
from lvstui.views.drifting import service_words
from lvstui.views.findings import FindingKey
from lvstui.views.operator_names import OperatorNames
from lvstui.views.rule_words import service_name
from lvstui.views.serving import live, state_word
from lvstui.views.share import MUCH, skew
from lvstui.views.vrrp import InstanceKey

if TYPE_CHECKING:
    from lvstui.director.drift.all import Drifts

MANY = 5_000
"""The most services for which each is checked for a skew: with more, a key would have to wait."""


class Problem(NamedTuple):
    """A row in a view, and its problem."""

    pane: str
    key: Hashable
    words: str


def problems(
    state: State, tally: Tally, drifts: Drifts | None, names: OperatorNames, findings: Sequence[Finding] = ()
) -> Sequence[Problem]:
    """Services that are DOWN, VRRP, services with fewer live servers than they should have, services with full servers,
    skewed services, critical findings, drift, and the other findings. A row has one problem: its worst."""
    by_row: dict[tuple[str, Hashable], Problem] = {}
    for problem in _all(state, tally, drifts, names, findings):
        by_row.setdefault((problem.pane, problem.key), problem)
    return list(by_row.values())


def worst(tally: Tally, names: OperatorNames) -> str:
    """The problem of the worst service in words, "" if all are well."""
    key = worst_service(tally)
    return _service(key, tally.odd[key], names).words if key is not None else ""


def worst_service(tally: Tally) -> ServiceKey | None:
    """The worst of the services, None if all are well."""
    return next(iter(tally.down or _degraded(tally)), None)


def _all(
    state: State, tally: Tally, drifts: Drifts | None, names: OperatorNames, findings: Sequence[Finding]
) -> Iterator[Problem]:
    for key in tally.down:
        yield _service(key, tally.odd[key], names)
    for standing in state.vrrp.instances:
        if standing.findings:
            yield Problem(
                "vrrp", InstanceKey(standing.instance.name), f"{standing.instance.name}: {standing.findings[0]}"
            )
    for key in _degraded(tally):
        yield _service(key, tally.odd[key], names)
    for key in state.services.keys if len(state.services) <= MANY else ():
        pool, odd = state.pools.get(key), tally.of(key)
        if pool is not None and not (odd is not None and odd.drained):
            much = skew((flow[1], flow[2]) for flow in pool.flows())
            if much is not None and much > MUCH:
                yield Problem("services", key, f"{_name(key, names)}: skew {much * 100:.0f}%")
    yield from _of_findings(findings, CRITICAL, names)
    for key in drifts.by_service if drifts is not None else ():
        if state.services.find(key) is not None:
            words = service_words(drifts, key)
            yield Problem("services", key, f"{_name(key, names)}: drift: {words}; C says more")
    yield from _of_findings(findings, WARNING, names)


def _of_findings(findings: Sequence[Finding], severity: int, names: OperatorNames) -> Iterator[Problem]:
    from lvstui.views.named import named  # not for the first frame

    for finding in findings:
        if finding.severity == severity and not finding.counted:
            yield Problem("doctor", FindingKey(*finding.identity), named(finding.sentence, names))


def _degraded(tally: Tally) -> list[ServiceKey]:
    """First the services with a server that is down, out or removed, then those with only full servers; among them
    first those with the smallest live part."""

    def rank(key: ServiceKey) -> tuple[bool, float]:
        served = tally.odd[key]
        return not served.down + served.out + served.removed, served.live / max(served.configured or 1, 1)

    return sorted(tally.degraded, key=rank)


def _service(key: ServiceKey, served: ServiceHealth, names: OperatorNames) -> Problem:
    return Problem("services", key, f"{_name(key, names)}: {state_word(served)}, {live(served)} live")


def _name(key: ServiceKey, names: OperatorNames) -> str:
    return names.service(key) or service_name(key)
