"""What a console held tick after tick on a real kernel, as values: whether anything grew, and its picture. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

FULL = 1000
"""Ticks after which nothing may grow any more."""
GROWS = 1.05
"""How much memory may grow after them: caches, and what Python keeps for later."""
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 260, 60, 16, 24, 40
_COLOURS = {"changes": "#b0b0b0", "failovers": "#d55e00", "reloads": "#009e73"}


class Held(NamedTuple):
    """After so many ticks: blocks of memory that Python has handed out, kilobytes of the process, descriptors, bytes
    of the audit log, snapshots in the store, and reads that failed so far."""

    tick: int
    blocks: int
    kilobytes: int
    descriptors: int
    log: int
    snapshots: int
    failed: int


class Run(NamedTuple):
    """`events`: after which tick what happened."""

    machine: str
    held: tuple[Held, ...]
    events: tuple[tuple[int, str], ...]


def as_data(run: Run) -> dict[str, object]:
    """As JSON keeps it."""
    return {
        "machine": run.machine,
        "held": [list(one) for one in run.held],
        "events": [list(one) for one in run.events],
    }


def from_data(data: dict[str, object]) -> Run:
    """What as_data made."""
    machine, held, events = data["machine"], data["held"], data["events"]
    assert isinstance(machine, str) and isinstance(held, list) and isinstance(events, list)
    return Run(machine, tuple(Held(*one) for one in held), tuple((int(tick), str(what)) for tick, what in events))


def grown(run: Run, log: int, snapshots: int) -> list[str]:
    """What grew after the first thousand ticks, in words; empty when nothing did. `log`: the most bytes of the audit
    log, `snapshots`: the most of the store."""
    before = [one for one in run.held if FULL / 2 <= one.tick <= FULL]
    after = [one for one in run.held if one.tick > FULL]
    if not before or not after:
        return [f"only {run.held[-1].tick if run.held else 0} ticks: too few to say"]
    found = []
    for name, field in (("blocks of memory", "blocks"), ("kilobytes", "kilobytes")):
        # The end counts, not a peak: while the module is away, errors and new sockets take their own.
        then, now = (_middle([getattr(one, field) for one in part]) for part in (before, after[-len(before) :]))
        if now > then * GROWS:
            found.append(f"{now:,} {name} after {run.held[-1].tick:,} ticks, {then:,} after {FULL:,}")
    most = max(one.descriptors for one in run.held if one.tick <= FULL)
    if after[-1].descriptors > most:
        found.append(f"{after[-1].descriptors} descriptors, {most} in the first {FULL:,} ticks")
    if (bytes_ := max(one.log for one in run.held)) > log:
        found.append(f"{bytes_:,} bytes of audit log, more than {log:,}")
    if (files := max(one.snapshots for one in run.held)) > snapshots:
        found.append(f"{files} automatic snapshots, more than {snapshots}")
    return found


def _middle(values: Sequence[int]) -> int:
    return sorted(values)[len(values) // 2]


def told(run: Run) -> str:
    """The run in one paragraph."""
    last, full = run.held[-1], next((one for one in run.held if one.tick >= FULL), run.held[-1])
    changes, failovers, reloads = (sum(what == kind for _, what in run.events) for kind in _COLOURS)
    return (
        f"{last.tick:,} ticks of a console on {run.machine}: a change of its own every seventh tick, {changes} times "
        f"changes by ipvsadm, {failovers} failovers, and ip_vs unloaded and loaded again {reloads} times, so that "
        f"{last.failed} reads failed. After {FULL:,} ticks the "
        f"process held {full.kilobytes / 1024:.1f} MB, {full.blocks:,} blocks and {full.descriptors} descriptors; at "
        f"the end {last.kilobytes / 1024:.1f} MB, {last.blocks:,} blocks and {last.descriptors} descriptors."
    )


def picture(run: Run) -> str:
    """docs/endurance.svg: megabytes against ticks, with a line for each failover and reload."""
    return "".join(_picture(run))


def _picture(run: Run) -> Iterator[str]:
    most = max(one.kilobytes for one in run.held) / 1024 * 1.15
    last = run.held[-1].tick

    def across(tick: int) -> float:
        return _LEFT + tick / last * (_WIDTH - _LEFT - _RIGHT)

    def up(megabytes: float) -> float:
        return _HEIGHT - _BOTTOM - megabytes / most * (_HEIGHT - _BOTTOM - _TOP)

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
        ' font-size="11">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
    )
    for tick, what in run.events:
        if what != "changes":
            x = f"{across(tick):.1f}"
            yield (
                f'<line x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="{_COLOURS[what]}"'
                ' stroke-opacity="0.5"/>\n'
            )
    step = 10 if most > 25 else 5
    for megabytes in range(0, int(most) + 1, step):
        y = up(megabytes)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>\n'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{megabytes} MB</text>\n'
    for tick in range(0, last + 1, max(1, last // 5)):
        yield f'<text x="{across(tick):.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{tick:,}</text>\n'
    yield f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">ticks</text>\n'
    for number, kind in enumerate(("failovers", "reloads")):
        yield f'<text x="{_LEFT + 90 * number}" y="14" fill="{_COLOURS[kind]}">| {kind}</text>\n'
    points = " ".join(f"{across(one.tick):.1f},{up(one.kilobytes / 1024):.1f}" for one in run.held)
    yield f'<polyline points="{points}" fill="none" stroke="#0072b2" stroke-width="2"/>\n</svg>\n'
