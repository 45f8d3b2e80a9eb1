"""The tables on the screen: the view that is open, and beside it more about the row under the cursor."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from lvstui.console.panes import PANES, Pane, Scene
from lvstui.console.session.navigation import ViewStack
from lvstui.console.widgets.grid import Grid
from lvstui.director.model import ServiceKey
from lvstui.views.grid_view import GridView
from lvstui.views.look import Look
from lvstui.views.servers import Place


class MainScreen(Screen[None], inherit_bindings=False):
    """The screen of the tables: Tab is the key map's, there is one table to be on."""


class TablePanel(Container):
    """Shows scenes as the open view wants them."""

    def __init__(self, where: ViewStack) -> None:
        super().__init__(id="tables")
        self.main = Grid("main")
        self._below = Grid("below", cursor=False)
        self.where = where
        self._view: GridView[Hashable] | None = None

    def compose(self) -> ComposeResult:
        yield self.main
        yield self._below

    @property
    def pane(self) -> Pane:
        """The view that is open."""
        return PANES[self.where.view]

    @property
    def look(self) -> Look:
        """What was chosen to be seen of it."""
        return self.where.look

    @property
    def kind(self) -> str:
        """What its rows are."""
        return self.pane.kind(self.look)

    @property
    def inside(self) -> ServiceKey | None:
        """The service that was gone into."""
        inside = self.look.inside
        return inside if isinstance(inside, ServiceKey) else None

    @property
    def sets(self) -> list[str]:
        """The sets of columns that the open view has, by name."""
        return [one.name for one in self._view.sets] if self._view is not None else [""]

    @property
    def sorts(self) -> Sequence[str]:
        """The columns in sight that the open view can be sorted by."""
        return self.pane.sorts(self.look, self.main.columns) if self._view is not None else ()

    @property
    def complaint(self) -> str:
        """What of the filter was not understood."""
        return self._view.complaint if self._view is not None else ""

    @property
    def key(self) -> Hashable | None:
        """The row under the cursor, None when there is none."""
        return self.main.key

    @property
    def rows(self) -> int:
        """How many there are, in sight or not."""
        return self.main.rows

    @property
    def furthest(self) -> int:
        """How many columns there are to scroll past."""
        return self.main.furthest

    def keys(self) -> Iterator[Hashable]:
        """All rows, in sight or not."""
        return self.main.keys()

    def in_sight(self) -> list[Hashable]:
        """The rows on the screen."""
        return self.main.in_sight()

    def select(self, key: Hashable) -> None:
        """Puts the cursor on this row as soon as a view that has it is shown."""
        self.main.select(key)

    def move(self, rows: int) -> None:
        """Moves the cursor."""
        self.main.action_move(rows)

    def looked_at(self) -> frozenset[ServiceKey]:
        """The services whose servers are on the screen, or added up there."""
        if self.inside is not None:
            return frozenset((self.inside,))
        rows = self.main.in_sight()
        return frozenset(
            key.service if isinstance(key, Place) else key for key in rows if isinstance(key, Place | ServiceKey)
        )

    def go(self, view: str, inside: Hashable | None = None, select: Hashable | None = None) -> None:
        """Opens a view, at its own rows or inside one, as it was left."""
        self.where.visit(self.main.key)
        self._go(view, inside, select)

    def back(self) -> bool:
        """Goes back to the place that was shown before; whether there was one."""
        place = self.where.before()
        if place is None:
            return False
        self._go(*place)
        return True

    def _go(self, view: str, inside: Hashable | None, select: Hashable | None) -> None:
        cursor = self.where.switch(view, self.main.key)
        if inside is not None and self.look.inside != inside:
            self.where.enter(inside, inside)
        self._moved(cursor if select is None else select)

    def enter(self, inside: Hashable) -> None:
        self.where.visit(self.main.key)
        self.where.enter(inside, self.main.key)
        self._moved(None)

    def leave(self) -> None:
        self.where.visit(self.main.key)
        self._moved(self.where.leave())

    def show(self, scene: Scene) -> None:
        """Another scene, or the same one looked at otherwise."""
        shown = self.pane.show(scene, self.look, self._view)
        self._view = shown.view
        self.main.show(shown.view, shown.heading, self.look, shown.empty, shown.note)
        self.show_beside(scene)

    def show_beside(self, scene: Scene) -> None:
        """What there is to say of the row under the cursor."""
        key, outside = self.main.key, self.look.inside is None
        look = Look(columns=self.look.columns, exact=self.look.exact)
        shown = self.pane.below(scene, key, look) if outside and key is not None else None
        if shown is not None:
            self._below.show(shown.view, shown.heading, look, shown.empty)
        self._below.display = outside and (shown is not None or key is None)
        self._below.visible = shown is not None

    def _moved(self, select: Hashable | None) -> None:
        self._view = None
        self.main.select(select)
