"""themes/*.toml -> Textual's themes. A broken file is reported and passed over; it never stops the console."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

COLORS = (
    *("primary", "secondary", "warning", "error", "success", "accent"),
    *("foreground", "background", "surface", "panel", "boost"),
)
ROLES = ("master", "backup", "alert", "down", "drained", "dim", "title", "key", "cursor", "cursor-background")
"""What lvstui's own parts are drawn with; console.tcss knows them as $role-NAME."""

_SWITCHES = ("dark", "ansi")

DEFAULTS = {f"role-{role}": "ansi_default" for role in ROLES} | {
    "role-cursor": "ansi_black",
    "role-cursor-background": "ansi_cyan",
}
"""For themes that say nothing of our roles, Textual's own among them."""


class Themes(NamedTuple):
    """Those that could be read, by name, and a line for each that could not."""

    found: dict[str, Theme]
    broken: tuple[str, ...]


def load(folder: Path) -> Themes:
    """Every theme of a folder."""
    found, broken = {}, []
    for path in sorted(folder.glob("*.toml")):
        try:
            found[path.stem] = parse(path.read_text(), path.stem)
        except (OSError, ValueError) as error:
            broken.append(f"theme {path.name}: {str(error).splitlines()[0]}")
    return Themes(found, tuple(broken))


def parse(text: str, name: str) -> Theme:
    """One theme. Raises ValueError naming the key that is wrong."""
    data = tomllib.loads(text)
    roles = data.pop("roles", {})
    fields: dict[str, str | bool] = {}
    for key, value in data.items():
        if key in _SWITCHES and isinstance(value, bool):
            fields[key] = value
        elif key in COLORS:
            fields[key] = _color(key, value)
        else:
            raise ValueError(f"{key} is not known, or not of its kind")
    if "primary" not in fields or not isinstance(roles, dict):
        raise ValueError("primary is missing" if isinstance(roles, dict) else "roles must be a table")
    unknown = [key for key in roles if key not in ROLES]
    if unknown:
        raise ValueError(f"roles.{unknown[0]} is not known; one of {', '.join(ROLES)}")
    extra = BUILTIN_THEMES["ansi-dark" if fields.get("dark", True) else "ansi-light"].variables
    variables = dict(extra) if fields.get("ansi") else {}  # Textual's style sheets name these in ANSI themes
    variables |= {f"role-{key}": _color(f"roles.{key}", value) for key, value in roles.items()}
    return Theme(name=name, variables=variables, **fields)  # type: ignore[arg-type]


def choose(themes: Themes, wanted: str, no_color: bool = False) -> tuple[str, str]:
    """The theme to use, and a complaint when it is not the one that was wanted or some could not be read."""
    if wanted in themes.found:
        return wanted, ""
    if wanted:
        return default_name(themes, no_color), f"theme {wanted}: there is none; try {', '.join(themes.found)}"
    return default_name(themes, no_color), themes.broken[0] if themes.broken else ""


def default_name(themes: Themes, no_color: bool = False, environment: Mapping[str, str] = os.environ) -> str:
    """The theme for this terminal: its own sixteen colours where it has fewer than 256, or wants none."""
    wanted = environment.get("TEXTUAL_THEME", "")
    if wanted in themes.found:
        return wanted
    rich = environment.get("COLORTERM", "") in ("truecolor", "24bit") or "256" in environment.get("TERM", "")
    best = "dark" if rich and not no_color else "ansi-dark"
    return best if best in themes.found else next(iter(themes.found), "ansi-dark")


def _color(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a colour in quotes")
    try:
        Color.parse(value)
    except ColorParseError:
        raise ValueError(f"{key} = {value!r} is no colour") from None
    return value
