"""Reads themes/*.toml into Textual's themes. A broken file is reported and skipped; it never stops the console."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from lvstui.config.key_lines import lines_of
from lvstui.console.terminal.xterm256 import many_colours
from lvstui.director.errors import BadInput
from lvstui.director.remarks import nearest, shown
from lvstui.values import NamedTuple

COLORS = (
    *("primary", "secondary", "warning", "error", "success", "accent"),
    *("foreground", "background", "surface", "panel", "boost"),
)
ROLES = (
    *("master", "backup", "up", "alert", "stale", "down", "full", "drained"),
    *("dim", "title", "key", "cursor", "cursor-background"),
)
"""The roles of lvstui's own parts; console.tcss knows them as $role-NAME."""

_FROM = {
    "master": "success",
    "up": "success",
    "backup": "secondary",
    "alert": "warning",
    "stale": "warning",
    "full": "warning",
    "down": "error",
    "title": "primary",
    "key": "primary",
    "cursor-background": "primary",
    "cursor": "background",
}
"""The theme's own colour for a role that the theme does not set; all others use its text colour."""

_STYLE = "cursor-style"
_STYLES = ("none", "reverse", "bold", "underline")

_SWITCHES = ("dark", "ansi")
_LARGEST = 65_536

_TONES = ("down", "alert", "full", "drained", "up")
"""Roles that keep their own colour inside the cursor's bar."""
_READABLE = 4.5
"""The contrast that WCAG requires."""

DEFAULTS = {
    **{f"role-cursor-{role}{end}": "ansi_default" for role in _TONES for end in ("", "-background")},
    **{f"role-cursor-{role}-style": "bold" for role in _TONES},
    **{f"role-{role}": "ansi_default" for role in ROLES},
    "role-cursor": "ansi_black",
    "role-cursor-background": "ansi_cyan",
    f"role-{_STYLE}": "none",
}
"""For themes that do not set our roles, such as Textual's own."""


class Themes(NamedTuple):
    """The themes that could be read, by name, and a line for each that could not."""

    by_name: dict[str, Theme]
    broken: tuple[str, ...]


def load(folders: Iterable[Path]) -> Themes:
    """Every theme of these folders; one of a later folder replaces one of the same name."""
    themes: dict[str, Theme] = {}
    broken = []
    for folder in folders:
        for path in _files(folder):
            try:
                themes[path.stem] = parse(_text(path), path.stem, str(path))
            except BadInput as error:
                broken.append(f"{error}; {error.mend}" if error.mend else str(error))
    return Themes(dict(sorted(themes.items())), tuple(broken))


def _files(folder: Path) -> list[Path]:
    """The theme files in a folder. A folder that may not be read counts as absent."""
    try:
        return sorted(folder / name for name in os.listdir(folder) if name.endswith(".toml"))
    except OSError:
        return []


def parse(text: str, name: str, file: str) -> Theme:
    """One theme. Raises BadInput naming file, line and key."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why, _, place = str(error).partition(" (at ")
        line = re.match(r"line \d+", place)
        end = f"line {text.rstrip().count(chr(10)) + 1}"
        raise BadInput(f"{file} {line[0] if line else end}", f"this is not TOML: {why[:1].lower()}{why[1:]}") from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise BadInput(file, "a number is too long to read") from None
    except RecursionError:
        raise BadInput(file, "this is nested too deeply") from None
    return _Reader(text, file).theme(data, name)


class _Reader:
    """One file's values, each checked by itself."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file

    def theme(self, data: dict[str, object], name: str) -> Theme:
        roles = data.pop("roles", {})
        if not isinstance(roles, dict):
            raise self._bad(("roles",), "roles must be a table: [roles], and its entries below")
        fields = {key: self._field(key, value) for key, value in data.items()}
        if "primary" not in fields:
            raise BadInput(self._file, "primary is missing", 'primary = "#4fa3d1", say')
        given = {key: self._role(key, value) for key, value in roles.items()}
        # Textual's style sheets name these in themes of the terminal's own colours.
        builtin = BUILTIN_THEMES["ansi-dark" if fields.get("dark", True) else "ansi-light"].variables
        variables = dict(builtin) if fields.get("ansi") else {}
        theme = Theme(name=name, variables=variables, **fields)  # type: ignore[arg-type]
        # Textual mixes two hundred colours; a theme that has all of its own needs none of them.
        whole = "background" in fields and all(role in given for role in ROLES)
        colors = {} if whole else theme.to_color_system().generate()
        for role in ROLES:
            variables[f"role-{role}"] = given.get(role) or colors[_FROM.get(role, "foreground")]
        variables[f"role-{_STYLE}"] = given.get(_STYLE, "none")
        variables |= _inside_the_bar(variables, str(fields.get("background") or colors["background"]))
        return theme

    def _field(self, key: str, value: object) -> str | bool:
        if key in _SWITCHES:
            if not isinstance(value, bool):
                raise self._bad((key,), f"{key} must be true or false")
            return value
        if key not in COLORS:
            raise self._bad((key,), f"unknown key {shown(key)}", nearest(key, (*COLORS, *_SWITCHES, "roles")))
        return self._color((key,), value)

    def _role(self, key: str, value: object) -> str:
        path = ("roles", key)
        if key == _STYLE:
            if value not in _STYLES:
                raise self._bad(path, f"{key} must be one of {', '.join(_STYLES)}")
            return str(value)
        if key not in ROLES:
            mend = nearest(key, (*ROLES, _STYLE)) or "one of " + ", ".join(ROLES)
            raise self._bad(path, f"unknown role {shown(key)}", mend)
        return self._color(path, value)

    def _color(self, path: tuple[str, ...], value: object) -> str:
        key = ".".join(path)
        if not isinstance(value, str):
            raise self._bad(path, f"{key} must be a colour in quotes")
        try:
            Color.parse(value)
        except ColorParseError:
            raise self._bad(path, f"{key} = {shown(value)} is not a colour", '"#4fa3d1", or "ansi_blue"') from None
        return value

    def _bad(self, path: tuple[str, ...], why: str, mend: str = "") -> BadInput:
        line = lines_of(self._text).get(path)
        return BadInput(f"{self._file} line {line}" if line else self._file, why, mend)


def _inside_the_bar(variables: Mapping[str, str], background: str) -> dict[str, str]:
    """How each tone is drawn in the row under the cursor: on the bar's background if it is readable there, else as a
    block of its own colour. In a bar that is only reversed, a tone with a colour is a gap, and one without is bold."""
    roles: dict[str, str] = {}
    text, bar = variables["role-cursor"], variables["role-cursor-background"]
    for role in _TONES:
        own, style = variables[f"role-{role}"], "bold"
        if variables[f"role-{_STYLE}"] == "reverse":
            front, back = own, background
            if own == variables["role-cursor"]:
                style = "bold reverse"
        elif contrast(own, bar) >= _READABLE:
            front, back = own, bar
        else:
            front, back = max((text, background), key=lambda color: contrast(color, own)), own
        inside = f"role-cursor-{role}"
        roles |= {inside: front, f"{inside}-background": back, f"{inside}-style": style}
    return roles


def contrast(colour: str, other: str) -> float:
    """The contrast of two colours, as WCAG defines it; 0 if one is the terminal's own, which nobody knows."""
    colors = [Color.parse(text) for text in (colour, other)]
    if any(color.ansi is not None for color in colors):
        return 0.0
    light, dark = sorted((_luminance(color) for color in colors), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in color.rgb)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def choose(themes: Themes, name: str, no_color: bool = False) -> tuple[str, tuple[str, ...]]:
    """The theme to use, and complaints: that it is not the wanted one, and what could not be read."""
    if not name or name in themes.by_name:
        return name or default_name(themes, no_color), themes.broken
    mend = nearest(name, themes.by_name) or f"one of {', '.join(themes.by_name)}"
    return default_name(themes, no_color), (f"theme {shown(name)}: there is none; {mend}", *themes.broken)


def default_name(themes: Themes, no_color: bool = False, environment: Mapping[str, str] = os.environ) -> str:
    """The theme for this terminal: its own sixteen colours if it has fewer than 256, or wants none; the bright one if
    it says that its background is bright (COLORFGBG, as rxvt, Konsole and others set it)."""
    wanted = environment.get("TEXTUAL_THEME", "")
    if wanted in themes.by_name:
        return wanted
    bright = environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    rich = many_colours(environment) and not no_color
    best = ("light" if bright else "dark") if rich else "ansi-light" if bright else "ansi-dark"
    return best if best in themes.by_name else next(iter(themes.by_name), "ansi-dark")


def _text(path: Path) -> str:
    """The contents of a file. Raises BadInput; something that is not a file (reading a pipe would block) is not
    opened."""
    try:
        if not path.is_file():
            raise BadInput(str(path), "is not a file")
        if path.stat().st_size > _LARGEST:
            raise BadInput(str(path), "is too large for a theme")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(str(path), "is not UTF-8 text") from None
    except OSError as error:
        raise BadInput(str(path), f"cannot be read: {error.strerror or error}") from None
