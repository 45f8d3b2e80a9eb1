"""How each role is drawn. This is a table, and a style is made when it is first drawn: with Textual's component classes
each widget would match two hundred styles against all rules whenever the focus moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.style import Style
from textual.color import Color
from textual.theme import Theme
from textual.widget import Widget

from lvstui.values import NamedTuple


class Drawn(NamedTuple):
    """Names of the theme's colours for text and background, "" for the widget's own, and how the letters are drawn;
    that may also be the name of a variable of the theme. `mono`: without colours only the letters change, on the
    theme's background."""

    front: str = ""
    back: str = ""
    letters: str = ""
    mono: str = ""


class Painted(Widget):
    """A widget that draws with roles."""

    ROLES: ClassVar[Mapping[str, Drawn]] = {}

    def __init__(self, name: str) -> None:
        self._role_styles: dict[str, Style] = {}
        super().__init__(id=name)

    def role_style(self, role: str) -> Style:
        """How a role is drawn here. Raises KeyError for one that is not in ROLES."""
        style = self._role_styles.get(role)
        if style is None:
            style = self._role_styles[role] = self._made(self.ROLES[role])
        return style

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._role_styles.clear()

    def _theme_changed(self, theme: Theme) -> None:
        """Two themes may differ in their roles alone, as mono and ansi-dark do. Then no style of the style sheet
        changes, and Textual does not paint the widget again."""
        self._role_styles.clear()
        self.refresh()

    def _made(self, drawn: Drawn) -> Style:
        if drawn.mono and self.app.no_color:
            drawn = Drawn("foreground", "background", drawn.mono)
        variables = self.app.theme_variables
        _, _, background, color = self.colors
        if drawn.back:
            background += Color.parse(variables[drawn.back])
        if drawn.front:
            color = Color.parse(variables[drawn.front])
        letters = variables.get(drawn.letters, drawn.letters) or "none"
        return (
            self.rich_style
            + Style.from_color((background + color).rich_color, background.rich_color if background.a else None)
            + Style.parse(letters)
        )


_BAR = Drawn("role-cursor", "role-cursor-background", "role-cursor-style")

LINES = {
    "": Drawn("foreground"),
    "plain": Drawn("foreground"),
    "name": Drawn(letters="bold"),
    "master": Drawn("role-master", letters="bold"),
    "backup": Drawn("role-backup", letters="bold"),
    "up": Drawn("role-up", letters="bold"),
    "well": Drawn("role-up"),
    "stale": Drawn("role-stale", letters="bold reverse"),
    "alarm": Drawn("role-down", letters="bold reverse"),
    "mode": Drawn("role-alert", letters="bold reverse"),
    "alert": Drawn("role-alert", letters="bold"),
    "down": Drawn("role-down", letters="bold"),
    "full": Drawn("role-full", letters="bold"),
    "dim": Drawn("role-dim"),
    "key": Drawn("role-key", letters="bold"),
    "title": Drawn("role-title", letters="bold"),
    "drained": Drawn("role-drained"),
    "cursor": _BAR,
    "off": Drawn("role-dim", letters="strike"),
    "open": Drawn("role-title", letters="bold reverse"),
}
"""Roles of lines."""

_TONES = {
    "drained": ("role-drained", ""),
    "down": ("role-down", "bold"),
    "out": ("role-down", "strike"),
    "warn": ("role-alert", "bold"),
    "full": ("role-full", "bold"),
    "up": ("role-up", ""),
}
_IN_BAR = {"drained": "drained", "down": "down", "warn": "alert", "full": "full", "up": "up"}

GRID = {
    "heading": Drawn("role-title", "surface", "bold"),
    "title": Drawn("role-dim", "background"),
    "row": Drawn("foreground", "background"),
    "empty": Drawn("role-dim", "background"),
    "cursor": _BAR._replace(mono="reverse"),
    **{tone: Drawn(front, "background", letters) for tone, (front, letters) in _TONES.items()},
    **{
        f"cursor-{tone}": Drawn(
            f"role-cursor-{name}", f"role-cursor-{name}-background", f"role-cursor-{name}-style", "bold reverse"
        )
        for tone, name in _IN_BAR.items()
    },
}
"""Roles of tables."""
