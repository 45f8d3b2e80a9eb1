"""Since when a finding exists. If it says the same as a row of the services or of their servers, the time is that
row's, from the same function. A drift exists since the record that made it, if that is the last one of its rule. The
doctor itself only knows when it first saw the finding."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.drift.all import Drifts
from lvstui.director.drift.drift import WAITING, Drift
from lvstui.director.model import Server, ServiceKey
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.doctor.diagnosis import Diagnosis, Silenced
from lvstui.doctor.finding import Finding
from lvstui.doctor.thresholds import USUAL, Thresholds
from lvstui.views.findings import place
from lvstui.views.since import Since, TimeSources, left_since, server_since, service_since

SERVICE = frozenset({"no-live", "all-drained", "degraded"})
"""Findings that exist exactly as long as their service's row is in its state."""


def dated(
    diagnosis: Diagnosis,
    sources: TimeSources,
    tally: Tally | None,
    limits: Thresholds = USUAL,
    drifts: Drifts | None = None,
) -> Diagnosis:
    """The same findings, each with the time that its row shows, if that is known. `tally`: what serves; `limits`: the
    thresholds that the doctor used; `drifts`: those that it judged."""
    state = diagnosis.seen.state

    def with_time(finding: Finding) -> Finding:
        if finding.id == "drift" and drifts is not None and finding.service is not None:
            return _drifted(finding, drifts.by_service.get(finding.service, ()), sources, state)
        return _dated(finding, sources, state, tally, limits)

    findings = tuple(map(with_time, diagnosis.findings))
    quiet = tuple(Silenced(with_time(silenced.finding), silenced.reason) for silenced in diagnosis.silenced)
    return diagnosis._replace(findings=findings, silenced=quiet)


def _drifted(finding: Finding, drifts: Sequence[Drift], sources: TimeSources, state: State) -> Finding:
    """A service drifts since the first of its differences came; known only if that is known of each of them."""
    epochs = []
    for drift in drifts:
        epoch = (
            sources.events.made(drift.service, drift.server, state) if drift.kind != WAITING and drift.service else None
        )
        if epoch is None:
            return finding
        epochs.append(epoch)
    # What this console saw before the last record of a rule was a difference too.
    return finding._replace(since=min([*epochs, *([finding.since] if finding.since is not None else [])]))


def _dated(finding: Finding, sources: TimeSources, state: State, tally: Tally | None, limits: Thresholds) -> Finding:
    since = _since(finding, sources, state, tally, limits)
    return finding._replace(since=since.epoch) if since is not None and since.epoch is not None else finding


def _since(
    finding: Finding, sources: TimeSources, state: State, tally: Tally | None, limits: Thresholds
) -> Since | None:
    """From the audit log, what was watched, or the memory of drains; None if none of them has this very event."""
    key = finding.service
    if key is None or tally is None:
        return None
    if finding.id == "full":
        where = place(finding, state)
        return server_since(sources, where, True, 1, finding.id) if where is not None else None
    served = tally.of(key)
    if served is None:
        return None
    if finding.id == "last-live":
        return left_since(sources, key, served, _servers(state, key), int(limits.last_live))
    if finding.id in SERVICE or (finding.id == "sorry" and served.fails):
        return service_since(sources, key, served, _servers(state, key))
    return None


def _servers(state: State, key: ServiceKey) -> Sequence[Server]:
    pool = state.servers(key)
    return pool.servers() if pool is not None else ()
