"""A line of small bars: the last minutes of a number."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"

_STEADY = 1 / 8
"""Of the highest value: what moves less is steady, and draws nothing. A line that says nothing would still move."""


def spark(values: Sequence[float | None]) -> str:
    """One character for each value, oldest first, the highest of them full height; blank where nothing is known. ""
    when the values are steady."""
    known = [value for value in values if value is not None]
    if not known or max(known) - min(known) <= max(known) * _STEADY:
        return ""
    top = max(known)
    return "".join(" " if value is None else BARS[round(value / top * 7)] for value in values)
