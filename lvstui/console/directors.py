"""The page of directors (`lvstui --on lvs1,lvs2,@FILE`): Enter opens the console on one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.screen import Screen

from lvstui.config import Settings
from lvstui.console.session.fleet import Fleet
from lvstui.console.terminal import textual_private
from lvstui.console.terminal.display import DifferApp
from lvstui.console.widgets.grid import Grid
from lvstui.console.widgets.table_panel import MainScreen
from lvstui.console.widgets.text_lines import TextLines
from lvstui.director.errors import BadInput
from lvstui.views.directors import DirectorsView, about, footer, head

_PAINTS = 0.5
"""Seconds between two paints."""


def run(fleet: Fleet, settings: Settings, themes: Iterable[Path], at: str = "", told: str = "") -> str:
    """Shows the page until the operator chooses a director, and returns its name, or "" where they leave the page.
    `at`: the director under the cursor; `told`: a message to show first. Raises BadInput where nobody would see the
    screen."""
    if why := textual_private.hindrance():
        raise BadInput("console", why, f"leave standard error alone, or pip install textual=={textual_private.TESTED}")
    app = Directors(fleet, settings, themes, at, told)
    app.run(mouse=settings.mouse)
    if app.ended_by:
        fleet.close()
        app.die_of_signal()
    return app.chosen


class Directors(DifferApp):
    """The App of the page. `chosen`: the director that the operator opened, "" for none."""

    CSS_PATH = "console.tcss"
    TITLE = "lvstui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+c,ctrl+q", "leave", show=False, priority=True),
        Binding("enter,right", "open", show=False),
        Binding("r", "again", show=False),
        Binding("ctrl+l", "redraw", show=False),
    ]

    def __init__(self, fleet: Fleet, settings: Settings, themes: Iterable[Path], at: str = "", told: str = "") -> None:
        super().__init__(themes, settings.ascii)
        self.chosen = ""
        self._fleet = fleet
        self._settings = settings
        self._at = at
        self._told = told
        self._masthead, self._bottom, self._footer = TextLines("masthead"), TextLines("told"), TextLines("footer")
        self.grid = Grid("main")

    def get_default_screen(self) -> Screen[None]:
        return MainScreen()

    def compose(self) -> ComposeResult:
        yield self._masthead
        yield self.grid
        yield self._bottom
        yield self._footer

    def on_mount(self) -> None:
        self.dress(self._settings.theme)
        self.grid.focus()
        self.paint()
        if self._at:
            self.grid.select(self._at)
        self.set_interval(_PAINTS, self.paint)

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.paint)

    def paint(self) -> None:
        """Shows what is known now."""
        directors = self._fleet.directors
        self._masthead.show(*head(directors))
        self.grid.show(DirectorsView(directors, time.monotonic()), "")
        self._say()
        self._footer.show(footer())

    def on_grid_moved(self) -> None:
        if self.grid.key != self._at:
            self._told = ""
        self._say()

    def _say(self) -> None:
        here = next((one for one in self._fleet.directors if one.host == self.grid.key), None)
        self._bottom.show(*about(here, self.size.width, self._told))

    def action_open(self) -> None:
        if isinstance(self.grid.key, str):
            self.chosen = self.grid.key
            self.exit(0)

    def action_again(self) -> None:
        self._fleet.wake()

    def action_leave(self) -> None:
        self.exit(0)
