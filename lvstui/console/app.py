"""The App: puts the console together and hands a context down. It draws nothing and decides nothing about rules.

Up: the director client reads the source; each State becomes rows and goes to the grids. Down: a key is an action of the
one table (keys/actions.py), and actions/registry.py says what it does; every change is checked, shown as ipvsadm's
command, asked for, checked again against a table that may have moved, sent, and read back (operations/change.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Click, Event, InputEvent, Resize
from textual.screen import Screen
from textual.worker import Worker

from lvstui.config import Settings
from lvstui.console.actions import columns, mouse
from lvstui.console.actions.action_runner import BURST, ActionRunner
from lvstui.console.actions.command_line import recall
from lvstui.console.actions.problems import start
from lvstui.console.actions.replay import HINT
from lvstui.console.context import Context
from lvstui.console.editing import drain_memory
from lvstui.console.frame import Frame
from lvstui.console.keys.keymap import mapped
from lvstui.console.pages.screen_pages import ScreenPages
from lvstui.console.panes import BROAD, Scene, opened_first
from lvstui.console.panes.displayed import Displayed
from lvstui.console.panes.pair import whole
from lvstui.console.session.director_client import DirectorClient
from lvstui.console.session.navigation import ViewStack
from lvstui.console.session.peer import Peer, ThisDirector
from lvstui.console.session.sampler import Sampler
from lvstui.console.session.storage import Storage
from lvstui.console.session.threads import Maker, taking_turns
from lvstui.console.terminal import textual_private
from lvstui.console.terminal.display import DifferApp
from lvstui.console.widgets.grid import Grid
from lvstui.console.widgets.prompt import Prompt
from lvstui.console.widgets.table_panel import MainScreen, TablePanel
from lvstui.console.widgets.text import several
from lvstui.console.widgets.text_lines import TextLines
from lvstui.director.errors import BadInput, LvsError
from lvstui.director.model import ServiceKey
from lvstui.director.pair.clocked import Clocked
from lvstui.director.source import ReadOnly, Source
from lvstui.director.state import State
from lvstui.operations.lock import unsettled
from lvstui.store.choices import Choices
from lvstui.views.headings import chosen
from lvstui.views.look import Look
from lvstui.views.operator_names import OperatorNames

if TYPE_CHECKING:
    from lvstui.console.session.read_ahead import ReadAhead

_WIDE = 110
"""The width in cells from which forms have room."""
CALM = 3.0
"""Seconds after a key for which rows keep their places."""


def run(
    source: Source,
    settings: Settings,
    storage: Storage,
    demo: bool = False,
    elsewhere: Callable[[str], None] = lambda netns: None,
    opener: Callable[[str], Source] | None = None,
    pair: str = "",
    first: ReadAhead | None = None,
) -> int:
    """Opens the console on a source; returns the exit code when the operator leaves it. Raises LvsError for what ^C cut
    off. The terminal must be able to move its cursor. The source is closed at the end. `elsewhere` opens the console
    again in another network namespace; `opener` opens another director by its name, and `pair` is the one to compare
    this one with from the start; `first` is the first read of the source, if it has begun already."""
    if why := textual_private.hindrance():
        source.close()
        raise BadInput("console", why, f"leave standard error alone, or pip install textual=={textual_private.TESTED}")
    app = Console(source, settings, storage, demo, opener, pair, first)
    try:
        with taking_turns():
            app.run(mouse=settings.mouse)
    finally:
        if app.context.storage.recording is not None:
            app.context.storage.recording.finish()
        app.peer.end()
        source.close()
    app.keep_choices()
    app.settle()
    if app.elsewhere:
        elsewhere(app.elsewhere)
    return app.return_code or 0


class Console(DifferApp):
    """The console on one source. For the packages below it is Navigation and Program (context/), which say what their
    members do."""

    CSS_PATH = "console.tcss"
    TITLE = "lvstui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+l", "redraw", show=False),
    ]

    def __init__(
        self,
        source: Source,
        settings: Settings,
        storage: Storage,
        demo: bool = False,
        opener: Callable[[str], Source] | None = None,
        pair: str = "",
        first: ReadAhead | None = None,
    ) -> None:
        super().__init__(storage.themes, settings.ascii)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-below"), (_WIDE, "-wide"), (BROAD, "-beside")]
        self.settings = settings
        self._theme_complaints = self.dress(settings.theme)
        actions, self._complaints = mapped(settings.keys)
        for action in actions:
            if action.keys:
                self.bind(",".join(action.keys), f"do('{action.id}')", show=False)
        left = storage.choices.saved
        where = ViewStack(opened_first(left.view))
        where.arrange(left.tables)
        self.tables = TablePanel(where)
        self.main = self.tables.main
        # Whoever sends, sends through this: the one place that refuses.
        guard = source if isinstance(source, ReadOnly) else ReadOnly(source)
        clocked = Clocked(guard, time.time)  # a pair compares clocks
        self.director = DirectorClient(
            clocked,
            settings.interval,
            self._arrived,
            self.tables.looked_at,
            lambda state: self.displayed.swept(state),
            first,
        )
        self.director.asks_keepalived = settings.ask_keepalived
        self.displayed = Displayed(where, self.director, settings, lambda: self.context.storage)
        self.prompt = Prompt(self.hold, self.release)
        self.context = ctx = Context(
            ui=self.prompt,
            pages=ScreenPages(self),
            director=self.director,
            navigation=self,
            table=self.tables,
            display=self.displayed,
            program=self,
            source=guard,
            storage=storage,
            names=OperatorNames(settings.names, settings.notes),
        )
        ctx.session.filters = left.filters
        self.runner = ctx.commands = ActionRunner(ctx, self, actions)
        self.sampler = Sampler(guard, lambda: self.director.state, self.beside, self._sampled)
        ctx.samples = self.sampler
        self.displayed.connections = lambda: self.sampler.reading
        self.tables.maker = Maker(self.beside, self._sampled, lambda text: self.prompt.status(text, "error"))
        self._pair = pair
        self._awaits_rows = first is not None
        this = ThisDirector(lambda: self.displayed.side, clocked)
        self.peer = ctx.peers = Peer(opener, settings.interval, this, self.beside, self._compared)
        self.displayed.pair = lambda: self.peer.reading
        self.elsewhere, self._worn = "", left.theme
        self._untouched, self._touched = True, -CALM
        self.displayed.held = self._at_work
        self._unfolded = TextLines("unfolded")
        self._unfolded.display = False
        self.frame = Frame(ctx, actions, self.tables, self.displayed, self.prompt, demo)

    # --- the screen

    def get_default_screen(self) -> Screen[None]:
        return MainScreen()

    def compose(self) -> ComposeResult:
        yield self.frame.masthead
        yield self.frame.tabs
        yield self.tables
        yield self._unfolded
        yield self.prompt
        yield self.frame.footer

    def on_mount(self) -> None:
        if self._awaits_rows:
            self.hold()  # the rows that somebody sees already are not there yet for a key
        choices = self.context.storage.choices
        self.displayed.relist()
        self.main.focus()
        self.paint_frame()
        refused = self.context.storage.refused()
        unused = (f"snapshots are neither taken nor listed: {refused}",) if refused else ()
        missing = filter(None, (textual_private.lost(),))
        complaints = (*missing, *self.settings.complaints, *self._complaints, *self.displayed.complaints)
        complaints += (*self._theme_complaints, *unused, *filter(None, (choices.complaint,)))
        if complaints:
            self.prompt.status(several(complaints), "error")
        elif self.context.storage.replay is not None:
            self.prompt.status("; ".join(filter(None, (self.context.storage.replay.remark, HINT))))
        elif self.look.sort or self.look.reverse:
            self.prompt.status(f"{chosen(self.look).strip()}, as it was left; :forget ends that")
        self.run_worker(self.director.run(), group="director", exit_on_error=False)
        for name, recalled in (("drained", drain_memory.recall), ("history", recall), ("columns", columns.recall)):
            self.beside(partial(recalled, self.context), name)
        self.beside(self.runner.ready, "actions")
        if self._pair:
            self.peer.open(self._pair)
        if unsettled(self.context.storage.paths):
            self.action_do("recover")

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.paint_frame)

    def on_grid_fitted(self) -> None:
        self.paint_frame()

    @property
    def state(self) -> State:
        """The displayed State: the last one, or the one at which the screen was paused."""
        return self.displayed.state

    @property
    def view(self) -> str:
        return self.tables.where.view

    @property
    def kind(self) -> str:
        return self.tables.kind

    @property
    def inside(self) -> ServiceKey | None:
        return self.tables.inside

    @property
    def look(self) -> Look:
        return self.tables.look

    def look_at(self, look: Look) -> None:
        before, self.tables.where.look = self.look, look
        if before.paused and not look.paused:
            self.displayed.take()
        self.paint()
        if before.paused != look.paused:
            self.director.wake()

    def go(
        self, view: str, inside: Hashable | None = None, select: Hashable | None = None, returns: bool = False
    ) -> None:
        self.tables.go(view, inside, select, returns)
        self._moved()

    def enter(self, inside: Hashable, select: Hashable | None = None) -> None:
        self.tables.enter(inside, select)
        self._moved()

    def leave(self) -> None:
        self.tables.leave()
        self._moved()

    def back(self) -> bool:
        if went_back := self.tables.back():
            self._moved()
        return went_back

    def _moved(self) -> None:
        """Shows another view, or another depth of one."""
        self.displayed.moved()
        if self.tables.pane.samples:
            self.sampler.open()
        else:
            self.sampler.leave()
        self.paint()
        self.director.wake()

    def _compared(self) -> None:
        """Called when the other director was read, or could not be. Nothing moves while paused or under a page."""
        self.peer.seen()
        if not self.is_running or len(self.screen_stack) > 1 or self.look.paused:
            return
        if self.view == "pair":
            self.paint()
        else:
            self.paint_frame()

    def _sampled(self) -> None:
        """Called when the connection table was read, or its rows were computed. Nothing moves under a page."""
        if self.is_running and len(self.screen_stack) == 1:
            self.paint()
            self.prompt.remark()

    def paint(self) -> None:
        """State and Look -> rows."""
        self.peer.whole(self.view == "pair" and whole(self.look))
        if self.director.state is not None:
            self.tables.show(self._scene())
        self.paint_frame()

    def paint_frame(self) -> None:
        """Draws the lines around the tables again."""
        if not self.is_running or len(self.screen_stack) > 1:
            return
        self.frame.paint(self._scene(), *self.size)

    def on_grid_moved(self) -> None:
        self.tables.show_beside(self._scene())
        self.frame.paint_quiet(*self.size)

    def _scene(self) -> Scene:
        return self.displayed.scene(self.context.session.drained, self.context.session.drains, self.size.width)

    # --- reading

    def _arrived(self) -> None:
        """Called when something new was read, or could not be. Nothing moves while paused or under a page."""
        if self._awaits_rows:
            self._awaits_rows = False
            self.call_later(self.release)
        if not self.is_running or len(self.screen_stack) > 1:
            return
        if self.director.state is None or self.look.paused:
            self.paint_frame()
            return
        role = self.state.vrrp.role
        self.displayed.take()
        self.peer.seen()
        if role and self.state.vrrp.role not in ("", role):
            self.bell()
            self.prompt.status(f"VRRP: {role} -> {self.state.vrrp.role}", "alert")
        if (saved := self.context.storage.choices).due(choices := self.choices()):
            self.beside(partial(saved.keep_beside, choices, self.prompt.status), "choices")
        # While something is done its own words are to come, and nobody would read these.
        if not self.runner.busy and (trouble := self.context.storage.unsaid()):
            self.prompt.status(trouble, "error")
        lost = self.tables.pane.lost(self._scene(), self.look)
        if lost:
            self.prompt.status(lost, "error")
            self.leave()
        else:
            self.paint()
            self._untouched = self._untouched and not start(self.context)

    # --- the mouse

    def on_grid_opened(self) -> None:
        self._do_if_free("enter")

    def on_grid_head(self, message: Grid.Head) -> None:
        if not self.prompt.asking:
            mouse.sort(self.context, message.key)

    def on_text_lines_clicked(self, message: TextLines.Clicked) -> None:
        self._do_if_free(mouse.key_action(message.pieces, self.runner.actions) or mouse.badge_action(message.pieces))

    def on_click(self, event: Click) -> None:
        if event.button == 3:
            self._do_if_free("leave")

    def _do_if_free(self, name: str) -> None:
        """Runs an action for the mouse, unless a question is open."""
        if name and self.check_action("do", (name,)):
            self.action_do(name)

    # --- acting

    async def on_event(self, event: Event) -> None:
        if isinstance(event, InputEvent):
            self._untouched = self.frame.greets = False
            self._touched = time.monotonic()
        await super().on_event(event)

    def _at_work(self) -> bool:
        """Whether the operator is working, so that rows must not move away from the cursor."""
        return self.prompt.asking or time.monotonic() - self._touched < CALM

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question or a page is open, no key reaches the table."""
        if action != "do" or (parameters[0] in BURST and len(self.screen_stack) == 1):
            return True
        return not (self.prompt.asking or len(self.screen_stack) > 1)

    @property
    def theme_names(self) -> list[str]:
        return list(self.themes.by_name)

    def wear(self, theme: str) -> None:
        """Wears a theme."""
        self.theme = self._worn = theme

    def choices(self) -> Choices:
        """The choices on the screen, to be remembered."""
        return Choices(opened_first(self.view), self._worn, self.context.session.filters, self.tables.where.arranged())

    def keep_choices(self) -> None:
        """Saves them at the end."""
        self.context.storage.choices.keep_last(self.choices())

    async def finish(self) -> LvsError | None:
        return await self.director.end(self._changes)

    def _changes(self) -> bool:
        """Whether the table is being changed, and no question about that is open, in the bottom line or on a page."""
        return self.context.session.turn.locked() and not self.prompt.asking and len(self.screen_stack) == 1

    def action_do(self, name: str) -> None:
        self.runner.action(name)

    def beside(self, work: Callable[[], Coroutine[None, None, object]], group: str) -> None:
        """Runs something beside the screen for which nobody waits."""
        _: Worker[object] = self.run_worker(work, group=group, exit_on_error=False)

    def start(self, work: Callable[[], Coroutine[None, None, None]], group: str, exclusive: bool = False) -> None:
        """Runs an action beside the screen."""
        _: Worker[None] = self.run_worker(work, group=group, exclusive=exclusive, exit_on_error=False)

    def keep(self, key: str) -> None:
        """Keeps a key for the question that is about to be asked."""
        self.prompt.take(key)

    def forget_keys(self) -> None:
        self.prompt.typed.clear()

    def acted(self) -> None:
        """Called when an action has ended: shows what was read while a page was open."""
        self.displayed.relist()
        self._arrived()

    def pace(self, seconds: float) -> None:
        """Sets the seconds between two reads."""
        self.settings = self.settings._replace(interval=seconds)
        self.director.pace(seconds)

    def quit(self) -> None:
        self.exit(0)

    def go_elsewhere(self, netns: str) -> None:
        """Leaves, to be opened again in another network namespace."""
        self.elsewhere = netns
        self.exit(0)
