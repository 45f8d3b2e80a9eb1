"""Grid: the one table of the console. Makes and paints only the rows in sight, and of those only what has changed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from lvstui.console.text import clip
from lvstui.views.column import Column, Row, shown
from lvstui.views.grid_view import GridView

WIDEST = 170
"""Cells that a table takes at most: a name and its numbers should not stand a whole wall apart."""

_HEAD = 2
"""Lines above the rows: the heading and the columns' titles."""

_TONES = frozenset(("cursor", "drained", "down", "warn"))


class Grid(Widget, can_focus=True):
    """A table with a cursor that stays with its row, whatever moves around it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--heading",
        "grid--title",
        "grid--row",
        "grid--empty",
        "grid--cursor",
        "grid--drained",
        "grid--down",
        "grid--warn",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("home,g", "move(-1000000000)", show=False),
        Binding("end,G", "move(1000000000)", show=False),
    ]

    class Moved(Message):
        """The cursor stands on another row."""

    def __init__(self, name: str, cursor: bool = True) -> None:
        """`cursor` False shows a table that is only looked at."""
        super().__init__(id=name)
        self.can_focus = cursor
        self._with_cursor = cursor
        self._view: GridView[Hashable] | None = None
        self._columns: tuple[Column, ...] = ()
        self._widths: list[int] = []
        self._gap = " "
        self._top = 0
        self._cursor = 0
        self._key: Hashable | None = None
        self._heading = self._empty = ""
        self._sort = ""
        self._lines: list[Row[Hashable] | str] = []

    @property
    def key(self) -> Hashable | None:
        """The row under the cursor, None when there is none."""
        return self._key if self._view is not None and len(self._view) else None

    @property
    def rows(self) -> int:
        """How many there are, in sight or not."""
        return len(self._view) if self._view is not None else 0

    def in_sight(self) -> list[Hashable]:
        """The rows in sight."""
        return [line.key for line in self._lines if isinstance(line, Row)]

    def show(self, view: GridView[Hashable], heading: str, sort: str = "", empty: str = "") -> None:
        """Shows a view: the same table a tick later, or another one. `empty` stands where there are no rows."""
        if self._view is None or type(view) is not type(self._view):
            self._top = self._cursor = 0
        self._view = view
        self._heading, self._sort, self._empty = heading, sort, empty
        before = self._key
        place = view.place(before) if before is not None else None
        # A row that is gone leaves the cursor where it was, on the row that took its place.
        self._cursor = place if place is not None else max(0, min(self._cursor, len(view) - 1))
        self._key = view.key(self._cursor) if len(view) else None
        self._fit()
        self._paint()
        if self._key != before:
            self.post_message(self.Moved())

    def select(self, key: Hashable) -> None:
        """Puts the cursor on this row as soon as a view that has it is shown."""
        self._key = key

    def action_move(self, rows: int) -> None:
        if self._view is None or not len(self._view):
            return
        self._cursor = max(0, min(len(self._view) - 1, self._cursor + rows))
        key = self._view.key(self._cursor)
        if key != self._key:
            self._key = key
            self._paint()
            self.post_message(self.Moved())

    def action_page(self, direction: int) -> None:
        self.action_move(direction * max(1, self._height() - 1))

    def on_resize(self) -> None:
        self._fit()
        self._paint(everything=True)

    def on_click(self, event: events.Click) -> None:
        if self._with_cursor and 0 <= event.y - _HEAD < len(self.in_sight()):
            self.action_move(self._top + event.y - _HEAD - self._cursor)

    def on_mouse_scroll_down(self) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-3)

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else ""
        width = self.size.width
        if isinstance(line, Row):
            return self._row_strip(line, width)
        part = "heading" if y == 0 else "title" if y == 1 else "empty"
        return Strip([Segment(clip(line, width), self._style(part))], width)

    def _height(self) -> int:
        return max(0, self.size.height - _HEAD)

    def _paint(self, everything: bool = False) -> None:
        """Makes the lines in sight and asks for those to be painted that differ from what is there."""
        view, height = self._view, self._height()
        if view is None or not height:
            self._lines = []  # lines of another view must not be laid out in this one's columns
            return
        if self._cursor < self._top or self._cursor >= self._top + height:
            # The cursor left the window: follow it by as little as shows it.
            self._top = self._cursor if self._cursor < self._top else self._cursor - height + 1
        self._top = max(0, min(self._top, len(view) - height))
        last = min(self._top + height, len(view))
        lines: list[Row[Hashable] | str] = [self._head(last), self._titles()]
        lines += [self._marked(view.row(i), i) for i in range(self._top, last)]
        if not len(view):
            lines.append(f" {self._empty}")
        lines += [""] * (height + _HEAD - len(lines))
        dirty = [y for y, line in enumerate(lines) if y >= len(self._lines) or self._lines[y] != line]
        self._lines = lines
        if everything:
            self.refresh()
        elif dirty:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in dirty))

    def _marked(self, row: Row[Hashable], index: int) -> Row[Hashable]:
        return row._replace(tone="cursor") if self._with_cursor and index == self._cursor else row

    def _fit(self) -> None:
        """Chooses the columns there is room for, and how far apart; the first takes what is left."""
        if self._view is None:
            return
        width = min(self.size.width, WIDEST)
        gap = 1 if width < 100 else 2 if width < 168 else 3
        self._columns = shown(self._view.columns, width, gap)
        self._gap = " " * gap
        self._widths = [column.width for column in self._columns]
        rest = width - 2 - sum(self._widths[1:]) - len(self._gap) * (len(self._widths) - 1)
        self._widths[:1] = [max(self._widths[0], rest)]

    def _head(self, last: int) -> str:
        assert self._view is not None
        count = len(self._view)
        where = f"{self._top + 1}-{last} of {count} " if count > self._height() else ""
        left = f" {self._heading}"
        room = min(self.size.width, WIDEST) - len(left) - len(where)
        return left + " " * room + where if room > 0 else left

    def _titles(self) -> str:
        """The columns' titles, the one sorted by in capitals: an arrow would not fit between two full ones."""
        return self._lay_out([c.title.upper() if c.key == self._sort else c.title for c in self._columns])

    def _lay_out(self, cells: Sequence[str]) -> str:
        return f" {self._gap.join(self._fields(cells))}"

    def _fields(self, cells: Sequence[str]) -> list[str]:
        return [
            clip(cell, width, column.right)
            for column, width, cell in zip(self._columns, self._widths, cells, strict=True)
        ]

    def _row_strip(self, row: Row[Hashable], width: int) -> Strip:
        assert self._view is not None
        kept = self._columns
        every = self._view.columns
        cells = (
            row.cells
            if len(kept) == len(every)
            else [cell for column, cell in zip(every, row.cells, strict=True) if column in kept]
        )
        style = self._style(row.tone if row.tone in _TONES else "row")
        if not row.warned or row.tone:
            return Strip([Segment(clip(self._lay_out(cells), width), style)], width)
        place = next((i for i, column in enumerate(kept) if column.key == row.warned), None)
        fields = self._fields(cells)
        if place is None:
            return Strip([Segment(clip(f" {self._gap.join(fields)}", width), style)], width)
        left = " " + "".join(field + self._gap for field in fields[:place])
        right = clip(
            "".join(self._gap + field for field in fields[place + 1 :]), width - len(left) - len(fields[place])
        )
        return Strip(
            [Segment(left, style), Segment(fields[place], self._style("warn")), Segment(right, style)], width
        ).adjust_cell_length(width, style)

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"grid--{part}")
