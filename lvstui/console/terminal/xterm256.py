"""The nearest of 256 colours, for a terminal without more.

Rich chooses between the greys and the cube by saturation alone, so a dark slate blue becomes teal. Here the nearest
colour of both is used, as in tmux.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache

from rich.color import Color, ColorSystem, ColorType


def many_colours(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal says that it has 256 colours or more."""
    return environment.get("COLORTERM", "") in ("truecolor", "24bit") or "256" in environment.get("TERM", "")


_STEPS = (0, 95, 135, 175, 215, 255)


@lru_cache(maxsize=1024)
def in_256(color: Color) -> Color:
    """A colour in such a terminal. A colour that is not RGB is the terminal's own already."""
    if color.type is not ColorType.TRUECOLOR or color.triplet is None:
        return color.downgrade(ColorSystem.EIGHT_BIT)
    wanted = tuple(color.triplet)
    cube = tuple(_step(value) for value in wanted)
    grey = max(0, min(23, round((sum(wanted) / 3 - 8) / 10)))
    in_cube = _distance(wanted, tuple(_STEPS[step] for step in cube))
    if _distance(wanted, (8 + 10 * grey,) * 3) < in_cube:
        return Color.from_ansi(232 + grey)
    red, green, blue = cube
    return Color.from_ansi(16 + 36 * red + 6 * green + blue)


def _step(value: int) -> int:
    return min(range(len(_STEPS)), key=lambda step: abs(_STEPS[step] - value))


def _distance(colour: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum((a - b) ** 2 for a, b in zip(colour, other, strict=True))
