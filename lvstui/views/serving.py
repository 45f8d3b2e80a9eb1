"""How a service is served, in a word and a tone: the same on every screen."""

from __future__ import annotations

from lvstui.director.serving import Served
from lvstui.views.number import UNKNOWN
from lvstui.views.share import MUCH

DOWN, ALERT, FULL, DRAINED = "down", "alert", "full", "drained"
"""Tones: nobody serves; it serves with fewer than it should; servers are at their limit; a drain that is meant."""


def state_word(one: Served, skew: float | None = None) -> str:
    """`DOWN`, `1 down`, `2 out`, `1 removed`, `1 full`, `skew 28%`, `1 drained`, `empty` or `up`: the worst of it.
    `skew`: how much of its load is elsewhere than its weights say."""
    if one.fails:
        return "DOWN sorry" if one.sorry else "DOWN"
    if not one.known:
        return "empty"
    for number, word in ((one.down, "down"), (one.out, "out"), (one.removed, "removed"), (one.full, "full")):
        if number:
            return f"{number} {word}"
    if _skewed(one, skew):
        return f"skew {(skew or 0) * 100:.0f}%"
    return f"{one.drained} drained{UNKNOWN if one.unsure else ''}" if one.drained else "up"


def tone(one: Served, skew: float | None = None) -> str:
    """The tone of that word, "" for `up`."""
    if one.fails:
        return DOWN
    if one.down or one.out or one.removed or not one.known:
        return ALERT
    if one.full:
        return FULL
    if _skewed(one, skew):
        return ALERT
    return DRAINED if one.drained else ""


def _skewed(one: Served, skew: float | None) -> bool:
    """While servers are drained their connections are where no weight is, and that is meant."""
    return skew is not None and skew > MUCH and not one.drained


def live(one: Served) -> str:
    """`3/4`; `3/?` where nobody can tell how many there should be."""
    return f"{one.live}/{UNKNOWN if one.configured is None else one.configured}"
