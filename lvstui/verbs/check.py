"""--check: what is wrong, in the convention of monitoring plugins: one line, performance data after a |, and an exit
code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. The worst decides: CRITICAL, then UNKNOWN, then WARNING."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lvstui.doctor.finding import CRITICAL, SEVERITIES, WARNING, Finding
from lvstui.doctor.thresholds import USUAL, Thresholds
from lvstui.verbs.verb import Verb

if TYPE_CHECKING:
    from lvstui.director.record import Record
    from lvstui.director.source import Source
    from lvstui.verbs.examining import Examined

OK, WARN, BAD, UNKNOWN = range(4)
WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
FORMATS = ("text", "json")
_SHOWN = 5
"""The number of findings that the line names; further ones are counted."""
_LISTED = 1000
"""The number of findings, the worst first, that JSON lists; further ones are counted."""


def chosen(ids: Sequence[str]) -> frozenset[str]:
    """The ids asked for; all where none is given. Raises BadInput."""
    from lvstui.director.errors import BadInput
    from lvstui.director.remarks import nearest
    from lvstui.doctor.registry import IDS

    for name in ids:
        if name not in IDS:
            raise BadInput(
                f"--check {name}", "there is no such finding", nearest(name, IDS) or "docs/doctor.md lists them"
            )
    return frozenset(ids or IDS)


def run(
    source: Source,
    ids: frozenset[str],
    silence: Mapping[str, str],
    kind: str,
    ask: bool = False,
    probe: bool = False,
    limits: Thresholds = USUAL,
    records: Callable[[], Sequence[Record]] = tuple,
) -> Verb:
    """Examines the director, prints the line and returns the exit code. `probe`: probe ports and addresses too;
    `records`: the audit log, latest first, which tells since when a finding exists. Raises LvsError."""
    from lvstui.verbs.examining import examined

    result = examined(source, silence, ask, probe, limits=limits, ids=ids)
    if kind == "json":
        from lvstui.views.audit_index import Events
        from lvstui.views.finding_since import dated
        from lvstui.views.since import TimeSources

        diagnosis = dated(result.diagnosis, TimeSources(Events(records())), result.tally, limits, result.drifts)
        yield from _json(result._replace(diagnosis=diagnosis), ids)
    else:
        yield f"{line(result, ids)}\n"
    return status(result, ids)


def status(examined: Examined, ids: Collection[str]) -> int:
    """The exit code."""
    worst = max((finding.severity for finding in _asked(examined, ids)), default=0)
    if worst == CRITICAL:
        return BAD
    if _unknown(examined, ids) or examined.short:
        return UNKNOWN
    return WARN if worst == WARNING else OK


def line(examined: Examined, ids: Collection[str]) -> str:
    """`LVSTUI CRITICAL - 1 critical: tcp 192.0.2.1:80: no server takes new connections | services=7 ...`"""
    from lvstui.views.doctor import brief
    from lvstui.views.number import count

    diagnosis = examined.diagnosis
    findings = [finding for finding in _asked(examined, ids) if finding.severity]
    notices = len(_asked(examined, ids)) - len(findings)
    words = []
    if findings:
        words.append(brief(findings) + ": " + "; ".join(finding.sentence for finding in findings[:_SHOWN]))
        if len(findings) > _SHOWN:
            words[-1] += f"; and {count(len(findings) - _SHOWN, 'more finding')}"
    if unknown := _unknown(examined, ids):
        words += [f"{name} cannot be judged: {why}" for name, why in unknown.items()]
    words += examined.short
    if not words:
        words.append(f"{count(diagnosis.passed, 'check')} passed")
    if notices:
        words.append(count(notices, "notice"))
    if diagnosis.silenced:
        words.append(f"{len(diagnosis.silenced)} silenced")
    if diagnosis.unjudged and not unknown:
        words.append(f"{len(diagnosis.unjudged)} not judged")
    # The text after a bar is performance data.
    text = ", ".join(words).replace("|", "/")
    return f"LVSTUI {WORDS[status(examined, ids)]} - {text} | {performance(examined)}"


def performance(examined: Examined) -> str:
    """`label=value;warn;crit;min;max`, with the same labels every time."""
    state, tally = examined.state, examined.tally
    values: list[tuple[str, object, str]] = [
        ("services", len(state.services), ";;;0"),
        ("services_down", len(tally.down), ";;0;0"),
        ("services_degraded", len(tally.degraded), ";0;;0"),
        ("servers_live", tally.live, f";;;0;{tally.configured}" if tally.configured is not None else ";;;0"),
    ]
    if state.load is not None:
        values += [("active", state.load.active, ";;;0"), ("inactive", state.load.inactive, ";;;0")]
    if state.traffic is not None:
        values.append(("connection_rate", state.traffic.connections, ";;;0"))
        values.append(("in_bytes_rate", state.traffic.in_bytes, "B;;;0"))
    values += [
        ("findings_critical", sum(finding.severity == CRITICAL for finding in examined.diagnosis.findings), ";;0;0"),
        ("findings_warning", sum(finding.severity == WARNING for finding in examined.diagnosis.findings), ";0;;0"),
        ("drift", _drift(examined), ";;;0"),
    ]
    return " ".join(f"{name}={_number(value)}{unit}" for name, value, unit in values)


def _drift(examined: Examined) -> object:
    """How many places; U, as monitoring writes it, where that is not known."""
    if "drift" in examined.diagnosis.unjudged:
        return "U"
    return examined.drifts.number if examined.drifts is not None else 0


def unknown_line(why: str) -> str:
    """The line to print where nothing could be examined."""
    text = why.replace("|", "/").replace("\n", " ")
    return f"LVSTUI {WORDS[UNKNOWN]} - {text}\n"


def as_data(finding: Finding) -> dict[str, Any]:
    """A finding as JSON data."""
    from lvstui.director.model import service_text

    return {
        "id": finding.id,
        "severity": SEVERITIES[finding.severity],
        "subject": finding.subject,
        "text": finding.text,
        "evidence": [evidence._asdict() for evidence in finding.seen],
        "risk": finding.risk or None,
        "do": list(finding.do),
        "here": finding.here or None,
        "since": finding.since,
        "service": service_text(finding.service) if finding.service is not None else None,
    }


def _json(examined: Examined, ids: Collection[str]) -> Iterable[str]:
    from lvstui.doctor.registry import FIRST, IDS
    from lvstui.formats.json import encoded

    lacking = examined.diagnosis.unjudged
    diagnosis, code = examined.diagnosis, status(examined, ids)
    findings = _asked(examined, ids)
    silenced = [entry for entry in diagnosis.silenced if entry.finding.id in ids]
    head = {
        "status": WORDS[code],
        "code": code,
        "host": examined.state.host,
        "taken": round(examined.state.taken, 3),
        "passed": diagnosis.passed,
        "more": len(findings[_LISTED:]) + diagnosis.more,
        "unjudged": {name: lacking[FIRST[name]] for name in IDS if name in ids and FIRST[name] in lacking},
        "untried": list(examined.short),
        "silenced": [as_data(entry.finding) | {"reason": entry.reason} for entry in silenced[:_LISTED]],
        "more_silenced": len(silenced[_LISTED:]),
        "performance": performance(examined),
    }
    yield "{\n" + "".join(f'"{key}": {encoded(value)},\n' for key, value in head.items()) + '"findings": ['
    yield ",".join("\n" + encoded(as_data(finding)) for finding in findings[:_LISTED])
    yield "\n]\n}\n"


def _asked(examined: Examined, ids: Collection[str]) -> list[Finding]:
    return [finding for finding in examined.diagnosis.findings if finding.id in ids]


def _unknown(examined: Examined, ids: Collection[str]) -> dict[str, str]:
    """The checks that were asked for by name and could not be made. Where all are asked for, their number is enough:
    without root some are never possible."""
    from lvstui.doctor.registry import FIRST, IDS, UNPROBED

    if len(ids) == len(IDS):
        return {}
    lacking = {**examined.diagnosis.unjudged, **dict.fromkeys(examined.diagnosis.unprobed, UNPROBED)}
    return {name: lacking[FIRST[name]] for name in sorted(ids) if FIRST[name] in lacking}


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
