"""How well colours can be told apart: by brightness for everybody, by hue for those who see fewer of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from rich.color import Color as RichColor
from textual.color import Color

from lvstui.console.terminal import xterm256

Rgb = tuple[float, float, float]
"""Linear light, 0 to 1."""

SIGHTS: dict[str, tuple[Rgb, Rgb, Rgb]] = {
    "everybody": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""What each sees of linear light, at full severity: Machado, Oliveira and Fernandes, 2009."""

XTERM = (
    *("#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5"),
    *("#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff"),
)
LINUX = (
    *("#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa"),
    *("#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff"),
)
"""The sixteen colours of xterm (XTerm-col.ad) and of the Linux console (drivers/tty/vt/vt.c)."""

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


def hexadecimal(color: str, palette: Sequence[str], default: str) -> str:
    """A theme's colour as a terminal with these sixteen, and this default, shows it."""
    if color == "ansi_default":
        return default
    if color.startswith("ansi_"):
        word = color.removeprefix("ansi_")
        return palette[_NAMES.index(word.removeprefix("bright_")) + 8 * word.startswith("bright_")]
    return Color.parse(color).hex


def in_256(color: str) -> str:
    """The nearest of the 256 colours of a terminal that has no more, as the console chooses it."""
    return xterm256.in_256(RichColor.parse(color)).get_truecolor().hex


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def nearest_pair(colors: Sequence[str], sight: str) -> tuple[float, str, str]:
    """The two that differ least for such eyes, and how far apart they are in CIE Lab (1976)."""
    seen = {color: _lab(_as_seen(_linear(color), sight)) for color in colors}
    return min((_distance(seen[one], seen[other]), one, other) for one, other in combinations(seen, 2))


def _linear(color: str) -> Rgb:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in Color.parse(color).rgb)
    )
    return red, green, blue


def _luminance(color: str) -> float:
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _as_seen(light: Rgb, sight: str) -> Rgb:
    red, green, blue = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True)))) for row in SIGHTS[sight]
    )
    return red, green, blue


def _lab(light: Rgb) -> tuple[float, float, float]:
    red, green, blue = light
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _distance(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)
