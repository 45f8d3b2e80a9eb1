"""Grid: the one table of the console. It makes and paints only the visible rows, and of those only what has changed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from lvstui.console.widgets.column_layout import WIDEST, ColumnLayout, fit
from lvstui.console.widgets.roles import GRID, Painted
from lvstui.console.widgets.text import clip
from lvstui.values import NamedTuple
from lvstui.views.column import Column, Row, in_set
from lvstui.views.grid_view import GridView, Ranked
from lvstui.views.look import Look
from lvstui.views.number import count

_MARK, _BAR = "●", "▌"

_TONES = frozenset(("drained", "down", "out", "warn", "full", "up"))
_LIKE = {"alert": "warn", "out": "down"}
"""Roles that are drawn like another one: in a cell, and inside the cursor's bar."""


_PLAIN = Look()


class _Line(NamedTuple):
    """A row as it is painted."""

    row: Row[Hashable]
    marked: bool
    under: bool


class Grid(Painted, can_focus=True):
    """A table with a cursor that stays with its row, whatever moves around it."""

    ROLES = GRID
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("home,g", "move(-1000000000)", show=False),
        Binding("end,G", "move(1000000000)", show=False),
    ]

    class Fitted(Message):
        """The hidden columns have changed, so the text about them must be updated."""

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """The row under the cursor was clicked."""

    class Head(Message):
        """The head of a column was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, name: str, cursor: bool = True) -> None:
        """`cursor` False: a table without a cursor, to read only."""
        super().__init__(name)
        self.can_focus = cursor
        self._with_cursor = cursor
        self._view: GridView[Hashable] | None = None
        self._layout_of = ColumnLayout()
        self._top = 0
        self._cursor = 0
        self._key: Hashable | None = None
        self._wanted: Hashable | None = None
        self._heading = self._empty = self._note = ""
        self._look = Look()
        self._lines: list[_Line | str] = []
        self._faded = False

    def fade(self, faded: bool) -> None:
        """Whether its contents are old: then everything except the cursor's row is drawn less brightly."""
        if faded is not self._faded:
            self._faded = faded
            self.refresh()

    @property
    def noted(self) -> bool:
        """Whether there is a note below the rows: it takes a line, if at least three are left for the rows."""
        return bool(self._note)

    @property
    def key(self) -> Hashable | None:
        """The row under the cursor, None if there is none."""
        return self._key if self._view is not None and len(self._view) else None

    @property
    def wanted(self) -> Hashable | None:
        """The row that the cursor is to be on as soon as it is there, else the one it is on."""
        return self._wanted if self._wanted is not None else self._key

    @property
    def rows(self) -> int:
        """The number of rows, visible or not."""
        return len(self._view) if self._view is not None else 0

    def keys(self) -> Iterator[Hashable]:
        """All rows, visible or not."""
        view = self._view
        return (view.key(index) for index in range(len(view))) if view is not None else iter(())

    def in_sight(self) -> list[Hashable]:
        """The visible rows."""
        return [line.row.key for line in self._lines if isinstance(line, _Line)]

    @property
    def columns(self) -> Sequence[Column]:
        """The visible columns."""
        return self._layout_of.columns

    @property
    def furthest(self) -> int:
        """The number of columns that can be scrolled past."""
        return self._layout_of.furthest

    def show(
        self, view: GridView[Hashable], heading: str, look: Look = _PLAIN, empty: str = "", note: str = ""
    ) -> None:
        """Shows a view: the same table a tick later, or another one. `empty` is shown if there are no rows; `note` is
        shown below them: what was chosen, which must not move any row."""
        if self._view is None or type(view) is not type(self._view):
            self._top = self._cursor = 0
        self._view = view
        self._heading, self._look, self._empty, self._note = heading, look, empty, note
        before = self._key
        place = view.place(self._wanted) if self._wanted is not None else None
        if place is not None:
            self._wanted = None
        elif before is not None:
            place = view.place(before)
        # A row that is gone leaves the cursor where it was, on the row that took its place.
        self._cursor = place if place is not None else max(0, min(self._cursor, len(view) - 1))
        self._key = view.key(self._cursor) if len(view) else None
        self._paint(everything=self._fit())
        if self._key != before:
            self.post_message(self.Moved())

    def select(self, key: Hashable) -> None:
        """Puts the cursor on this row as soon as a view that has it is shown."""
        self._key = self._wanted = key

    def action_move(self, rows: int) -> None:
        if self._view is None or not len(self._view):
            return
        self._wanted = None
        self._cursor = max(0, min(len(self._view) - 1, self._cursor + rows))
        key = self._view.key(self._cursor)
        if key != self._key:
            self._key = key
            self._paint()
            self.post_message(self.Moved())

    def action_page(self, direction: int) -> None:
        self.action_move(direction * max(1, self._height() - 1))

    def on_resize(self) -> None:
        before = self._layout_of.hidden
        self._fit()
        self._paint(everything=True)
        if self._with_cursor and self._layout_of.hidden != before:
            self.post_message(self.Fitted())

    def on_click(self, event: events.Click) -> None:
        """A click on a row moves the cursor there, and opens the row if the cursor was there already; a click on a
        column's title sorts by it."""
        row = event.y - self.above
        if not self._with_cursor or event.button != 1:
            return
        if row == -1 and (column := self._layout_of.at(event.x)) is not None:
            self.post_message(self.Head(column))
        elif 0 <= row < len(self.in_sight()):
            rows = self._top + row - self._cursor
            if rows:
                self.action_move(rows)
            else:
                self.post_message(self.Opened())

    def on_mouse_scroll_down(self) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-3)

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else ""
        width = self.size.width
        if isinstance(line, _Line):
            return self._row_strip(line, width)
        part = "title" if y == self.above - 1 else "heading" if y < self.above else "empty"
        return Strip([Segment(clip(line, width), self.role_style(part))], width)

    @property
    def above(self) -> int:
        """Lines above the rows: the heading, if there is one, and the columns' titles."""
        return 2 if self._heading else 1

    def _height(self) -> int:
        """The lines for rows; if there are more rows than that, or there is a note, the last line says so."""
        height = max(0, self.size.height - self.above)
        return height - 1 if height > 2 and (self.rows > height or self._note) else height

    def _paint(self, everything: bool = False) -> None:
        """Makes the visible lines and repaints those that differ."""
        view, height = self._view, self._height()
        if view is None or not height:
            self._lines = []  # lines of another view must not be laid out in this one's columns
            return
        if self._cursor < self._top or self._cursor >= self._top + height:
            # The cursor left the window: follow it by as little as shows it.
            self._top = self._cursor if self._cursor < self._top else self._cursor - height + 1
        self._top = max(0, min(self._top, len(view) - height))
        last = min(self._top + height, len(view))
        lines: list[_Line | str] = [self._head()] if self._heading else []
        lines.append(self._layout_of.titles(self._look))
        lines += [self._line(view.row(i), i) for i in range(self._top, last)]
        if not len(view):
            lines.append(f" {self._empty}")
        foot = "   ".join(filter(None, (self._note, self._part(last) if len(view) > height else "")))
        if foot:
            lines += [""] * (height + self.above - len(lines))
            lines.append(f"   {foot}")
        lines += [""] * (self.size.height - len(lines))
        dirty = [y for y, line in enumerate(lines) if y >= len(self._lines) or self._lines[y] != line]
        self._lines = lines
        if everything:
            self.refresh()
        elif dirty:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in dirty))

    def _line(self, row: Row[Hashable], index: int) -> _Line:
        under = self._with_cursor and index == self._cursor
        return _Line(row, row.key in self._look.marked, under)

    def _fit(self) -> bool:
        """Lays the columns out; returns whether the layout has changed."""
        if self._view is None:
            return False
        before = self._layout_of
        self._layout_of = fit(self._view.columns, min(self.size.width, WIDEST), self._look)
        return self._layout_of != before

    def _head(self) -> str:
        """The place and what was chosen there; the open view's columns are in the tabs."""
        left = f" {self._heading}"
        for right in self.aside() if not self._with_cursor else ():
            room = min(self.size.width, WIDEST) - len(left) - len(right) - 1
            if room > 0:
                return f"{left}{' ' * room}{right} "
        return left

    def aside(self) -> list[str]:
        """The sets of columns, the displayed one in brackets, and how many columns are hidden: in full, then
        shorter, at last as `+14 cols`."""
        if self._view is None:
            return []
        hidden, sets = self._layout_of.hidden, self._view.sets
        long = f"{count(hidden, 'column')} hidden" if hidden else ""
        short, tiny = (count(hidden, "more column"), f"+{count(hidden, 'col')}") if hidden else ("", "")
        if not self._with_cursor:
            return [long, tiny] if hidden else []
        if hidden:
            long, short = f"{long}, > shows them" if hidden > 1 else f"{long}, > shows it", f"{short}: >"
        here = in_set(sets, self._look.columns).name
        names = " ".join(f"[{column_set.name}]" if column_set.name == here else column_set.name for column_set in sets)
        if len(sets) < 2:
            return [long, short, tiny] if hidden else []
        last = [("", tiny), (f"[{here}]", "")]
        if all(column_set.columns == sets[0].columns for column_set in sets):
            last.reverse()  # sets of the same columns choose rows: which they are matters more
        texts = [(f"Tab {names}", long), (f"Tab [{here}]", long), (f"[{here}]", short), (f"[{here}]", tiny), *last]
        return ["  ".join(filter(None, words)) for words in texts if any(words)]

    def _part(self, last: int) -> str:
        """How many rows are visible, and where the others are."""
        assert self._view is not None
        count = len(self._view)
        others = (f"{self._top} above" if self._top else "", f"{count - last} below" if count > last else "")
        worst = self._view.unseen(range(self._top, last)) if isinstance(self._view, Ranked) else ""
        return f"{last - self._top} of {count} shown, {', '.join(filter(None, (*others, worst)))}"

    def _row_strip(self, line: _Line, width: int) -> Strip:
        """The cursor's bar changes the background; a problem keeps its tone inside it."""
        row, layout = line.row, self._layout_of
        # Where single cells have tones the others are ordinary.
        of_row = "" if any(row.tones.values()) or row.tone not in _TONES else row.tone
        plain = self._cell("", line.under)
        style = self._cell(of_row, line.under)
        worst = of_row or next((tone for tone in row.tones.values() if tone not in ("", "up")), "")
        mark = _MARK if line.marked else _BAR if line.under else " "
        parts = [(mark, plain), (row.sign or " ", self._cell(worst, line.under)), (" ", plain)]
        for place, (text, column) in enumerate(zip(layout.fields(row.cells), layout.columns, strict=True)):
            own = row.tones.get(column.key, "") or ("warn" if column.key == row.warned else "")
            inside = style if not own else self._cell(own, line.under)
            if column.faint and not own and not of_row and not line.under:
                inside = self.role_style("title")
            gap = layout.gap if place else ""
            parts.append((gap, plain if own or line.under else inside))
            if not (own and line.under):
                parts.append((text, inside))
                continue
            word = text.strip()  # the blanks beside a tone belong to the bar
            at = text.index(word)
            parts += [(text[:at], plain), (word, inside), (text[at + len(word) :], plain)]
        strip = Strip([Segment(text, of) for text, of in parts])
        # What there is no room for at all ends in a tilde, as in a cell.
        if strip.cell_length > width > 0:
            strip = Strip([*strip.crop(0, width - 1), Segment("~", plain)])
        return strip.adjust_cell_length(width, plain).simplify()

    def _faint(self) -> Style:
        """Text that is drawn less brightly: grey, and if the theme has no grey, in dim letters."""
        row, faint = self.role_style("row"), self.role_style("empty")
        return faint if faint != row else row + Style(dim=True)

    def _cell(self, role: str, under: bool) -> Style:
        role = _LIKE.get(role, role) if under or role == "alert" else role
        if not under:
            return self._faint() if self._faded else self.role_style(role or "row")
        return self.role_style(f"cursor-{role}" if role else "cursor")
