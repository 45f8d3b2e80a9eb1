"""Numbers as an operator reads them: short, aligned, and clear about what is not known."""

from __future__ import annotations

UNKNOWN = "?"
"""Shown for a value that this source does not have."""
WAITING = "…"
"""Shown for a value that is not known yet: a pool that was not read so far, a rate with too few samples."""
NOTHING = "–"
"""Shown for a value that has no meaning: outgoing traffic of a director that only routes."""

_UNITS = ("", "K", "M", "G", "T", "P")


def short(value: float) -> str:
    """At most five characters: `0`, `1234`, `9999`, `12.3K`, `1.23M`."""
    if value < 0:
        return f"-{short(-value)}"
    if value < 9999.5:
        return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
    unit = 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value /= 1000
        unit += 1
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f}{_UNITS[unit]}"


def full(value: float) -> str:
    """Every digit: `0`, `1,234,567`, `12.5`."""
    return f"{value:,.0f}" if value == int(value) or value >= 1000 else f"{value:,.1f}"


def count(value: int, noun: str) -> str:
    """`1 service`, `2 services`, `2 addresses`."""
    return f"{value} {noun}" if value == 1 else f"{value} {noun}{'es' if noun.endswith('ss') else 's'}"
