"""A line of small bars: the last minutes of a number."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"

_STEADY = 1 / 8
"""A number that changes by less than this part of its highest value is steady, and has no bars, because they would move
without meaning."""


def spark(values: Sequence[float | None]) -> str:
    """One character for each value, oldest first, the highest at full height; a blank if nothing is known. "" if the
    values are steady."""
    known = [value for value in values if value is not None]
    if not known or max(known) - min(known) <= max(known) * _STEADY:
        return ""
    top = max(known)
    return "".join(" " if value is None else BARS[round(value / top * 7)] for value in values)
