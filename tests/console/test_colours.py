"""Every shipped theme is readable: text stands out from its background, also for the colour-blind."""

from __future__ import annotations

import pytest
from textual.theme import Theme

from lvstui import places
from lvstui.console.terminal.theme import load
from tests.console.colours import LINUX, SIGHTS, XTERM, contrast, hexadecimal, in_256, nearest_pair

SHIPPED = load([places.themes()]).by_name
ANSI = {name for name, found in SHIPPED.items() if found.ansi}

TEXT = ("master", "backup", "up", "alert", "stale", "down", "drained", "dim", "title", "key")
STATES = ("up", "backup", "alert", "down", "drained")
"""What must not be taken for each other; master is up, stale is an alert."""

READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3."""

APART = 20.0
"""In CIE Lab; two colours side by side are told apart from 2.3 on."""


def test_the_measures_of_contrast_are_right() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
    assert nearest_pair(["#ffffff", "#000000"], "everybody")[0] == pytest.approx(100, abs=0.1)
    # What a deuteranope sees of the usual red and green; a red and a green that everybody takes for two.
    assert (
        nearest_pair(["#a06000", "#708000"], "deuteranopia")[0]
        < 10
        < nearest_pair(["#a06000", "#708000"], "everybody")[0]
    )


@pytest.mark.parametrize("name", sorted(set(SHIPPED) - ANSI))
@pytest.mark.parametrize("colors", ["truecolor", "256"])
def test_text_is_readable(name: str, colors: str) -> None:
    found, as_shown = SHIPPED[name], in_256 if colors == "256" else str
    behind = [as_shown(str(getattr(found, field))) for field in ("background", "surface", "panel")]
    texts = {role: found.variables[f"role-{role}"] for role in TEXT} | {"foreground": str(found.foreground)}
    for role, color in texts.items():
        assert min(contrast(as_shown(color), ground) for ground in behind) >= READABLE, role
    cursor, ground = (as_shown(found.variables[f"role-{part}"]) for part in ("cursor", "cursor-background"))
    assert contrast(cursor, ground) >= READABLE


@pytest.mark.parametrize("palette", [XTERM, LINUX], ids=["xterm", "linux"])
@pytest.mark.parametrize("name", sorted(ANSI))
def test_text_is_readable_in_the_terminals_own_colours(name: str, palette: tuple[str, ...]) -> None:
    found = SHIPPED[name]
    for ground, text in _grounds(found):
        for role in TEXT:
            color = hexadecimal(found.variables[f"role-{role}"], palette, text)
            assert contrast(color, ground) >= READABLE, (role, ground)
    if found.variables["role-cursor-style"] != "reverse":
        cursor, behind = (hexadecimal(found.variables[f"role-{part}"], palette, "") for part in _CURSOR)
        assert contrast(cursor, behind) >= READABLE


_CURSOR = ("cursor", "cursor-background")


def _grounds(found: Theme) -> list[tuple[str, str]]:
    """The backgrounds that it is made for, each with the text of such a terminal; one without colours suits both."""
    both = [("#000000", "#e5e5e5"), ("#ffffff", "#000000")]
    return both if found.name == "mono" else both[:1] if found.dark else both[1:]


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("colors", ["truecolor", "256"])
@pytest.mark.parametrize("name", ["colorblind", "colorblind-light"])
def test_states_are_distinguishable_for_colour_blind_people(name: str, colors: str, sight: str) -> None:
    as_shown = in_256 if colors == "256" else str
    states = [as_shown(SHIPPED[name].variables[f"role-{role}"]) for role in STATES]
    assert len(set(states)) == len(STATES)
    apart, one, other = nearest_pair(states, sight)
    assert apart >= APART, (one, other)


def test_no_two_dark_themes_look_alike() -> None:
    """The measure tells: the usual red, green and yellow come nearer to each other than it allows."""
    usual = [SHIPPED["dark"].variables[f"role-{role}"] for role in STATES]
    assert min(nearest_pair(usual, sight)[0] for sight in SIGHTS) < APART


@pytest.mark.parametrize("name", ["dark", "light"])
def test_down_full_and_degraded_have_three_tones_with_256_colours(name: str) -> None:
    """Most terminals over ssh have no more."""
    assert len({in_256(SHIPPED[name].variables[f"role-{role}"]) for role in ("down", "full", "alert")}) == 3
