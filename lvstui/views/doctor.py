"""The doctor's findings in words: for --check, for events and for view 5."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from lvstui.doctor.diagnosis import Diagnosis
from lvstui.doctor.finding import CRITICAL, NOTICE, SEVERITIES, WARNING, Finding, Identity
from lvstui.doctor.registry import IDS
from lvstui.doctor.thresholds import LIMITS, Thresholds
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.config.settings import NumberEntry, WordsEntry


def reasons(chosen: Mapping[str, WordsEntry]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The reasons for silence in the settings, by the check that they silence; and a complaint for each that does not
    name a check."""
    from lvstui.director.remarks import nearest, shown

    silenced: dict[str, str] = {}
    complaints = []
    for key, value in chosen.items():
        name, _, subject = key.strip().partition(" ")
        if name in IDS:
            silenced[f"{name} {subject.strip()}".strip()] = " ".join(value.words)
        else:
            mend = nearest(name, IDS) or "docs/doctor.md lists them"
            complaints.append(f"{value.where}: {shown(name)} in [silence] is not a finding of the doctor: {mend}")
    return silenced, tuple(complaints)


def limits(chosen: Mapping[str, NumberEntry]) -> tuple[Thresholds, tuple[str, ...]]:
    """The thresholds in the settings; and a complaint for each that does not exist or has an impossible value."""
    from lvstui.director.remarks import nearest, shown

    known = {limit.name: limit for limit in LIMITS}
    numbers: dict[str, float] = {}
    complaints = []
    for name, value in chosen.items():
        limit = known.get(name)
        if limit is None:
            mend = nearest(name, known) or "docs/configuration.md lists them"
            complaints.append(f"{value.where}: {shown(name)} in [thresholds] is not a threshold of the doctor: {mend}")
        elif not limit.fits(value.number):
            complaints.append(f"{value.where}: {name} must be {limit.wants} ({limit.unit}), and is {value.number:g}")
        else:
            numbers[limit.field] = value.number
    return Thresholds(**numbers), tuple(complaints)


def brief(findings: Iterable[Finding]) -> str:
    """`1 critical, 2 warnings, 1 notice`"""
    numbers = dict.fromkeys((CRITICAL, WARNING, NOTICE), 0)
    for finding in findings:
        numbers[finding.severity] += 1
    words = [f"{numbers[CRITICAL]} critical"] if numbers[CRITICAL] else []
    words += [count(numbers[level], SEVERITIES[level]) for level in (WARNING, NOTICE) if numbers[level]]
    return ", ".join(words)


def summary(diagnosis: Diagnosis, muted: Collection[Identity], width: int) -> str:
    """`1 critical, 2 warnings (1 counted in other badges), 27 checks passed`: the masthead counts each problem once, so
    its badge of findings says less. Shorter words on a narrow screen."""
    shown = [finding for finding in diagnosis.findings if finding.identity not in muted]
    elsewhere = sum(finding.severity >= WARNING and finding.counted for finding in shown)
    counts = brief(diagnosis.findings)
    if elsewhere:
        counts += f" ({elsewhere} counted in other badges)"
    words = [counts, f"{count(diagnosis.passed, 'check')} passed"]
    if diagnosis.silenced:
        words.append(f"{len(diagnosis.silenced)} silenced")
    if diagnosis.unjudged:
        words.append(f"{len(diagnosis.unjudged)} not judged")
    text = ", ".join(filter(None, words))
    for long, short in (("counted in other", "in other"), (" checks passed", " passed")):
        if len(text) >= width - 1:
            text = text.replace(long, short)
    return text


def since(finding: Finding, diagnosis: Diagnosis) -> str:
    """`since 02:41:07`; `since before 02:30:12` for a finding that existed at the first look."""
    if finding.since is None:
        return f"since before {clock(diagnosis.began, diagnosis.at)}"
    return f"since {clock(finding.since, diagnosis.at)}"


def clock(epoch: float, now: float) -> str:
    """`02:41:07` on the same day, else `24 Nov 22:13`."""
    then = time.localtime(epoch)
    return time.strftime("%T" if then[:3] == time.localtime(now)[:3] else "%d %b %H:%M", then)
