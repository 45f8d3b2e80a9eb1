"""What the bench found, as values; and the page that it makes: docs/performance.md with its pictures. Pure."""

from __future__ import annotations

import math
import statistics
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

Size = tuple[int, int]
"""Virtual services, and real servers of each."""
GROWN = 1.05
"""The page reports whatever takes this much more than at the last run."""


class Row(NamedTuple):
    """One row of the table: processor time of `ours` over that of `theirs`, by their names in tests.bench.table.
    `aims`: the highest ratio wanted, at the second and at the third size, None for none. `why`: the reason why an aim
    is missed, and the next step."""

    title: str
    ours: str
    theirs: str
    aims: tuple[float | None, float | None]
    why: str = ""


ROWS = (
    Row(
        "whole table read in process / ipvsadm -Ln",
        "read",
        "ipvsadm -Ln",
        (0.40, 0.40),
        "most of it is the kernel's, a dump for each service: the older socket option reads IPv4 at once",
    ),
    Row(
        "one console tick / ipvsadm -Ln",
        "tick",
        "ipvsadm -Ln",
        (0.03, 0.03),
        "at 10,000 services it is the kernel's dump of the services: ask for those on the screen alone",
    ),
    Row(
        "--save / ipvsadm -S -n",
        "save",
        "ipvsadm -Sn",
        (1.2, 0.6),
        "at 10,000 services most of it is a line for each server: make text of whole columns at once",
    ),
    Row(
        "--list / ipvsadm -Ln",
        "list",
        "ipvsadm -Ln",
        (1.3, 0.7),
        "at 10,000 services most of it is a line for each server: make text of whole columns at once",
    ),
    Row(
        "--restore into an empty table / ipvsadm -R",
        "restore",
        "ipvsadm -R",
        (0.6, 0.2),
        "reading the text and making the messages are a fifth each, a dozen calls a service: do both for many at once",
    ),
    Row(
        "--restore, nothing to do / ipvsadm -R",
        "nothing",
        "ipvsadm -R",
        (0.35, 0.15),
        "the table is swept, then each line of the text is read: pass over a block that equals the kernel's own text",
    ),
    Row(
        "--restore of a 1 % change / ipvsadm -C and -R",
        "change",
        "ipvsadm -C -R",
        (0.35, 0.08),
        "as above, and the table as it was is written as TOML: keep the bytes, and make TOML when somebody looks",
    ),
)
STARTS = (
    Row(
        "lvstui --version / python3 -c pass",
        "version",
        "python",
        (1.6, None),
        "the flags and options are tables that are made at each start: make them when a flag is read",
    ),
    Row(
        "--list of 10 x 3 / python3 -c pass",
        "small list",
        "python",
        (2.2, None),
        "modules of a verb: a zip or frozen modules",
    ),
)
"""Of these there is one size alone."""


class Measured(NamedTuple):
    """`machine`: what it was counted on. `of`: for each size the seconds of processor time of each name, one a run;
    `starts`: the same of what has no size."""

    machine: str
    of: Mapping[Size, Mapping[str, Sequence[float]]]
    starts: Mapping[str, Sequence[float]]


def ratio(found: Mapping[str, Sequence[float]], row: Row) -> float:
    """The median of ours over that of theirs."""
    return statistics.median(found[row.ours]) / statistics.median(found[row.theirs])


def as_data(found: Measured) -> dict[str, object]:
    """As JSON keeps it."""
    return {
        "machine": found.machine,
        "of": {f"{services} x {servers}": dict(names) for (services, servers), names in found.of.items()},
        "starts": dict(found.starts),
    }


def from_data(data: Mapping[str, object]) -> Measured:
    """What as_data made."""
    machine, of, starts = data["machine"], data["of"], data["starts"]
    assert isinstance(machine, str) and isinstance(of, dict) and isinstance(starts, dict)
    return Measured(machine, {_size(name): names for name, names in of.items()}, starts)


def _size(text: str) -> Size:
    services, _, servers = text.partition(" x ")
    return int(services), int(servers)


def grown(now: Measured, before: Measured) -> list[str]:
    """What takes more than at the last run, a line each: `save at 1000 x 10: 1.32 s, 1.20 s before`."""
    found = [("", name, now.starts[name], before.starts.get(name)) for name in now.starts]
    for size, names in now.of.items():
        then = before.of.get(size, {})
        found += [(f" at {size[0]} x {size[1]}", name, names[name], then.get(name)) for name in names]
    lines = []
    for where, name, ours, theirs in found:
        if theirs and (value := statistics.median(ours)) > GROWN * (old := statistics.median(theirs)):
            lines.append(f"{name}{where}: {value:.3f} s, {old:.3f} s before")
    return lines


def exponent(found: Mapping[Size, Mapping[str, Sequence[float]]], name: str) -> float | None:
    """How cost grows with the number of real servers between the two largest tables: 1 for in proportion, 2 for its
    square; None where there are not two."""
    sizes = sorted(found, key=_rows)[-2:]
    if len(sizes) < 2:
        return None
    small, large = (statistics.median(found[size][name]) for size in sizes)
    return math.log(large / small) / math.log(_rows(sizes[1]) / _rows(sizes[0]))


def page(found: Measured, changes: Sequence[str], lived: str = "") -> str:
    """docs/performance.md. `changes`: what has grown; `lived`: what a console held for thousands of ticks, in words."""
    return "\n".join([*_page(found, changes), *_lived(lived)]) + "\n"


_CONSOLE = """\
The first rows of a small table stand on the screen, in plain text, after 0.68 times the instructions of `from
textual.app import App` (`python -m tests.bench.opening`, by callgrind); the aim is 1.3: met. They are those of the
console's first read, which begins before Textual is loaded (lvstui/console/first_frame.py). Textual paints over them
after 1.93 times as many instructions. About half of what is beyond the import is its own start: style sheets, layout,
the first paint.

From a key to what it paints, in a table of 50,000 rows beside the sweep of all of them, half of the keys take 4.7 ms at
most and 99 of 100 take 12.3 ms (`chrt -r 10 python -m tests.bench.paint --sweep`, on the machine above, two
processors); the aims are 8 and 25 ms: met. A key passes through three threads, and each may have to wait for the one
that sweeps: with the 5 ms that Python lets a thread work, it was 6.5 and 39.5 ms; the console lets them work for
0.5 ms."""


def _lived(lived: str) -> Iterator[str]:
    yield ""
    yield "## The console"
    yield ""
    yield _CONSOLE
    if lived:
        yield ""
        yield "## Endurance"
        yield ""
        yield from textwrap.wrap(lived, 120)
        yield ""
        yield "![megabytes of the process against ticks](endurance.svg)"


_HOW = """\
`make bench` writes this page. It runs lvstui and ipvsadm side by side on Debian's kernel in a virtual machine whose
clock counts instructions, so a busy machine changes nothing, and a second run differs by less than a percent. Figures
are the processor time of whole processes, including the kernel's share; a ratio below 1 means that lvstui needs fewer
instructions than ipvsadm. Waiting (for disks, networks) is not included."""
_POWER = """\
Between the two largest tables the cost grows with this power of the number of real servers: 1 is in proportion, 2 would
be its square. Where ipvsadm is above 1 too, the kernel is the reason: it looks for a service in 256 chains, and an
addition searches the real servers that were removed in the last two minutes. Every plan adds before it removes."""
_WHOSE = """\
A restore that brings back, within two minutes, servers that another one removed could be slow: at each addition the
kernel searches all that was removed, from the latest on. So many changes are sent in an order in which what comes back
stands at the head of that list (lvstui/director/send_order.py). Counted on the kernel above, the kernel's part of
adding 2,000, 6,000 and 20,000 servers that were just removed is 0.004, 0.020 and 0.096 s; in the order of their removal
it was 0.042, 0.285 and 2.897 s."""


def _page(found: Measured, changes: Sequence[str]) -> Iterator[str]:
    sizes = sorted(found.of, key=_rows)
    yield "# What it costs"
    yield ""
    yield _HOW
    yield ""
    yield f"Counted on: {found.machine}."
    yield ""
    yield "| | " + " | ".join(f"{services:,} x {servers}" for services, servers in sizes) + " | aim |"
    yield "|---|" + "---|" * (len(sizes) + 1)
    for row in ROWS:
        cells = [_cell(ratio(found.of[size], row)) for size in sizes]
        yield f"| {row.title} | {' | '.join(cells)} | {_aim(row, found)} |"
    for row in STARTS:
        cells = [_cell(ratio(found.starts, row)), *("" for _ in sizes[1:])]
        yield f"| {row.title} | {' | '.join(cells)} | {_aim(row, found)} |"
    yield ""
    missed = [row for row in (*ROWS, *STARTS) if not all(_met(row, found))]
    if missed:
        yield "These miss their aim. For each, the reason, then the next step:"
        yield ""
        yield from (f"- {row.title}: {row.why}." for row in missed)
        yield ""
    if changes:
        yield "These need more than at the last run:"
        yield ""
        yield from (f"- {line}" for line in changes)
        yield ""
    yield "## Cost against size"
    yield ""
    yield "![seconds of processor time against the number of real servers](performance.svg)"
    yield ""
    yield _POWER
    yield ""
    yield _WHOSE
    yield ""
    yield "| | power |"
    yield "|---|---|"
    for name in _names(found):
        power = exponent(found.of, name)
        yield f"| {name} | {'–' if power is None else f'{power:.2f}'} |"
    yield ""
    yield "## Seconds"
    yield ""
    yield "One instruction counts as a nanosecond: median, and least and most where there was more than one run."
    yield ""
    yield "| | " + " | ".join(f"{services:,} x {servers}" for services, servers in sizes) + " |"
    yield "|---|" + "---|" * len(sizes)
    for name in _names(found):
        yield f"| {name} | " + " | ".join(_seconds(found.of[size][name]) for size in sizes) + " |"
    for name, values in found.starts.items():
        yield f"| {name} | " + " | ".join([_seconds(values), *("" for _ in sizes[1:])]) + " |"


def _names(found: Measured) -> list[str]:
    return list(dict.fromkeys(name for names in found.of.values() for name in names))


def _rows(size: Size) -> int:
    return size[0] * size[1]


def _cell(value: float) -> str:
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _seconds(values: Sequence[float]) -> str:
    middle = statistics.median(values)
    if len(values) == 1:
        return f"{middle:.3f}"
    return f"{middle:.3f} ({min(values):.3f} to {max(values):.3f})"


def _met(row: Row, found: Measured) -> list[bool]:
    """Whether each aim is met that there is a figure for."""
    if row in STARTS:
        return [ratio(found.starts, row) <= aim for aim in row.aims if aim is not None]
    sizes = sorted(found.of, key=_rows)[1:]
    return [ratio(found.of[size], row) <= aim for size, aim in zip(sizes, row.aims, strict=False) if aim is not None]


def _aim(row: Row, found: Measured) -> str:
    words = "; ".join(f"{aim:g}" for aim in row.aims if aim is not None)
    met = _met(row, found)
    if not met:
        return words
    return f"{words}: " + ("met" if all(met) else "missed" if not any(met) else "missed at one size")


# --- the picture

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _RIGHT, _TOP = 760, 420, 70, 46, 170, 16
_COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#6f6f6f",
    "#8c564b",
    "#444444",
    "#b2df8a",
)


def picture(found: Measured) -> str:
    """docs/performance.svg: cost against size, both on scales of tens."""
    sizes = sorted(found.of, key=_rows)
    names = _names(found)
    values = [statistics.median(found.of[size][name]) for size in sizes for name in names]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    first, last = math.log10(_rows(sizes[0])), math.log10(_rows(sizes[-1]))

    def across(size: Size) -> float:
        share = (math.log10(_rows(size)) - first) / (last - first) if last > first else 0.5
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def up(seconds: float) -> float:
        share = (math.log10(seconds) - low) / (high - low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for power in range(low, high + 1):
        y = up(10**power)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#333333">{10**power:g} s</text>')
    for size in sizes:
        text = f'<text x="{across(size):.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle" fill="#333333">'
        parts.append(f"{text}{size[0]:,} x {size[1]}</text>")
    ends = sorted(names, key=lambda name: -statistics.median(found.of[sizes[-1]][name]))
    label = 0.0
    for name in ends:
        colour = _COLOURS[names.index(name) % len(_COLOURS)]
        points = [(across(size), up(statistics.median(found.of[size][name]))) for size in sizes]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = ' stroke-dasharray="5 4"' if name.startswith("ipvsadm") else ""
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        label = max(points[-1][1] + 4, label + 14)
        parts.append(f'<text x="{points[-1][0] + 8:.1f}" y="{label:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
