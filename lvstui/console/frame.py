"""The lines around the tables: the masthead, the tabs, the footer, and the lasting message in the bottom line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from lvstui.console.actions.drain_watch import DrainWatch
from lvstui.console.actions.problems import hint, welcome
from lvstui.console.context import Context
from lvstui.console.keys.actions import Action
from lvstui.console.panes import PANES, Scene
from lvstui.console.panes.displayed import Displayed
from lvstui.console.widgets.footer import footer, question_footer
from lvstui.console.widgets.prompt import Prompt
from lvstui.console.widgets.table_panel import LOW, TablePanel
from lvstui.console.widgets.text import too_small
from lvstui.console.widgets.text_lines import TextLines
from lvstui.views import tabs
from lvstui.views.head import Line, head


class Frame:
    """Paints these lines. `demo`: the director is simulated, which the masthead says; `greets`: somebody sees the
    console for the first time, and no key was pressed yet."""

    def __init__(
        self,
        ctx: Context,
        actions: Sequence[Action],
        tables: TablePanel,
        displayed: Displayed,
        prompt: Prompt,
        demo: bool,
    ) -> None:
        self.masthead, self.tabs, self.footer = TextLines("masthead"), TextLines("tabs"), TextLines("footer")
        self.greets = demo
        self._ctx = ctx
        title = {"next_problem": "next event"} if ctx.storage.replay is not None else {}
        self._actions = [known._replace(footer=title.get(known.id, known.footer)) for known in actions]
        self._tables = tables
        self._displayed = displayed
        self._prompt = prompt
        self._demo = demo
        self._drains = DrainWatch()
        self._usual: Line = ()
        self._keys: Sequence[str] | None = None
        prompt.on_asked = self._asked

    def paint(self, scene: Scene, width: int, height: int) -> None:
        """Paints all of them, on a screen of this size."""
        client = self._ctx.director
        state = scene.state if scene.read else None
        self.masthead.show(*head(state, self._displayed.standing()._replace(demo=self._demo), width))
        self._tables.fade(bool(client.trouble) and not client.sending)
        aside = self._tables.main.aside() if self._tables.opened is None else []
        self.tabs.show(tabs.line(self._views(scene), width, aside))
        self._usual = footer(self._actions, bool(scene.state.read_only), self._tables.kind, width)
        self._asked(self._keys)
        self._prompt.busy(client.sending)
        self.paint_quiet(width, height)

    def _asked(self, keys: Sequence[str] | None) -> None:
        """Shows the keys that work: while a question is open, only those that answer it; while a command is typed,
        only those of its line. Over a shorter line the usual ones stay: to paint others costs more than the line."""
        self._keys = keys
        self.footer.show(question_footer(keys) if keys is not None else self._usual)

    def paint_quiet(self, width: int, height: int) -> None:
        """Shows the lasting message in the bottom line, which is visible while there is no question and no result."""
        self._prompt.quiet(self._ctx.director.trouble or "; ".join(self._lasting(width, height)))

    def _views(self, scene: Scene) -> list[tabs.Tab]:
        """The views, as the tabs name them."""
        tabs_shown = []
        for pane in (candidate for candidate in PANES.values() if candidate.there(scene)):
            trouble = pane.trouble(scene) if scene.read else tabs.NONE
            key = self._ctx.commands.key(f"view-{pane.id}")
            tabs_shown.append(tabs.Tab(key, pane.tab, trouble, pane is self._tables.pane))
        return tabs_shown

    def _lasting(self, width: int, height: int) -> list[str]:
        """The lasting message: ramps, drains, conditions of the kernel."""
        ctx, read = self._ctx, self._ctx.director.state is not None
        now = asyncio.get_running_loop().time()
        watched = self._drains.standing(ctx)
        lasting = (
            welcome(ctx) if self.greets and read else "",
            *_under_way(ctx, now),
            watched,
            *ctx.display.state.notes,
            hint(ctx) if read and height >= LOW else "",  # on a low screen the rows matter more; the masthead tells
            too_small(width, height),
        )
        return [text for text in lasting if text]


def _under_way(ctx: Context, now: float) -> list[str]:
    """What continues beside the screen, in the operator's names."""
    texts = [operation.text(now) for operation in ctx.session.under_way]
    if texts:
        from lvstui.views.named import named  # not for the first frame

        texts = [named(text, ctx.names) for text in texts]
    return texts
