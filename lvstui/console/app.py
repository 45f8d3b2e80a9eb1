"""The App: wires the poll, the look and the widgets. It draws nothing and decides nothing about rules.

Up: the poll reads the source; each State becomes rows and goes to the grids. Down: a key is an action of the one table
(keys/actions.py), and actions/registry.py says what it does; every change is checked, shown as ipvsadm's command, asked
for, checked again against a table that may have moved, sent, and read back (operations/change.py).
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.screen import Screen
from textual.worker import Worker

from lvstui.config import Settings
from lvstui.console.actions.action_runner import BURST, Acts
from lvstui.console.actions.command_line import recall
from lvstui.console.actions.drain import Watch
from lvstui.console.actions.problems import hint
from lvstui.console.actions.replay import HINT
from lvstui.console.actions.under_way import UnderWay
from lvstui.console.keys.actions import footer
from lvstui.console.keys.keymap import mapped
from lvstui.console.keys.names import shown_key
from lvstui.console.panes import PANES, Scene
from lvstui.console.panes.displayed import Scenery
from lvstui.console.session.director_client import Poll
from lvstui.console.session.editor import Desk
from lvstui.console.session.storage import Files
from lvstui.console.terminal import theme
from lvstui.console.terminal.display import DifferApp
from lvstui.console.widgets.prompt import Prompt
from lvstui.console.widgets.table_panel import Tableau, Tables
from lvstui.console.widgets.text import several, too_small
from lvstui.console.widgets.text_lines import Lines
from lvstui.director.source import ReadOnly, Source
from lvstui.director.state import State
from lvstui.views import tabs
from lvstui.views.head import head
from lvstui.views.look import Look
from lvstui.views.names import Names

_WIDE, _BESIDE = 110, 250
"""Cells from which on forms have room; from which on the servers stand beside the services."""


def run(
    source: Source,
    settings: Settings,
    files: Files,
    demo: bool = False,
    elsewhere: Callable[[str], None] = lambda netns: None,
) -> int:
    """Opens the console on a source until it is left; returns the exit code. The terminal must be one that can move
    its cursor (the command line sees to that). The source is closed in the end. `elsewhere` opens it again in another
    network namespace."""
    app = Console(source, settings, files, demo)
    try:
        app.run(mouse=settings.mouse)
    finally:
        if app.files.recording is not None:
            app.files.recording.finish()
        source.close()
    if app.ended_by:
        # Whoever started us should see what ended us.
        signal.signal(app.ended_by, signal.SIG_DFL)
        os.kill(os.getpid(), app.ended_by)
    if app.elsewhere:
        elsewhere(app.elsewhere)
    return app.return_code or 0


def _unsettled(files: Files) -> bool:
    from lvstui.operations.lock import unsettled

    return unsettled(files.kept)


class Console(DifferApp):
    """The console on one source."""

    CSS_PATH = "console.tcss"
    TITLE = "lvstui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+l", "redraw", show=False),
    ]

    def __init__(self, source: Source, settings: Settings, files: Files, demo: bool = False) -> None:
        super().__init__(ascii_only=settings.ascii)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-below"), (_WIDE, "-wide"), (_BESIDE, "-beside")]
        self.settings = settings
        self.names = Names(settings.names, settings.notes)
        self.actions, self._complaints = mapped(settings.keys)
        for action in self.actions:
            if action.keys:
                self.bind(",".join(action.keys), f"do('{action.id}')", show=False)
        self.files = files
        self.tables = Tables()
        self.main = self.tables.main
        self.scenery = Scenery(self.tables, settings, partial(_unsettled, files))
        # Whoever sends, sends through this: the one place that refuses.
        self.guard = source if isinstance(source, ReadOnly) else ReadOnly(source)
        self.poll = Poll(self.guard, settings.interval, self._arrived, self.tables.looked_at, self.scenery.swept)
        self.poll.ask = settings.ask_keepalived
        self.desk = Desk(self)
        self.under_way: list[UnderWay] = []
        self.drains = Watch()
        self.elsewhere = ""
        self.history: list[str] = []
        self.prompt = Prompt()
        self._masthead, self._tabs, self._footer = Lines("masthead"), Lines("tabs"), Lines("footer")
        self._demo = demo
        self.acts = Acts(self)
        self.themes = theme.load(files.themes)

    # --- the screen

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.DEFAULTS

    def get_default_screen(self) -> Screen[None]:
        return Tableau()

    def compose(self) -> ComposeResult:
        yield self._masthead
        yield self._tabs
        yield self.tables
        yield self.prompt
        yield self._footer

    def on_mount(self) -> None:
        for found in self.themes.found.values():
            self.register_theme(found)
        self.theme, amiss = theme.choose(self.themes, self.settings.theme, self.no_color)
        self.main.focus()
        self.paint_frame()
        refused = self.files.refused()
        unused = (f"snapshots are neither taken nor listed: {refused}",) if refused else ()
        complaints = (*self.settings.complaints, *self._complaints, *self.scenery.complaints, *amiss, *unused)
        if complaints:
            self.prompt.status(several(complaints), "error")
        elif self.files.replay is not None:
            self.prompt.status("; ".join(filter(None, (self.files.replay.remark, HINT))))
        self.run_worker(self.poll.run(), group="poll", exit_on_error=False)
        self.beside(self.desk.memory.recall, "drained")
        self.beside(partial(recall, self), "history")
        if _unsettled(self.files):
            self.action_do("recover")

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.paint_frame)

    @property
    def state(self) -> State:
        """What is looked at: the last State, or the one at which the screen was paused."""
        return self.scenery.state

    @property
    def look(self) -> Look:
        """What was chosen to be seen of the view that is open."""
        return self.tables.look

    def look_at(self, look: Look) -> None:
        """Shows what another Look wants, now, of the State there is."""
        before, self.tables.where.look = self.look, look
        if before.paused and not look.paused:
            self.scenery.take(self.poll)
        self.paint()
        if before.paused != look.paused:
            self.poll.wake()

    def go(self, pane: str, inside: Hashable | None = None, select: Hashable | None = None) -> None:
        """Opens a view, at its own rows or inside one, as it was left."""
        self.tables.go(pane, inside, select)
        self._moved()

    def enter(self, inside: Hashable) -> None:
        self.tables.enter(inside)
        self._moved()

    def leave(self) -> None:
        self.tables.leave()
        self._moved()

    def _moved(self) -> None:
        """Another view, or another depth of one, is to be on the screen."""
        self.scenery.moved(self.files)
        self.paint()
        self.poll.wake()

    def paint(self) -> None:
        """State and Look -> rows."""
        if self.poll.state is not None:
            self.tables.show(self._scene())
        self.paint_frame()

    def paint_frame(self) -> None:
        """The lines around the tables."""
        if not self.is_running or len(self.screen_stack) > 1:
            return
        width = self.size.width
        state = self.state if self.poll.state is not None else None
        self._masthead.show(*head(state, self.scenery.standing(self.poll, self.files)._replace(demo=self._demo), width))
        self._tabs.show(tabs.line(self._views(), width, self.main.aside()))
        self._footer.show(footer(self.actions, bool(self.state.read_only), self.tables.kind, width))
        self.prompt.busy(self.poll.sending)
        self.prompt.quiet(self.poll.trouble or "; ".join(self._lasting()))

    def _views(self) -> list[tabs.Tab]:
        """The views as the line of the views names them."""
        scene, keys = self._scene(), {action.id: action.keys for action in self.actions}
        found = []
        for pane in PANES.values():
            trouble = pane.trouble(scene) if scene.read else tabs.NONE
            key = next((shown_key(key) for key in keys[f"view-{pane.id}"]), "")
            found.append(tabs.Tab(key, pane.tab, trouble, pane is self.tables.pane))
        return found

    def _lasting(self) -> list[str]:
        """What the bottom line says while nothing is asked or told: ramps, drains, conditions of the kernel."""
        now = asyncio.get_running_loop().time()
        watched = self.drains.standing(self)
        trouble = hint(self) if self.poll.state is not None else ""
        lasting = (
            *(one.text(now) for one in self.under_way),
            watched,
            *self.state.notes,
            trouble,
            too_small(*self.size),
        )
        return [text for text in lasting if text]

    def on_grid_moved(self) -> None:
        self.tables.show_beside(self._scene())
        self.prompt.quiet(self.poll.trouble or "; ".join(self._lasting()))

    def _scene(self) -> Scene:
        return self.scenery.scene(self.poll, self.desk, self.files)

    # --- reading

    def _arrived(self) -> None:
        """Something new was read, or could not be. Nothing moves while paused or under a page."""
        if not self.is_running or len(self.screen_stack) > 1:
            return
        if self.poll.state is None or self.look.paused:
            self.paint_frame()
            return
        role = self.state.vrrp.role
        self.scenery.take(self.poll)
        if role and self.state.vrrp.role not in ("", role):
            self.bell()
            self.prompt.status(f"VRRP: {role} -> {self.state.vrrp.role}", "alert")
        if trouble := self.files.unsaid():
            self.prompt.status(trouble, "error")
        lost = self.tables.pane.lost(self._scene(), self.look)
        if lost:
            self.prompt.status(lost, "error")
            self.leave()
        else:
            self.paint()

    # --- acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is asked, or a page is open, no key reaches the table."""
        if action != "do" or (parameters[0] in BURST and len(self.screen_stack) == 1):
            return True
        return not (self.prompt.asking or len(self.screen_stack) > 1)

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys of an action, as Textual names them."""
        return next(action.keys for action in self.actions if action.id == name)

    def action_leave(self) -> None:
        self.exit(0)

    def action_do(self, name: str) -> None:
        self.acts.action(name)

    def beside(self, work: Callable[[], Coroutine[None, None, object]], group: str) -> None:
        """Runs something beside the screen for which nobody waits."""
        _: Worker[object] = self.run_worker(work, group=group, exit_on_error=False)

    def acted(self) -> None:
        """An act is over: what came while a page was open is shown."""
        self.scenery.list_anew(self.files)
        self._arrived()

    def pace(self, seconds: float) -> None:
        """Reads once in so many seconds."""
        self.settings = self.settings._replace(interval=seconds)
        self.poll.pace(seconds)

    def go_elsewhere(self, netns: str) -> None:
        """Leaves, to be opened again in another network namespace."""
        self.elsewhere = netns
        self.exit(0)
