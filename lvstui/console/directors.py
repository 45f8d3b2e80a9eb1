"""The page of directors (`lvstui --on lvs1,lvs2,@FILE`): Enter opens the console on one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.screen import Screen

from lvstui.config import Settings
from lvstui.console.context.ui import HelpPart, HelpRow, HelpTopic
from lvstui.console.keys.help import MOVES, SIGNS
from lvstui.console.keys.key_names import shown_key
from lvstui.console.keys.keymap import mapped
from lvstui.console.session.fleet import Fleet
from lvstui.console.terminal import textual_private
from lvstui.console.terminal.display import DifferApp
from lvstui.console.widgets.grid import Grid
from lvstui.console.widgets.prompt import Prompt
from lvstui.console.widgets.table_panel import MainScreen
from lvstui.console.widgets.text_lines import TextLines
from lvstui.director.errors import BadInput
from lvstui.views.directors import SORTS, DirectorsView, about, footer, head
from lvstui.views.look import Look
from lvstui.views.number import count

_ACTIONS = {
    "enter": ("open", "open", "open the console on it; Esc there comes back"),
    "filter": ("filter", "filter", "show only the directors that pass a filter"),
    "sort": ("sort", "sort", "sort by the next column"),
    "reverse": ("reverse", "", "reverse the order"),
    "next_problem": ("trouble(1)", "next trouble", "next director with trouble"),
    "previous_problem": ("trouble(-1)", "", "previous director with trouble"),
    "examine": ("again", "look again", "read all of them now"),
    "help": ("help", "help", "this help"),
    "quit": ("leave", "quit", "quit"),
}
"""Actions of the console that this page has too, with the same keys: its action here, its title in the footer, "" if
only the help has it, and the help."""
_PAINTS = 0.5
"""Seconds between two paints."""


def run(fleet: Fleet, settings: Settings, themes: Iterable[Path], at: str = "", message: str = "") -> str:
    """Shows the page until the operator chooses a director, and returns its name, or "" if they leave the page. `at`:
    the director under the cursor; `message`: what to show first. Raises BadInput if nobody would see the screen."""
    if why := textual_private.hindrance():
        raise BadInput("console", why, f"leave standard error alone, or pip install textual=={textual_private.TESTED}")
    app = Directors(fleet, settings, themes, at, message)
    app.run(mouse=settings.mouse)
    if app.ended_by:
        fleet.close()
        app.settle()
    return app.chosen


class Directors(DifferApp):
    """The App of the page. `chosen`: the director that the operator opened, "" for none."""

    CSS_PATH = "console.tcss"
    TITLE = "lvstui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", show=False, priority=True),
        Binding("escape", "widen", show=False),
        Binding("ctrl+l", "redraw", show=False),
    ]

    def __init__(
        self, fleet: Fleet, settings: Settings, themes: Iterable[Path], at: str = "", message: str = ""
    ) -> None:
        super().__init__(themes, settings.ascii)
        self.dress(settings.theme)
        self.chosen = ""
        self._fleet = fleet
        self._settings = settings
        self._at = at
        self._last_note = message
        self._masthead, self._bottom, self._footer = TextLines("masthead"), TextLines("told"), TextLines("footer")
        self._prompt = Prompt(self.hold, self.release)
        self.grid = Grid("main")
        self._view = DirectorsView((), 0.0)
        known = {action.id: action for action in mapped(settings.keys)[0]}
        self._keys = {name: known[name].keys for name in _ACTIONS}
        for name, (does, *_) in _ACTIONS.items():
            if keys := self._keys[name]:
                self.bind(",".join(keys), does, show=False)

    def get_default_screen(self) -> Screen[None]:
        return MainScreen()

    def compose(self) -> ComposeResult:
        yield self._masthead
        yield self.grid
        yield self._prompt
        yield self._bottom
        yield self._footer

    def on_mount(self) -> None:
        self._prompt.display = False
        self.grid.focus()
        self.paint()
        if self._at:
            self.grid.select(self._at)
        self.set_interval(_PAINTS, self.paint)

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.paint)

    def paint(self) -> None:
        """Shows the present state of all directors."""
        directors, look = self._fleet.directors, self._fleet.look
        self._masthead.show(*head(directors))
        self._view = DirectorsView(directors, time.monotonic(), look, self.size.width)
        note = f"filter: {look.filter} ({len(self._view)} of {len(directors)}); Esc clears it" if look.filter else ""
        self.grid.show(self._view, "", look, self._view.empty, note)
        self._say()
        keys = [(shown_key(keys[0]), _ACTIONS[name][1]) for name, keys in self._keys.items() if keys]
        self._footer.show(footer([key for key in keys if key[1]]))

    def on_grid_moved(self) -> None:
        if self.grid.key != self._at:
            self._last_note = ""
        self._say()

    def on_grid_opened(self) -> None:
        self.action_open()

    def on_grid_head(self, message: Grid.Head) -> None:
        look = self._fleet.look
        self._look_at(look._replace(sort=message.key, reverse=look.sort == message.key and not look.reverse))

    def _say(self) -> None:
        here = next((director for director in self._fleet.directors if director.host == self.grid.key), None)
        self._bottom.show(*about(here, self.size.width, self._last_note))

    def _look_at(self, look: Look) -> None:
        self._fleet.look = look
        self.paint()

    def action_open(self) -> None:
        if isinstance(self.grid.key, str):
            self.chosen = self.grid.key
            self.exit(0)

    def action_again(self) -> None:
        self._fleet.wake()

    def action_sort(self) -> None:
        self._look_at(self._fleet.look.sorted_by_next(SORTS))

    def action_reverse(self) -> None:
        self._look_at(self._fleet.look._replace(reverse=not self._fleet.look.reverse))

    def action_widen(self) -> None:
        """Clears the filter."""
        self._look_at(self._fleet.look._replace(filter=""))

    def action_trouble(self, step: int) -> None:
        """Puts the cursor on the next director with trouble, or on the one before."""
        self.paint()
        place = self._view.place(self.grid.key) if self.grid.key is not None else None
        row = self._view.trouble_after(place or 0, step) if len(self._view) else None
        if row is None:
            self._last_note = "no director here is in trouble"
            self._say()
        else:
            self._at = row
            self.grid.select(row)
            self.paint()

    def action_filter(self) -> None:
        self.hold()
        self.run_worker(self._filter())

    async def _filter(self) -> None:
        """Asks for a filter, and applies it while it is typed."""
        asyncio.get_running_loop().call_soon(self.release)
        before = self._fleet.look.filter

        def live(text: str) -> str:
            self._look_at(self._fleet.look._replace(filter=text))
            return self._view.complaint or count(len(self._view), "director")

        self._prompt.display, self._bottom.display = True, False
        try:
            text = await self._prompt.ask("filter", before, changed=live)
        finally:
            self._prompt.display, self._bottom.display = False, True
        self._look_at(self._fleet.look._replace(filter=before if text is None else text))
        if self._view.complaint:
            self._last_note = f"filter: {self._view.complaint}"
            self._say()

    def action_help(self) -> None:
        from lvstui.console.pages.help import HelpPage

        self.push_screen(HelpPage(self._help()))

    def _help(self) -> tuple[HelpPart, ...]:
        rows = [HelpRow(" ".join(map(shown_key, keys)), _ACTIONS[name][2]) for name, keys in self._keys.items() if keys]
        words = (
            HelpRow("lvs web", "directors with these texts in their name, role or trouble"),
            HelpRow("down lost", "what they are; also master, backup, trouble; ! before one inverts it"),
            HelpRow("active>100", "a column against a number: services, down, findings, drift, active, age"),
        )
        topics = (HelpTopic("Directors", (*rows, HelpRow("Esc", "clear the filter"))), HelpTopic("A filter", words))
        return (HelpPart("this page", (*topics, MOVES)), HelpPart("signs", SIGNS))
