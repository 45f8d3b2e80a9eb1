"""The tables on the screen: the open view, and next to it details of the row under the cursor."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message
from textual.screen import Screen

from lvstui.console.panes import PANES, Pane, Scene
from lvstui.console.session.navigation import ViewStack
from lvstui.console.session.threads import Maker
from lvstui.console.widgets.grid import Grid
from lvstui.console.widgets.sheet import Sheet
from lvstui.director.model import ServiceKey
from lvstui.views.grid_view import GridView
from lvstui.views.head import Line, Piece
from lvstui.views.look import Look
from lvstui.views.opened import OpenedRow
from lvstui.views.servers import Place

_HIGH, _SIX, _FEW = 34, 7, 4
"""The rows of a table from which events keep a place below it; the rows that they keep; the fewest rows that are worth
it."""

LOW, _ROOMY = 14, 20
"""The rows of a screen from which a line is shown below the table; and from which more than that."""
_LOWEST = 9
"""The rows that a low screen needs besides the lines above the table: masthead, tabs, titles, three rows, bottom."""
_ENOUGH = 9
"""Lines below the table that say why something is down, what to do, and its servers."""


class MainScreen(Screen[None], inherit_bindings=False):
    """The screen of the tables. Tab belongs to the key map, because there is only one table."""


class Room(Vertical):
    """Holds parts one above the other, and reports when its size changes."""

    class Resized(Message):
        """Its size has changed."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())


class TablePanel(Container):
    """Shows scenes as the open view wants them. On the left is the table, with lines above and below it; on the
    right, or below where there is no space, are details of the row under the cursor; a page takes the place of both."""

    def __init__(self, where: ViewStack) -> None:
        super().__init__(id="tables")
        self.main = Grid("main")
        self._below = Grid("below", cursor=False)
        self._over, self._about = Sheet("over", grows=True), Sheet("about", grows=True)
        self._under, self._detail = Sheet("under"), Sheet("detail")
        self._page = Sheet("page", focused=True)
        self._left, self._right = Room(id="left"), Room(id="right")
        self.where = where
        self._view: GridView[Hashable] | None = None
        self._awaited: str | None = None
        self.maker: Maker
        self._scene: Scene | None = None

    def on_mount(self) -> None:
        if self._scene is not None:
            self.show(self._scene)

    def on_resize(self) -> None:
        self.call_after_refresh(self._around_anew)

    def on_room_resized(self) -> None:
        self.call_after_refresh(self._around_anew)

    def _around_anew(self) -> None:
        """Lays everything out again for the changed space."""
        if self._scene is not None and self._scene.width != self.screen.size.width:
            # Some texts are as wide as there is room.
            self.show(self._scene._replace(width=self.screen.size.width))
        elif self._scene is not None and self.opened is None and self.is_attached:
            self._show_under(self._scene)
            self.show_beside(self._scene)

    def compose(self) -> ComposeResult:
        with self._left:
            yield self._over
            yield self.main
            yield self._under
        with self._right:
            yield self._about
            yield self._below
            yield self._detail
        yield self._page

    @property
    def pane(self) -> Pane:
        """The open view."""
        return PANES[self.where.view]

    @property
    def look(self) -> Look:
        """Its options."""
        return self.where.look

    @property
    def kind(self) -> str:
        """The kind of its rows."""
        return self.pane.kind(self.look)

    @property
    def inside(self) -> ServiceKey | None:
        """The service that was entered."""
        inside = self.look.inside
        if isinstance(inside, OpenedRow):
            return inside.service if isinstance(inside.of, Place) and self.where.view == "services" else None
        return inside if isinstance(inside, ServiceKey) else None

    @property
    def opened(self) -> OpenedRow | None:
        """The open page."""
        return self.look.inside if isinstance(self.look.inside, OpenedRow) else None

    @property
    def sets(self) -> list[str]:
        """The names of the sets of columns of the open view."""
        return [column_set.name for column_set in self._view.sets] if self._view is not None else [""]

    @property
    def sorts(self) -> Sequence[str]:
        """The visible columns by which the open view can be sorted."""
        return self.pane.sorts(self.look, self.main.columns) if self._view is not None else ()

    @property
    def titles(self) -> dict[str, str]:
        """The keys of the columns by which it can be sorted, visible or not, by key and by title."""
        columns = self._view.columns if self._view is not None else ()
        keys = self.pane.sorts(self.look, columns)
        by_title = {column.title.lower(): column.key for column in columns if column.key in keys}
        return {**{key: key for key in keys}, **by_title}

    @property
    def complaint(self) -> str:
        """The part of the filter that was not understood."""
        if self._awaited is not None:
            return self._awaited
        return self._view.complaint if self._view is not None else ""

    @property
    def key(self) -> Hashable | None:
        """The row under the cursor, None if there is none."""
        return self.main.key

    @property
    def rows(self) -> int:
        """The number of rows, visible or not."""
        return self.main.rows

    @property
    def furthest(self) -> int:
        """The number of columns that can be scrolled past."""
        return self.main.furthest

    @property
    def cells(self) -> list[tuple[str, str, str]]:
        """The visible columns: key, title, and the value in the row under the cursor."""
        view, key = self._view, self.key
        place = view.place(key) if view is not None and key is not None else None
        texts: dict[str, str] = {}
        if view is not None and place is not None:
            texts = dict(zip((column.key for column in view.columns), view.row(place).cells, strict=True))
        return [(column.key, column.title, texts.get(column.key, "")) for column in self.main.columns]

    def keys(self, in_sight: bool = False) -> Iterable[Hashable]:
        """All rows, or only the visible ones."""
        return self.main.in_sight() if in_sight else self.main.keys()

    def fade(self, faded: bool) -> None:
        """Whether the contents are old, because reading fails: then they are drawn less brightly."""
        self.main.fade(faded)
        self._below.fade(faded)

    def select(self, key: Hashable) -> None:
        """Puts the cursor on this row as soon as a view that has it is shown."""
        self.main.select(key)

    def move(self, rows: int) -> None:
        """Moves the cursor."""
        self.main.action_move(rows)

    def looked_at(self) -> frozenset[ServiceKey]:
        """The services whose servers are on the screen, or added up there."""
        if self.opened is not None:
            return frozenset((self.opened.service,))
        if self.inside is not None:
            return frozenset((self.inside,))
        rows = self.main.in_sight()
        return frozenset(
            key.service if isinstance(key, Place) else key for key in rows if isinstance(key, Place | ServiceKey)
        )

    def go(
        self, view: str, inside: Hashable | None = None, select: Hashable | None = None, returns: bool = False
    ) -> None:
        """Opens a view, at its own rows or inside one, as it was left. `returns`: Esc leads back here."""
        self.where.visit(self.main.key)
        self._go(view, inside, select)
        if returns:
            self.where.returns()

    def back(self) -> bool:
        """Goes back to the place that was shown before; returns whether there was one."""
        place = self.where.before()
        if place is None:
            return False
        self._go(*place)
        return True

    def _go(self, view: str, inside: Hashable | None, select: Hashable | None) -> None:
        cursor = self.where.switch(view, self.main.key)
        if inside is not None:
            while self.look.inside not in (None, inside):
                self.where.leave()
            if self.look.inside != inside:
                self.where.enter(inside, inside)
        self._moved(cursor if select is None else select)

    def enter(self, inside: Hashable, select: Hashable | None = None) -> None:
        self.where.visit(self.main.key)
        self.where.enter(inside, self.main.key)
        self._moved(select)

    def leave(self) -> None:
        origin = self.where.origin()
        self.where.visit(self.main.key)
        if origin is not None:
            self.where.leave()
            self._go(*origin)
        else:
            self._moved(self.where.leave())

    def show(self, scene: Scene) -> None:
        """Shows another scene, or the same one with other options."""
        pane, look = self.pane, self.look
        self._scene = scene
        if not self.is_attached:
            return  # not yet, or the console is being left
        pane.prepare(scene, look, self.main.wanted, self.maker.make)
        shown = pane.show(scene, look, self._view)
        self._view, self._awaited = shown.view, shown.awaited
        self.main.show(shown.view, shown.heading, look, shown.empty, shown.note)
        if self._turn(self.opened is not None):
            self._page.lay(lambda width, height: pane.page(scene, look, width, height), look.inside)
            return
        most = max(1, self.screen.size.height - _LOWEST) if self.screen.size.height < LOW else None
        self._over.lay(lambda width, height: _cut(pane.over(scene, look, width), most))
        self._show_under(scene)
        self.show_beside(scene)

    def _turn(self, page: bool) -> bool:
        """Shows a page instead of the tables, or removes it. Returns whether there is one."""
        if self._page.display is not page:
            self._page.display = page
            self._left.display = not page
            self._right.display = not page
            if self.screen.focused in (None, self.main, self._page):
                self.screen.set_focus(self._page if page else self.main)
        return page

    def _show_under(self, scene: Scene) -> None:
        """Shows the lines below the rows, in the room that they leave; a long table leaves six rows of a high
        screen."""
        pane, look, wide = self.pane, self.look, self.screen.has_class("-beside")
        needed = self.main.above + max(self.main.rows, 2 if self.main.noted else 1) + 1
        whole = self._left.size.height - self._over.lines
        room = whole - needed
        if wide and whole >= _HIGH and room < _SIX:
            room = _SIX
        # Outside, the events take no room from what stands below a table.
        room = room if wide or look.inside is not None else 0
        lines = pane.under(scene, look, self._left.size.width, room) if room >= _FEW else ()
        self._under.display = bool(lines)
        if lines:
            self._under.styles.height = room
            self._under.lay(lambda width, height: pane.under(scene, look, width, height))

    def show_beside(self, scene: Scene) -> None:
        """Shows the details of the row under the cursor."""
        if self.opened is not None or not self.is_attached:
            return
        pane, key, outside = self.pane, self.main.key, self.look.inside is None
        wide = self.screen.has_class("-beside")
        look = Look(columns=self.look.columns, exact=self.look.exact)
        shown = pane.below(scene, key, look, wide) if outside and key is not None else None
        width, height = self._right.size.width, self._right.size.height
        detailed = wide and key is not None and bool(pane.detail(scene, key, look, width or 60, height or 40))
        self._right.display = (outside and (shown is not None or key is None)) or detailed
        if not wide and self.screen.size.height < LOW:
            self._right.display = False  # where there is hardly any room the table stays
            return
        self._right.visible = shown is not None or detailed
        self._below.display = shown is not None
        self._right.styles.height = "1fr" if wide else self._lower()
        elsewhere = key is not None and outside
        self._about.display = elsewhere and bool(pane.about(scene, key, width or 60))
        if self._about.display:
            self._about.lay(lambda width, height: pane.about(scene, key, width))
        if not wide and self.screen.size.height < _ROOMY and self._about.display:
            self._below.display = False
        if shown is not None:
            self._below.show(shown.view, shown.heading, look, shown.empty)
            self._below.styles.height = (
                min(self._below.rows + self._below.above + 1, height * 2 // 5) if detailed else "1fr"
            )
        self._detail.display = detailed
        if detailed:
            self._detail.lay(lambda width, height: pane.detail(scene, key, look, width, height), key)

    def _lower(self) -> int:
        """The number of lines below the table: independent of the row under the cursor, so that no row moves; and all
        that a short table leaves."""
        whole = self.size.height - self._over.lines
        if self.screen.size.height < _ROOMY:
            return 1
        needed = self.main.above + self.main.rows + 1
        return max(min(_ENOUGH, whole // 2), whole * 2 // 5, 0 if self.look.filter else whole - needed)

    def _moved(self, select: Hashable | None) -> None:
        self._view = None
        self.main.select(select)


def _cut(lines: Sequence[Line], most: int | None) -> Sequence[Line]:
    """So many of the lines, None for all; the last one ends in a tilde where others follow."""
    if most is None or len(lines) <= most:
        return lines
    *above, last = lines[:most]
    return [*above, (*last, Piece(" ~"))]
