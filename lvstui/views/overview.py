"""The blocks below a short table of services on a large screen: hosts, findings, and the latest events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lvstui.doctor.diagnosis import Diagnosis
from lvstui.doctor.finding import Finding, Identity
from lvstui.views import sheet
from lvstui.views.column import GUTTER, Row
from lvstui.views.findings import FindingsView
from lvstui.views.head import Line, Piece
from lvstui.views.hosts import HostKey, HostsView
from lvstui.views.look import Look
from lvstui.views.number import count
from lvstui.views.operator_names import OperatorNames
from lvstui.views.sight import Sight

Latest = Callable[[int, int], Sequence[Line]]
"""The latest events for so many cells and rows."""

MOST_HOSTS = 500
"""The largest number of hosts that are put in order for this."""
_EVENTS, _FINDINGS = 7, 6
"""The rows that events keep while there are hosts and findings; the most rows of findings; with the titles."""
_BROAD = 110
"""The width in cells from which hosts that are well are listed too, with their load."""
_CALM = ("name", "called", "state", "since", "live", "why")
_LOADED = ("name", "called", "state", "since", "live", "active", "cps", "why")
_ROLES = {"warn": "alert", "up": "well"}
"""Roles of lines for tones of cells, where they have another name."""


def lines(
    sight: Sight,
    diagnosis: Diagnosis | None,
    muted: frozenset[Identity],
    latest: Latest,
    width: int,
    height: int,
) -> list[Line]:
    """Hosts, findings, events, one below the other, in `height` lines. Where there is little room the hosts are left
    out first, then the findings. `muted`: findings that this console does not show."""
    events = list(latest(width, height))
    left = height - min(len(events), _EVENTS)
    findings = _findings(diagnosis, muted, sight.around.names, width, min(_FINDINGS, left - 1))
    left -= len(findings) + 1 if findings else 0
    hosts = _hosts(sight, width, left - 1)
    left -= len(hosts) + 1 if hosts else 0
    events = events[: min(len(events), _EVENTS) + left]
    blank: Line = ()
    drawn: list[Line] = []
    for block in filter(None, (hosts, findings, events)):
        drawn += [*([blank] if drawn else []), *block]
    return sheet.clipped(drawn, width)


def _findings(
    diagnosis: Diagnosis | None, muted: frozenset[Identity], names: OperatorNames, width: int, rows: int
) -> list[Line]:
    """The findings that no row and no other badge shows."""
    if diagnosis is None or rows < 2:
        return []
    shown: list[Finding] = [
        finding for finding in diagnosis.findings if not finding.counted and finding.identity not in muted
    ]
    if not shown:
        return []
    view = FindingsView(diagnosis._replace(findings=tuple(shown)), Look(), names=names)
    others = len(diagnosis.findings) - len(shown)
    more = f"{count(others, 'other')} counted above" if others else f"{count(diagnosis.passed, 'check')} passed"
    table = [sheet.section("Findings", f"{more}   5 explains", width)]
    for number in range(min(len(view), rows - 1)):
        row = view.row(number)
        severity, since, subject, text = row.cells
        role = _role(row.tones.get("severity", ""))
        words = sheet.cut(f"{subject}: {text}", width - GUTTER - 9 - 7)
        moment = since if since.startswith("<") else since.rpartition(":")[0] or since
        table.append((Piece(f" {row.sign or ' '} {severity:<9}", role), Piece(f"{moment:<7}", "dim"), Piece(words)))
    return table


def _hosts(sight: Sight, width: int, rows: int) -> list[Line]:
    """The hosts with a problem, the worst first; in a broad block the others too."""
    hosts = sight.hosts
    if hosts is None or not 0 < len(hosts.by_key) <= MOST_HOSTS or rows < 3:
        return []
    broad = width >= _BROAD
    view = HostsView(sight.state, hosts, Look(), None, sight.around.names, tally=sight.tally, sight=sight)
    troubled = len(view.troubled)
    most = min(len(view) if broad else troubled, rows - 2)
    if most < 1:
        return []
    keys = _LOADED if broad else _CALM
    columns = [(number, column) for number, column in enumerate(view.columns) if column.key in keys]
    title = "Hosts" if broad else "Hosts to look at"
    right = (
        f"{count(len(view), 'host')}, {troubled} to look at   2 opens them"
        if broad
        else (f"{troubled} of {len(view)}   2 shows all")
    )
    heads = [(column.title, -column.width if column.right else column.width, "dim") for _, column in columns]
    listed = [
        sheet.section(title, right, width),
        (Piece(" " * GUTTER), *sheet.cells(heads)),
    ]
    for place in range(most):
        row: Row[HostKey] = view.row(place)
        cells = []
        for number, column in columns:
            role = _role(row.tones.get(column.key, row.tone))
            size = width - GUTTER - sum(of.width + 1 for _, of in columns[:-1]) if column.grows else column.width
            cells.append((row.cells[number], -size if column.right else size, role))
        tone = row.tones.get("state", "")
        sign = Piece(f" {row.sign or ' '} ", "title" if tone == "up" else _role(tone))
        listed.append((sign, *sheet.cells(cells)))
    return listed


def _role(tone: str) -> str:
    return _ROLES.get(tone, tone)
