"""A report as a page: one HTML file that loads nothing else, light or dark as the reader's browser is. All text from
outside goes through `_text`. It contains no scripts, and its policy forbids the browser to run any."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from math import floor, log10

from lvstui.plain import plain
from lvstui.views.number import count, short
from lvstui.views.report_parts import (
    UNTOLD,
    AffectedService,
    Curves,
    Outage,
    Report,
    ReportEvent,
    TableSummary,
    TimeSeries,
)
from lvstui.views.times import age

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --faint: #59636e; --rule: #d1d9e0; --panel: #f6f8fa;
  --down: #b3261e; --up: #1a7f37; --warn: #8a5a00; --hand: #6f3fb5; --own: #0b5cad; --line: #0b5cad;
  --area: #0b5cad22; }
@media (prefers-color-scheme: dark) { :root { --paper: #0f1318; --ink: #e4e8ed; --faint: #9aa5b1; --rule: #313942;
  --panel: #171d24; --down: #ff8078; --up: #56d070; --warn: #e5b454; --hand: #c5a3ff; --own: #79b8ff; --line: #79b8ff;
  --area: #79b8ff2e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 70rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 0; }
p { margin: .3rem 0; } ul { margin: .3rem 0; padding-left: 1.2rem; } .faint { color: var(--faint); }
code, .at, td.n { font-family: ui-monospace, monospace; font-size: .87em; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0; border-top: 1px solid var(--rule); }
th { color: var(--faint); font-weight: normal; border-top: 0; } td.at { white-space: nowrap; } code { display: block;
  overflow-wrap: anywhere; } .down { color: var(--down); } .up { color: var(--up); } .warn { color: var(--warn); }
.hand { color: var(--hand); } .own { color: var(--own); } .sign { font-weight: bold; width: 1.2rem; }
section.service { border: 1px solid var(--rule); border-radius: 6px; padding: .8rem 1rem; margin: .8rem 0;
  background: var(--panel); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: .8rem 1.2rem;
  margin-top: .5rem; }
figure { margin: 0; } figcaption { display: flex; justify-content: space-between; gap: 1rem; font-size: .85rem; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--faint); font: 10px system-ui, sans-serif; }
.axis { stroke: var(--rule); fill: none; } .curve { stroke: var(--line); stroke-width: 1.5; fill: none; }
.area { fill: var(--area); } .mark { stroke: var(--warn); stroke-dasharray: 3 3; } .role { fill: var(--area);
  stroke: var(--rule); } .role.master { fill: var(--up); fill-opacity: .35; }
@media print { section.service, tr { break-inside: avoid; } }
"""
_TONES = {"-": "down", "▼": "down", "+": "up", "V": "warn", "!": "hand", "*": "own"}
_WIDE, _HIGH, _LEFT, _TOP, _FOOT = 560, 130, 44, 8, 18
"""A picture: its size, and the room for its axes."""
_BREAK = 4.0
"""If two points are this many times further apart than usual, the time between them counts as not known."""


def page(report: Report) -> str:
    """The whole page."""
    return "".join(f"{line}\n" for line in _page(report))


def _page(report: Report) -> Iterator[str]:
    host = _text(report.host or "a director")
    first, last = report.first, report.last
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark"><meta name="generator" content="lvstui">'
    yield f"<title>{host}, {_day(first.epoch)}</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{host}: {_day(first.epoch)} {_clock(first.epoch)} to {_until(first.epoch, last.epoch)}</h1>"
    length = age(last.epoch - first.epoch) or f"{last.epoch - first.epoch:.0f} s"
    zone = _text(time.strftime("%Z (UTC%z)", time.localtime(first.epoch)))
    yield f'<p class="faint">{length}, {count(report.frames, "reading")}; times are {zone}</p>'
    if report.left_out:
        yield f'<p class="warn">left out of this page: {_text(", ".join(report.left_out))}</p>'
    yield from _in_short(report)
    yield from _happened(report)
    yield from _affected(report)
    yield from _roles(report)
    yield from _ends(report)
    yield "</body></html>"


def _text(text: str) -> str:
    """Text from outside, safe in the page and in an attribute: it cannot be markup and has no invisible characters."""
    return escape(plain(text), quote=True)


def _in_short(report: Report) -> Iterator[str]:
    """The summary for a reader who reads nothing else."""
    first, last = report.first, report.last
    yield "<h2>In short</h2><ul>"
    for outage in report.outages[:_OUTAGES]:
        yield f'<li><b class="down">{_text(outage.name)}</b> was DOWN {_lasted(outage, first.epoch, last.epoch)}</li>'
    if len(report.outages) > _OUTAGES:
        yield f"<li>and {count(len(report.outages) - _OUTAGES, 'more outage')}</li>"
    if not report.outages:
        yield "<li>No service was DOWN.</li>"
    live = f"{first.live} of {first.servers}", f"{last.live} of {last.servers}"
    yield f"<li>Live real servers in the table: {live[0]} at the beginning, {live[1]} at the end.</li>"
    kinds = Counter(event.kind for event in report.events)
    words = [text for kind, (singular, more) in _KINDS.items() if (text := _counted(kinds[kind], singular, more))]
    if words:
        yield f"<li>{'; '.join(words)}.</li>"
    yield "</ul>"


_OUTAGES = 20
_KINDS = {
    "lvstui": ("1 change with lvstui", "changes with lvstui"),
    "keepalived": ("1 change that keepalived probably made", "changes that keepalived probably made"),
    "someone": ("1 change by someone else", "changes by someone else"),
    "vrrp": ("the VRRP role moved once", "moves of the VRRP role"),
}
"""Kinds of events, for one and for several."""


def _counted(number: int, text: str, more: str) -> str:
    return "" if not number else text if number == 1 else f"{number} {more}"


def _lasted(outage: Outage, first: float, last: float) -> str:
    """`from 02:41:07 to 02:46:30 (5 min)`."""
    begins, ends = outage.begins or first, outage.ends or last
    since = f"from {_clock(begins)}" if outage.begins is not None else f"when the recording began, at {_clock(first)},"
    until = f"to {_clock(ends)}" if outage.ends is not None else f"to the end of the recording at {_clock(last)}"
    if outage.begins is None and outage.ends is not None:
        until = f"until {_clock(ends)}"
    length = age(ends - begins) or f"{ends - begins:.0f} s"
    more = "" if outage.begins is not None and outage.ends is not None else "at least "
    return f"{since} {until} ({more}{length})"


def _happened(report: Report) -> Iterator[str]:
    yield "<h2>What happened</h2>"
    doubt = " A ? behind a name means: probably." if any(event.who.endswith("?") for event in report.events) else ""
    if report.told_by or doubt:
        yield f'<p class="faint">{_text(report.told_by)}{doubt}</p>'
    if not report.events:
        untold = any(role == UNTOLD for _, role in report.roles)
        role = "" if untold else " no role moved,"
        yield f"<p>Nothing: no rule changed,{role} and every service was served as before.</p>"
        return
    yield '<div class="scroll"><table><thead><tr><th>when<th><th>kind<th>who<th>what</tr></thead><tbody>'
    day = _day(report.first.epoch)
    for report_event in report.events:
        if _day(report_event.epoch) != day:
            day = _day(report_event.epoch)
            yield f'<tr><th colspan="5">{day}</th></tr>'
        yield _event(report_event)
    yield "</tbody></table></div>"


def _event(event: ReportEvent) -> str:
    tone = _TONES.get(event.sign, "faint")
    reason = f' <span class="faint">"{_text(event.reason)}"</span>' if event.reason else ""
    result = f' <span class="down">{_text(event.result)}</span>' if event.result else ""
    commands = "".join(f"<code>{_text(command)}</code>" for command in event.commands)
    return (
        f'<tr><td class="at">{_clock(event.epoch)}<td class="sign {tone}">{_text(event.sign)}'
        f'<td class="{tone}">{_text(event.kind)}<td>{_text(event.who)}'
        f"<td>{_text(event.what)}{reason}{result}{commands}</tr>"
    )


def _affected(report: Report) -> Iterator[str]:
    if not report.affected:
        return
    yield "<h2>Services to which something happened</h2>"
    yield '<p class="faint">A dotted line marks a moment at which something happened to the service, see above.</p>'
    span = report.first.epoch, report.last.epoch
    for affected in report.affected:
        yield '<section class="service">'
        yield from _service(affected, span)
        yield "</section>"


def _service(affected: AffectedService, span: tuple[float, float]) -> Iterator[str]:
    curves = affected.curves
    address = f' <span class="faint">{_text(curves.address)}</span>' if curves.address != curves.name else ""
    yield f"<h3>{_text(curves.name)}{address}</h3>"
    yield from _pair(curves, span, affected.marks, "")
    if affected.servers:
        yield f"<details><summary>{count(len(affected.servers), 'real server')}</summary>"
        for server in affected.servers:
            named = f"{server.name} {server.address}" if server.address != server.name else server.address
            yield f'<p class="at">{_text(named)}</p>'
            yield from _pair(server, span, affected.marks, named)
        if affected.more:
            yield f'<p class="faint">and {count(affected.more, "more real server")}</p>'
        yield "</details>"


def _pair(curves: Curves, span: tuple[float, float], marks: Sequence[float], name: str) -> Iterator[str]:
    yield '<div class="pair">'
    yield _figure(curves.active, "active connections", name, span, marks)
    yield _figure(curves.rate, "new connections a second", name, span, marks)
    yield "</div>"


def _figure(line: TimeSeries, title: str, name: str, span: tuple[float, float], marks: Sequence[float]) -> str:
    words = f"peak {short(line.peak)}, at the end {short(line.last)}" if line.last is not None else "none at the end"
    if not any(value is not None for _, value in line.points):
        words = "nothing is known of it"
    return (
        f"<figure><figcaption><span>{_text(title)}</span><span>{words}</span></figcaption>"
        f"{_picture(line, f'{name} {title}'.strip(), span, marks)}</figure>"
    )


def _picture(line: TimeSeries, title: str, span: tuple[float, float], marks: Sequence[float]) -> str:
    first, last = span
    length = max(last - first, 1.0)
    top = _scale(max((value for _, value in line.points if value is not None), default=0.0))
    right, foot = _WIDE - 6, _HIGH - _FOOT

    def x(at: float) -> float:
        return _LEFT + (right - _LEFT) * min(1.0, max(0.0, (at - first) / length))

    def y(value: float) -> float:
        return foot - (foot - _TOP) * value / top

    parts = [f'<svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{_text(title)}">']
    parts.append(f'<path class="axis" d="M{_LEFT} {_TOP}V{foot}H{right}"/>')
    for text, at, height, anchor in (
        (short(top), _LEFT - 5, _TOP + 8, "end"),
        ("0", _LEFT - 5, foot, "end"),
        (_clock(first), _LEFT, _HIGH - 4, "start"),
        (_clock(first + length / 2), (_LEFT + right) / 2, _HIGH - 4, "middle"),
        (_clock(last), right, _HIGH - 4, "end"),
    ):
        parts.append(f'<text x="{at}" y="{height}" text-anchor="{anchor}">{text}</text>')
    for stretch in _stretches(line.points):
        drawn = "L".join(f"{x(at):.1f} {y(value):.1f}" for at, value in stretch)
        begins, ends = x(stretch[0][0]), x(stretch[-1][0])
        if len(stretch) == 1:  # a moment alone is a short line, or nobody would see it
            drawn, ends = f"{drawn}h2", ends + 2
        parts.append(f'<path class="area" d="M{begins:.1f} {foot}L{drawn}V{foot}Z"/><path class="curve" d="M{drawn}"/>')
    parts += [f'<path class="mark" d="M{x(at):.1f} {_TOP}V{foot}"><title>{_clock(at)}</title></path>' for at in marks]
    return "".join([*parts, "</svg>"])


def _stretches(points: Sequence[tuple[float, float | None]]) -> Iterator[list[tuple[float, float]]]:
    """The points that a line joins: none joins two points with an unknown time between them."""
    steps = sorted(later[0] - earlier[0] for earlier, later in pairwise(points))
    usual = steps[len(steps) // 2] if steps else 0.0
    joined: list[tuple[float, float]] = []
    for at, value in points:
        if joined and (value is None or at - joined[-1][0] > _BREAK * max(usual, 1.0)):
            yield joined
            joined = []
        if value is not None:
            joined.append((at, value))
    if joined:
        yield joined


def _scale(most: float) -> float:
    """The next number that is 1, 2 or 5 times a power of ten."""
    if most <= 1:
        return 1.0
    power = 10.0 ** floor(log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


def _roles(report: Report) -> Iterator[str]:
    if not any(role not in ("", UNTOLD) for _, role in report.roles):
        return
    yield "<h2>VRRP role</h2>"
    first, last = report.first.epoch, report.last.epoch
    length = max(last - first, 1.0)
    ends = [*(epoch for epoch, _ in report.roles[1:]), last]
    parts = [f'<svg viewBox="0 0 {_WIDE * 2} 40" role="img" aria-label="role over time">']
    for (begins, role), end in zip(report.roles, ends, strict=True):
        left, wide = (begins - first) / length * _WIDE * 2, (end - begins) / length * _WIDE * 2
        name = _text(role or "no role")
        master = " master" if role == "MASTER" else ""
        parts.append(
            f'<g><title>{name} from {_clock(begins)}</title><rect class="role{master}" x="{left:.1f}" y="4" '
            f'width="{wide:.1f}" height="20"/>'
        )
        parts.append(f'<text x="{left + 4:.1f}" y="36">{_clock(begins)} {name}</text></g>' if wide > 90 else "</g>")
    yield "".join([*parts, "</svg>"])
    for begins, role in report.roles:
        yield f'<p><span class="at">{_clock(begins)}</span> {_text(role or "no role")}</p>'


def _ends(report: Report) -> Iterator[str]:
    yield "<h2>Beginning and end</h2>"
    yield '<div class="scroll"><table><thead><tr><th><th>beginning<th>end</tr></thead><tbody>'
    for name, before, after in _compared(report.first, report.last):
        yield f'<tr><td class="faint">{name}<td>{before}<td>{after}</tr>'
    yield "</tbody></table></div>"
    if not report.differences:
        yield "<p>The rules at the end are those at the beginning.</p>"
        return
    yield f"<p>{count(len(report.differences), 'difference')}: the commands lead from the beginning to the end.</p>"
    yield '<div class="scroll"><table><tbody>'
    for difference in report.differences:
        yield f"<tr><td>{_text(difference.what)}<td><code>{_text(difference.command)}</code></tr>"
    yield "</tbody></table></div>"


def _compared(first: TableSummary, last: TableSummary) -> Iterable[tuple[str, str, str]]:
    names = ("time", "services", "real servers", "active connections", "services DOWN", "VRRP role")
    yield from zip(names, _summary(first), _summary(last), strict=True)


def _summary(summary: TableSummary) -> Sequence[str]:
    return (
        f"{_day(summary.epoch)} {_clock(summary.epoch)}",
        str(summary.services),
        f"{summary.servers} in the table, {summary.live} take new connections",
        f"{summary.active:,}",
        _text(", ".join(summary.down[:10])) or "none",
        _text(summary.role or "no role"),
    )


def _day(epoch: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(epoch))


def _clock(epoch: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(epoch))


def _until(first: float, last: float) -> str:
    return _clock(last) if _day(first) == _day(last) else f"{_day(last)} {_clock(last)}"
