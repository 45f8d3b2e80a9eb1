"""How a service is served, as a word and a tone, the same on every screen."""

from __future__ import annotations

from lvstui.director.serving import ServiceHealth
from lvstui.views.number import UNKNOWN, WAITING
from lvstui.views.share import MUCH

DOWN, ALERT, FULL, DRAINED, UP = "down", "alert", "full", "drained", "up"
"""Tones: nobody serves; fewer servers than there should be; servers are at their limit; a drain that is meant; all
well."""
_SIGNS = (
    *(("down", "▼"), ("out", "▼"), ("removed", "▼"), ("sorry", "▼"), ("gone", "▼"), ("full", "■")),
    *(("skew", "~"), ("drained", "="), ("draining", "=")),
)


def state_word(served: ServiceHealth, skew: float | None = None) -> str:
    """`DOWN`, `1 down`, `2 out`, `1 removed`, `1 full`, `skew 28%`, `1 drained`, `empty` or `up`: its worst problem.
    `skew`: the share of its load that is not where its weights would put it."""
    if served.fails:
        return "DOWN sorry" if served.sorry else "DOWN"
    if not served.total:
        return "empty"
    for number, word in (
        (served.down, "down"),
        (served.out, "out"),
        (served.removed, "removed"),
        (served.full, "full"),
    ):
        if number:
            return f"{number} {word}"
    if _skewed(served, skew):
        return f"skew {(skew or 0) * 100:.0f}%"
    return f"{served.drained} drained{UNKNOWN if served.unsure else ''}" if served.drained else "up"


def toned(word: str) -> str:
    """The tone of a state in a word, one of three. `DOWN` and `down` without a number: nobody serves; with a number in
    front others still do."""
    words = _bare(word)
    if not words or words[0] in ("new", WAITING):
        return ""
    some = words[0].isdigit()
    tone = words[1] if some and len(words) > 1 else words[0]
    if tone in ("up", "full", "drained", "draining"):
        return {"draining": DRAINED}.get(tone, tone)
    return ALERT if some or tone in ("skew", "empty") else DOWN


def sign(word: str) -> str:
    """The sign of a state in a word, for people who do not see colours; "" for a service that is well."""
    words = _bare(word)
    return next((sign for name, sign in _SIGNS if name in words), "")


def _bare(word: str) -> list[str]:
    """The words of a state, without question marks and arrows."""
    return word.replace("?", "").lower().strip("▲▼").split()


def _skewed(served: ServiceHealth, skew: float | None) -> bool:
    """Whether the load is skewed. Not while servers are drained: then connections are on servers without a weight on
    purpose."""
    return skew is not None and skew > MUCH and not served.drained


def live(served: ServiceHealth) -> str:
    """`3/4`; `3/?` if it is not known how many there should be."""
    return f"{served.live}/{UNKNOWN if served.configured is None else served.configured}"
