"""All checks on a State, followed from sweep to sweep: rules are checked again when they change, and the traffic of a
large table is checked a part at a time."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from types import MappingProxyType

from lvstui.director.drift.all import Drifts
from lvstui.director.facts import Facts
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.probe import Probed
from lvstui.director.serving import KEEPALIVED, Tally
from lvstui.director.state import Counters, State
from lvstui.director.sweeps import Sweep, other_rules, swept
from lvstui.doctor.case import NO_FACTS, Case, Shape, Shapes, shape
from lvstui.doctor.finding import CRITICAL, WARNING, Finding, Identity, silenced
from lvstui.doctor.registry import (
    ASKED,
    EVERY,
    FIRST,
    FLOW_CHECKS,
    NETLINK,
    PROBED,
    RULE_CHECKS,
    TABLE_CHECKS,
    TESTED,
    UNPROBED,
)
from lvstui.doctor.thresholds import USUAL, Thresholds
from lvstui.values import NamedTuple

AT_ONCE = 500
"""Services whose counters and connections are checked at a time: all of them in most tables. A larger table is checked
in parts, sweep by sweep."""
AT_MOST = 100
"""Findings on traffic after which the rest of a large table waits for the next sweep: they cost more than looking."""
MOST = 1000
"""The most findings kept; further ones are counted."""
SPAN = 60.0
"""Seconds over which counters are compared."""
STEP = 5.0
"""Seconds between two sets of counters kept for comparing."""
REMEMBERED = 300.0
"""Seconds for which a change of the clock is reported."""

ServerCounters = Mapping[tuple[ServiceKey, ServerKey], Counters]
_NO_FLOW: ServerCounters = MappingProxyType({})
_NO_FINDINGS: Mapping[ServiceKey, tuple[Finding, ...]] = MappingProxyType({})


class Silenced(NamedTuple):
    """A silenced finding, and the reason."""

    finding: Finding
    reason: str


class Diagnosis(NamedTuple):
    """`findings`: the worst first; `silenced` ones are kept separately. `passed`: the number of checks that found
    nothing; `unjudged`: the ids of checks that could not be made, with the reason; `unprobed`: the ids of those that
    need a probe. `more`: findings beyond MOST. The rest is carried to the next sweep."""

    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    passed: int
    unjudged: Mapping[str, str]
    more: int
    at: float
    seen: Sweep
    began: float
    since: Mapping[Identity, float | None]
    shapes: Shapes
    of_rules: Mapping[ServiceKey, tuple[Finding, ...]] = _NO_FINDINGS
    of_flow: Mapping[ServiceKey, tuple[Finding, ...]] = _NO_FINDINGS
    place: int = 0
    flows: tuple[tuple[float, ServerCounters], ...] = ()
    clock: float = 0.0
    jumped: float = 0.0
    jump: float = 0.0
    unprobed: frozenset[str] = frozenset()
    alarms: int = 0
    carried: Mapping[Identity, Finding] = MappingProxyType({})

    @property
    def worst(self) -> int:
        return max((finding.severity for finding in self.findings), default=0)

    @property
    def critical(self) -> bool:
        """Whether one of the counted findings is critical."""
        return any(finding.severity == CRITICAL and not finding.counted for finding in self.findings)


def unsure(diagnosis: Diagnosis, name: str) -> bool:
    """Whether findings of this id may be there though none was found."""
    return FIRST[name] in diagnosis.unjudged or FIRST[name] in diagnosis.unprobed


def counted(diagnosis: Diagnosis | None, muted: Collection[Identity] = ()) -> int:
    """The number of findings that alarm and have no badge of their own."""
    if diagnosis is None:
        return 0
    return sum(_alarms(finding) and finding.identity not in muted for finding in diagnosis.findings) + diagnosis.alarms


def _alarms(finding: Finding) -> bool:
    return finding.severity >= WARNING and not finding.counted


def diagnosed(
    state: State,
    tally: Tally,
    drifts: Drifts | None = None,
    before: Diagnosis | None = None,
    silence: Mapping[str, str] = MappingProxyType({}),
    at_once: int = AT_ONCE,
    probed: Probed | None = None,
    limits: Thresholds = USUAL,
    most: int = MOST,
) -> Diagnosis:
    """Diagnoses the State of a sweep. `before`: the diagnosis of the sweep before; `silence`: reasons by id, or by id
    and subject; `probed`: probe results; `limits`: the thresholds of findings."""
    now = swept(state)
    if before is not None and state.at < before.seen.state.at:
        before = None  # a recording was wound back
    changed = other_rules(before.seen, now) if before is not None else set(state.services.keys)
    shapes, of_rules = _of_rules(now, changed, before)
    flows = _flows(state, before)
    offset = state.taken - state.at
    jump, jumped = _jump(state, offset, before)
    case = Case(state, _facts(state), tally, drifts, shapes, _grown(flows), jump, probed, limits, len(flows) > 1)
    of_flow, place = _of_flow(case, before, at_once)
    findings = [finding for check in TABLE_CHECKS if not _lacks(case, check.needs) for finding in check.judge(case)]
    findings += (finding for several in of_rules.values() for finding in several)
    findings += (finding for several in of_flow.values() for finding in several)
    lacking = {check.ids[0]: why for check in EVERY if (why := _lacks(case, check.needs) or check.doubt(case))}
    since = _since(findings, state.taken, before)
    carried = _carried(since.keys(), before, lacking)
    dated = [
        finding if finding.since is not None else finding._replace(since=since[finding.identity])
        for finding in findings
    ]
    quiet = [Silenced(finding, reason) for finding in dated if (reason := silenced(finding, silence)) is not None]
    hushed = {silenced.finding.identity for silenced in quiet}
    loud = sorted((finding for finding in dated if finding.identity not in hushed), key=_order)
    unprobed = frozenset(check.ids[0] for check in EVERY if _untried(case, check.needs))
    unjudged = {name: why for name, why in lacking.items() if name not in unprobed}
    amiss = {finding.id for finding in findings}
    passed = sum(1 for check in EVERY if check.ids[0] not in lacking and amiss.isdisjoint(check.ids))
    return Diagnosis(
        tuple(loud[:most]),
        tuple(quiet[:most]),
        passed,
        unjudged,
        max(0, len(loud) - most),
        state.taken,
        now,
        before.began if before is not None else state.taken,
        since,
        shapes,
        of_rules,
        of_flow,
        place,
        flows,
        offset,
        jumped,
        jump,
        unprobed,
        sum(map(_alarms, loud[most:])),
        carried,
    )


def _jump(state: State, offset: float, before: Diagnosis | None) -> tuple[float, float]:
    """By how many seconds the clock was set lately, 0 for not at all, and when (monotonic seconds). `offset`: of the
    clock from the monotonic one."""
    jump, jumped = (before.jump, before.jumped) if before is not None else (0.0, 0.0)
    if before is not None and abs(offset - before.clock) >= 1.0:
        return offset - before.clock, state.at
    return (0.0 if state.at - jumped > REMEMBERED else jump), jumped


def _facts(state: State) -> Facts:
    return state.facts if state.facts is not None else NO_FACTS


def _lacks(case: Case, needs: str) -> str:
    """Why a check cannot be made, "" where it can."""
    if not needs:
        return ""
    if needs == NETLINK:
        return case.state.read_only or "needs netlink" if "counters" in case.state.unknown else ""
    if needs in (PROBED, ASKED, TESTED):
        return UNPROBED if _untried(case, needs) else ""
    facts = case.facts
    if why := facts.why.get(needs):
        return why
    if needs in ("local", "addresses", "sample"):
        return "was not read" if getattr(facts, needs) is None else ""
    if needs in ("neighbours", "ways", "links"):
        return "was not read" if not facts.at else ""
    if needs not in facts.numbers and needs not in _OPTIONAL:
        return "was not read"
    return ""


def _untried(case: Case, needs: str) -> bool:
    """Whether a check needs a probe that was not made."""
    probed = case.probed
    if needs == PROBED:
        return probed is None or not probed.knocked
    if needs == TESTED:  # a table without a keepalived has no file to test
        return case.state.owner == KEEPALIVED and (probed is None or probed.tested is None)
    return needs == ASKED and (probed is None or not probed.answers)


_OPTIONAL = frozenset({"module xt_conntrack", "conntrack drop", "net.netfilter.nf_conntrack_count"})
"""Numbers that are missing where their module is not loaded; then there is nothing to find either."""


def _of_rules(
    now: Sweep, changed: Iterable[ServiceKey], before: Diagnosis | None
) -> tuple[Shapes, Mapping[ServiceKey, tuple[Finding, ...]]]:
    keys = set(changed)
    if before is not None and not keys:
        return before.shapes, before.of_rules
    shapes: dict[ServiceKey, Shape] = {}
    findings = {}
    old: Mapping[ServiceKey, Shape] = before.shapes.of if before is not None else {}
    poor = "counters" in now.state.unknown
    for service in now.services:
        key = service.key
        if key not in keys and key in old:
            shapes[key] = old[key]
            if before is not None and key in before.of_rules:
                findings[key] = before.of_rules[key]
            continue
        pool = now.state.pools.get(key)
        servers = pool.servers() if pool is not None else ()
        shapes[key] = shape(service, servers)
        checks = (check for check in RULE_CHECKS if not (poor and check.needs == NETLINK))
        if of := tuple(finding for check in checks for finding in check.judge(service, servers)):
            findings[key] = of
    return Shapes(shapes), findings


def _of_flow(
    case: Case, before: Diagnosis | None, at_once: int
) -> tuple[Mapping[ServiceKey, tuple[Finding, ...]], int]:
    """Checks the services of this turn; the others keep their earlier findings."""
    keys = case.state.services.keys
    place = before.place if before is not None and before.place < len(keys) else 0
    turn: Sequence[ServiceKey] = keys if len(keys) <= at_once else keys[place : place + at_once]
    there = case.shapes.of
    findings = {}
    if before is not None and len(turn) < len(keys):
        findings = {key: of for key, of in before.of_flow.items() if key in there}
    checks = [check for check in FLOW_CHECKS if not _lacks(case, check.needs)]
    made = done = 0
    for key in turn:
        if made >= AT_MOST and len(turn) < len(keys):
            break
        done += 1
        findings.pop(key, None)
        pool, reading = case.pool(key), case.state.services.find(key)
        if pool is None or reading is None:
            continue
        if of := tuple(finding for check in checks for finding in check.judge(reading, pool, case)):
            findings[key] = of
            made += len(of)
    return findings, place + done if len(turn) < len(keys) else 0


def _flows(state: State, before: Diagnosis | None) -> tuple[tuple[float, ServerCounters], ...]:
    """The counters of all servers now, and those of the last minute to compare with, or of the last look if that was
    before; none for a large table."""
    if len(state.services) > AT_ONCE or "counters" in state.unknown:
        return ()
    earlier = before.flows if before is not None else ()
    now = {(key, row.server.key): row.counters for key, pool in state.pools.items() for row in pool}
    entries = [entry for entry in earlier if state.at - entry[0] <= SPAN] or [*earlier[-1:]]
    if len(entries) > 1 and entries[-1][0] - entries[-2][0] < STEP:
        # The latest entry is replaced until it is old enough to keep; what came with it is kept in the one before.
        (at, older), (_, latest) = entries[-2:]
        if came := latest.keys() - older.keys():
            older = {**older, **{place: latest[place] for place in came}}
        entries = [*entries[:-2], (at, older)]
    return (*entries, (state.at, now))


def _grown(flows: Sequence[tuple[float, ServerCounters]]) -> ServerCounters:
    """The growth since the oldest counters, of a newer server since it was first seen."""
    if len(flows) < 2:
        return _NO_FLOW
    (_, then), *between, (_, now) = flows
    grown = {}
    for place, counters in now.items():
        earlier = then.get(place) or next((flow[place] for _, flow in between if place in flow), None)
        if earlier is not None and all(new >= old for new, old in zip(counters, earlier, strict=True)):
            grown[place] = Counters(*(new - old for new, old in zip(counters, earlier, strict=True)))
    return grown


def _since(findings: Iterable[Finding], taken: float, before: Diagnosis | None) -> dict[Identity, float | None]:
    """Since when each finding exists, None where it existed at the first examination."""
    known: dict[Identity, float | None] = {}
    if before is not None:
        known = {identity: finding.since for identity, finding in before.carried.items()} | dict(before.since)
    first = None if before is None else taken
    return {finding.identity: known.get(finding.identity, first) for finding in findings}


def _carried(
    there: Container[Identity], before: Diagnosis | None, lacking: Container[str]
) -> Mapping[Identity, Finding]:
    """What was found while it could be judged, and cannot be judged now. What was found and went while the same was not
    known is gone: it was seen in spite of that."""
    if before is None:
        return {}
    judged = (finding for finding in before.findings if not unsure(before, finding.id))
    last = (*before.carried.values(), *judged)
    return {
        finding.identity: finding for finding in last if finding.identity not in there and FIRST[finding.id] in lacking
    }


def _order(finding: Finding) -> tuple[int, bool, int, str]:
    return -finding.severity, finding.counted, _PLACES.get(finding.id, len(_PLACES)), finding.subject


_PLACES = {name: number for number, name in enumerate(name for check in EVERY for name in check.ids)}
