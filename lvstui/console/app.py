"""The App: wires the source, the look and the widgets. It draws nothing and decides nothing about rules.

Up: one coroutine reads the source, one read at a time; each State becomes rows and goes to the grids. Down: a key is
an action of the one table; what it does is in doing.py; every change is checked, shown as ipvsadm's command, asked
for, checked again against a table that may have moved, sent, and read back.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Hashable
from typing import ClassVar

from rich.color import ColorSystem
from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from lvstui.config import Settings
from lvstui.console import proposals, theme
from lvstui.console.actions import ACTIONS, BY_ID, footer
from lvstui.console.aside import aside
from lvstui.console.differ import Shadow, pieces
from lvstui.console.doing import DOING
from lvstui.console.files import Files
from lvstui.console.grid import Grid
from lvstui.console.masthead import Masthead
from lvstui.console.prompt import Prompt
from lvstui.console.proposals import Proposal
from lvstui.director.change import inverse
from lvstui.director.errors import LvsError, NotDone
from lvstui.director.model import ServiceKey, server_text, service_text
from lvstui.director.rates import History, step
from lvstui.director.source import Scope, Source
from lvstui.director.state import State
from lvstui.director.transaction import carry_out
from lvstui.views.head import Standing, head
from lvstui.views.look import Look
from lvstui.views.servers import Place, ServersView
from lvstui.views.services import ServicesView

SWEEP = 2.0
"""Seconds between two reads of every pool: the kernel moves its counters no more often."""
SMALL = 64
"""Services up to which every read is a sweep: it costs no more than choosing would."""
STALE = 1.0
"""Seconds without an answer after which the screen says so."""


def run(source: Source, settings: Settings, files: Files, demo: bool = False) -> int:
    """Opens the console on a source until it is left; returns the exit code. The terminal must be one that can move
    its cursor (the command line sees to that)."""
    # A parent that ignored hang-ups would leave us spinning on a terminal that is gone.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    app = Console(source, settings, files, demo)
    app.run(mouse=settings.mouse)
    return app.return_code or 0


class Ready(CompositorUpdate):
    """An update that has been turned into bytes already."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render_segments(self, console: object) -> str:
        return self._text


class Console(App[None]):
    """The console on one source."""

    CSS_PATH = "console.tcss"
    TITLE = "lvstui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(action.keys), f"do('{action.id}')", action.help, show=False, id=action.id)
        for action in ACTIONS
    ]

    def __init__(self, source: Source, settings: Settings, files: Files, demo: bool = False) -> None:
        super().__init__()
        self.source = source
        self.files = files
        self.settings = settings
        self.state = State(at=0.0, taken=0.0, host="")
        self.look = Look()
        self.drained: dict[Place, int] = {}
        self.undone: list[Proposal] = []
        self._demo = demo
        self._history: History = ()
        self._good = 0.0
        self._asked = 0.0
        self._trouble = ""
        self._swept = 0.0
        self._wake = asyncio.Event()
        self._view: ServicesView | ServersView | None = None
        self._shadow = Shadow()
        self._themes = theme.load(files.themes)

    # --- the screen

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Roles that a theme may leave out."""
        roles = dict.fromkeys((f"role-{role}" for role in theme.ROLES), "ansi_default")
        return {**roles, "role-cursor": "ansi_black", "role-cursor-background": "ansi_cyan"}

    def compose(self) -> ComposeResult:
        yield Masthead()
        yield Grid(id="main", empty=" no virtual services: a adds one, R restores a snapshot")
        yield Grid(id="below", cursor=False, empty=" no real servers: Enter goes into the service, a adds one there")
        yield Prompt()
        yield Static("", id="footer", markup=False)

    def on_mount(self) -> None:
        for found in self._themes.found.values():
            self.register_theme(found)
        wanted = self.settings.theme
        known = wanted in self._themes.found or wanted in self.available_themes
        self.theme = wanted if wanted and known else theme.default_name(self._themes)
        if wanted and not known:
            self.prompt.status(f"theme {wanted}: there is none of that name", "error")
        elif self._themes.broken:
            self.prompt.status("; ".join(self._themes.broken), "error")
        self.main.focus()
        self._paint_head()
        self.run_worker(self._poll(), group="poll", exit_on_error=False)
        self.set_interval(0.5, self._paint_head)
        self.app_resume_signal.subscribe(self, lambda _: self._shadow.forget())

    @property
    def main(self) -> Grid:
        return self.screen_stack[0].query_one("#main", Grid)

    @property
    def below(self) -> Grid:
        return self.screen_stack[0].query_one("#below", Grid)

    @property
    def prompt(self) -> Prompt:
        return self.screen_stack[0].query_one(Prompt)

    def look_at(self, look: Look, select: Hashable | None = None) -> None:
        """Shows what another Look wants, now, of the State there is."""
        moved = look.inside != self.look.inside
        resumed = self.look.paused and not look.paused
        self.look = look
        if moved:
            self.below.display = look.inside is None
            if select is not None:
                self._view = None
        self.paint(anyway=True)
        if select is not None:
            self.main.select(select)
            self.paint(anyway=True)
        if moved or resumed:
            self.read_now()

    def paint(self, anyway: bool = False) -> None:
        """State and Look -> rows. Nothing moves while paused or under a page."""
        if not anyway and (self.look.paused or len(self.screen_stack) > 1):
            return
        state, look = self.state, self.look
        if look.inside is not None:
            self._view = self._servers(look.inside, look)
        else:
            before = self._view if isinstance(self._view, ServicesView) else None
            self._view = ServicesView(state, look, self._history, before)
        self.main.show(self._view, look.sort, look.reverse)
        self._paint_below()
        self._paint_head()
        self._paint_footer()

    def on_grid_moved(self) -> None:
        self._paint_below()

    def _servers(self, key: ServiceKey, look: Look) -> ServersView:
        return ServersView(self.state, key, look, self._history, self.drained, self.settings.ascii)

    def _paint_below(self) -> None:
        if self.look.inside is None and isinstance(self.main.key, ServiceKey):
            self.below.show(self._servers(self.main.key, Look()))

    def _paint_head(self) -> None:
        if len(self.screen_stack) > 1 or not self.is_running:
            return
        now = time.monotonic()
        age = now - self._good if self._good else now - self._asked if self._asked else 0.0
        trouble = self._trouble
        if not trouble and self._asked and now - self._asked > STALE:
            trouble = "no answer"
        standing = Standing(self._demo, age, trouble, self.settings.interval)
        lines = head(self.state if self._good else None, self.look, standing)
        self.screen.query_one(Masthead).show(lines)

    def _paint_footer(self) -> None:
        line = self.screen_stack[0].query_one("#footer", Static)
        text = footer(bool(self.state.read_only), self.look.inside is not None)
        if str(line.visual) != text:
            line.update(text)

    # --- reading

    def read_now(self) -> None:
        self._wake.set()

    def _scope(self) -> Scope:
        services = self.state.services
        now = time.monotonic()
        sweep = len(services) <= SMALL or now - self._swept >= SWEEP
        if sweep:
            self._swept = now
        return Scope(self._looked_at(), sweep, vrrp=True)

    def _looked_at(self) -> frozenset[ServiceKey]:
        """The services whose servers are on the screen, or added up there."""
        if self.look.inside is not None:
            return frozenset((self.look.inside,))
        keys = [key for key in self.main.in_sight() if isinstance(key, ServiceKey)]
        return frozenset(keys)

    async def _poll(self) -> None:
        """Reads for as long as the console is open, one read at a time."""
        interval = self.settings.interval
        pause = interval
        while True:
            if not self.look.paused:
                scope = self._scope()
                self._asked = time.monotonic()
                try:
                    state = await aside(self.source.read, scope)
                except LvsError as error:
                    self._trouble = error.why
                    pause = min(pause * 2, 10.0)
                    self._paint_head()
                else:
                    pause = interval
                    self._arrived(state)
                self._asked = 0.0
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                pass

    def _arrived(self, state: State) -> None:
        self.state, self._good, self._trouble = state, time.monotonic(), ""
        self._history = step(self._history, state, self._looked_at())
        if self.look.inside is not None and state.services.find(self.look.inside) is None:
            self.prompt.status(f"{service_text(self.look.inside)} is gone", "error")
            self.look_at(self.look.leave())
            return
        self.paint()

    # --- acting

    @property
    def selected(self) -> Hashable | None:
        return self.main.key

    def target(self) -> ServiceKey | Place:
        """The row under the cursor. Raises NotDone when there is none."""
        key = self.selected
        if not isinstance(key, ServiceKey | Place):
            raise NotDone("no row", "there is nothing under the cursor", "a adds")
        return key

    def service(self) -> ServiceKey:
        """The service under the cursor, or the one that was gone into."""
        target = self.look.inside or self.target()
        return target.service if isinstance(target, Place) else target

    def server(self) -> Place:
        """The real server under the cursor. Raises NotDone on a service's row."""
        target = self.target()
        if not isinstance(target, Place):
            raise NotDone("this key is for real servers", "enter the service first (Enter)")
        return target

    def name_of(self, target: ServiceKey | Place) -> str:
        return server_text(target.server) if isinstance(target, Place) else service_text(target)

    def action_do(self, name: str) -> None:
        if self.prompt.asking or len(self.screen_stack) > 1:
            return
        self.run_worker(self._perform(name), group="action", exit_on_error=False)

    async def _perform(self, name: str) -> None:
        try:
            if BY_ID[name].writes and self.state.read_only:
                raise NotDone("read-only", self.state.read_only)
            await DOING[name](self)
        except LvsError as error:
            mend = f"; {error.mend}" if error.mend else ""
            self.prompt.status(f"{error.what}: {error.why}{mend}", "error")
            self.read_now()

    def check(self, proposal: Proposal) -> None:
        """Raises NotDone when a change would fail or harm, as far as is known here."""
        proposals.checked(proposal, proposals.near(self.state, proposals.touched(proposal.changes)))

    async def confirm(self, proposal: Proposal, remember: bool = True) -> bool:
        """Checks, shows, asks, and carries out. False when the operator says no."""
        self.check(proposal)
        shown = proposals.near(self.state, proposals.touched(proposal.changes))
        if await self.prompt.key(proposals.question(proposal), ("y",)) is None:
            self.prompt.status("not done")
            return False
        if proposals.near(self.state, proposals.touched(proposal.changes)).rules != shown.rules:
            raise NotDone(proposal.title, "the rules changed while you were asked; nothing was sent", "look again")
        await self.carry(proposal, remember)
        return True

    async def carry(self, proposal: Proposal, remember: bool = True) -> None:
        """Sends the changes, all or none, and remembers how to undo them."""
        now = proposals.near(self.state, proposals.touched(proposal.changes))
        proposals.checked(proposal, now)
        await aside(carry_out, self.source, proposal.changes, now)
        back = tuple(c for change in reversed(proposal.changes) for c in inverse(change, now))
        if remember and back:
            self.undone.append(Proposal(back, f"undo: {proposal.title}"))
        self.prompt.status(f"done: {proposal.title}{'   u undoes it' if remember and back else ''}")
        self.read_now()

    # --- the terminal

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Textual's display step, the one private call this program overrides: updates are cut down to the cells that
        differ from what the terminal shows; one that shows nothing new writes nothing."""
        if isinstance(renderable, CompositorUpdate) and self._writes_now():
            self._shadow.resize(*self.size)
            colors = self.console._color_system or ColorSystem.TRUECOLOR
            text = self._shadow.draw(pieces(renderable), colors)
            if not text:
                self.post_display_hook()
                return
            renderable = Ready(text)  # type: ignore[assignment]
        super()._display(screen, renderable)

    def _writes_now(self) -> bool:
        """Whether Textual would write this update at all."""
        driver = self._driver
        return (
            self._running
            and not self._closed
            and not self._batch_count
            and not self.is_headless
            and driver is not None
            and not driver.is_inline
        )


os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
