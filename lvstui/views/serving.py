"""How a service is served, as a word and a tone, the same on every screen."""

from __future__ import annotations

from lvstui.director.serving import Served
from lvstui.views.number import UNKNOWN, WAITING
from lvstui.views.share import MUCH

DOWN, ALERT, FULL, DRAINED, UP = "down", "alert", "full", "drained", "up"
"""Tones: nobody serves; it serves with fewer than it should; servers are at their limit; a drain that is meant; all
well."""
_SIGNS = (
    *(("down", "▼"), ("out", "▼"), ("removed", "▼"), ("sorry", "▼"), ("gone", "▼"), ("full", "■")),
    *(("skew", "~"), ("drained", "="), ("draining", "=")),
)


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


def toned(word: str) -> str:
    """The tone of a state in a word: three words, three tones. `DOWN` and `down` alone: nobody serves; with a
    number in front, others still do."""
    words = _bare(word)
    if not words or words[0] in ("new", WAITING):
        return ""
    some = words[0].isdigit()
    found = words[1] if some and len(words) > 1 else words[0]
    if found in ("up", "full", "drained", "draining"):
        return {"draining": DRAINED}.get(found, found)
    return ALERT if some or found in ("skew", "empty") else DOWN


def sign(word: str) -> str:
    """The sign of a state in a word, for those who see no colour, "" for one that is well."""
    words = _bare(word)
    return next((sign for name, sign in _SIGNS if name in words), "")


def _bare(word: str) -> list[str]:
    """The words of a state, without doubts and arrows."""
    return word.replace("?", "").lower().strip("▲▼").split()


def _skewed(one: Served, skew: float | None) -> bool:
    """Not while servers are drained: their connections are where no weight is, and that is meant."""
    return skew is not None and skew > MUCH and not one.drained


def live(one: Served) -> str:
    """`3/4`; `3/?` where nobody can tell how many there should be."""
    return f"{one.live}/{UNKNOWN if one.configured is None else one.configured}"
