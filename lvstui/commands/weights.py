"""A weight as it may be typed: absolute, relative, or as a percentage of the present one."""

from __future__ import annotations

import re

from lvstui.director.dashes import hyphens
from lvstui.director.errors import NotDone
from lvstui.director.model import WEIGHT_MAX
from lvstui.director.remarks import shown

WEIGHTS = "5, +1, -1, 50% (half) or +50%"
"""The forms of a weight that can be typed, in words."""
_WEIGHT = re.compile(r"\s*([+-]?)(\d{1,10})(%?)\s*")


def is_weight(text: str) -> bool:
    """Whether a text is a weight as it may be typed, whatever it comes to."""
    return _WEIGHT.fullmatch(text) is not None


def weight_from(text: str, now: int) -> int:
    """The weight that a text means beside the present one. Raises NotDone with what can be typed."""
    match = _WEIGHT.fullmatch(hyphens(text))
    if match is None:
        raise NotDone(shown(text), "is not a weight", f"use {WEIGHTS}")
    sign, number = match[1], int(match[2])
    if sign == "-":
        number = -number
    if match[3]:
        number = (now * (number + (100 if sign else 0)) + 50) // 100  # a half goes up: -50% of 1 drains nobody
    elif sign:
        number += now
    if not 0 <= number <= WEIGHT_MAX:
        raise NotDone(f"weight {number}", f"is not within 0 to {WEIGHT_MAX}")
    return number
