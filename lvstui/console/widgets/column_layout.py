"""Layout: where each column of a table goes at this terminal width, and lines of text laid out accordingly."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.console.widgets.text import clip
from lvstui.values import NamedTuple
from lvstui.views.column import CALLED, GUTTER, Column, furthest, needed, shown
from lvstui.views.look import Look
from lvstui.views.row_order import falls
from lvstui.views.worst import ADDRESS

WIDEST = 210
"""The most cells of a table, because a name and its numbers should not be far apart."""
_FALLS, _RISES, _MORE = "↓", "↑", "‹"
_SHORT = 12
"""A cell with an address that has fewer cells than this shows its end alone."""
_LEAST = 8
"""The cells to which the name of a row, and other texts but its state, are shortened on a very narrow screen."""


class ColumnLayout(NamedTuple):
    """The `columns` that are shown, each with `widths` cells, `gap` between them; `places`: their numbers in the view.
    `scrolled`: how many are scrolled past; `furthest`: how many could be; `hidden`: how many are not shown. `called`:
    the number of the column whose text stands for the first one's where it has one, None for none."""

    columns: tuple[Column, ...] = ()
    widths: tuple[int, ...] = ()
    gap: str = " "
    places: tuple[int, ...] = ()
    scrolled: int = 0
    furthest: int = 0
    hidden: int = 0
    called: int | None = None

    def fields(self, cells: Sequence[str]) -> list[str]:
        """A row's cells, each as wide as its column."""
        name = self._name(cells) if self.places else ""
        return [
            clip(cells[place] if number else name, width, column.right, column.key == "name" and not column.grows)
            for number, (place, width, column) in enumerate(zip(self.places, self.widths, self.columns, strict=True))
        ]

    def _name(self, cells: Sequence[str]) -> str:
        """The text of the first cell. Of an address that is cut very short the end tells more than its beginning."""
        name, width = cells[self.places[0]], self.widths[0]
        if called := cells[self.called] if self.called is not None else "":
            return called
        return f"~{name[1 - width :]}" if self.columns[0].key == "name" and 1 < width < _SHORT < len(name) else name

    def at(self, cell: int) -> str | None:
        """The key of the column whose title is at a cell; None if there is none."""
        x = GUTTER
        for column, width in zip(self.columns, self.widths, strict=True):
            if x <= cell < x + width:
                return column.key
            x += width + len(self.gap)
        return None

    def titles(self, look: Look) -> str:
        """The columns' titles; the one that is sorted by is in capitals, with an arrow that shows the direction."""
        line, x = " " * GUTTER, GUTTER
        signs: list[tuple[int, str]] = []
        for place, (column, width) in enumerate(zip(self.columns, self.widths, strict=True)):
            by_row = look.sort == ADDRESS or (look.reverse and not look.sort)
            sorted_by = column.key == look.sort or (by_row and not place)
            title = column.title.upper() if sorted_by else column.title
            line += (self.gap if place else "") + clip(title, width, column.right)
            if sorted_by:
                size = min(len(column.title), width)
                sign = _FALLS if (look.reverse if by_row else falls(column, look)) else _RISES
                signs.append((x + width - size - 1 if column.right else x + size, sign))
            x += width + len(self.gap)
        if self.scrolled:
            signs.append((0, _MORE))
        for at, sign in signs:
            line = line[:at] + sign + line[at + 1 :]
        return line


def fit(columns: Sequence[Column], width: int, look: Look) -> ColumnLayout:
    """The columns that fit, and the gap between them; one of them takes the rest."""
    every = tuple(columns)
    if look.exact:
        every = tuple(column._replace(width=max(column.width, column.exact)) for column in every)
    gap = 1 if width < 100 else 2 if width < 168 else 3
    most = furthest(every, width, gap)
    scrolled = min(look.scroll, most)
    fitting = shown(every, width, gap, scrolled)
    called = None
    if needed(fitting, gap) > width:
        fitting, merged = _squeezed(fitting, width, gap)
        called = next((n for n, column in enumerate(every) if merged and column.key == CALLED.key), None)
    numbers = {column.key: number for number, column in enumerate(every)}
    widths = [column.width for column in fitting]
    if fitting:
        grown = next((number for number, column in enumerate(fitting) if column.grows), 0)
        room = max(0, width - needed(fitting, gap))
        most = fitting[grown].most
        widths[grown] += room if not most else max(0, min(room, most - widths[grown]))
    places = tuple(numbers[column.key] for column in fitting)
    return ColumnLayout(fitting, tuple(widths), " " * gap, places, scrolled, most, len(every) - len(fitting), called)


def _squeezed(columns: Sequence[Column], width: int, gap: int) -> tuple[tuple[Column, ...], bool]:
    """The columns that are never dropped, where even they are too wide, and whether the operator's name of a row takes
    the place of its address. The state stays whole: texts are shortened, and at last the columns behind the state
    go."""
    left = _shortened(columns, 1, _SHORT, width, gap)
    if needed(left, gap) <= width:
        return tuple(left), False
    named = [column for column in columns if column.key == CALLED.key]
    left = [column for column in columns if column not in named]
    if named:
        left[0] = left[0]._replace(title=named[0].title)
    left = _shortened(left, 0, _LEAST, width, gap)
    least = next((number for number, column in enumerate(left) if column.key == "state"), 0) + 1
    while len(left) > max(2, least) and needed(left, gap) > width:
        left.pop()
    return tuple(left), bool(named)


def _shortened(columns: Sequence[Column], first: int, least: int, width: int, gap: int) -> list[Column]:
    """The columns with their texts, from the `first` on, as short as the width demands, but no shorter than `least`."""
    shorter = list(columns)
    for number, column in enumerate(columns):
        surplus = needed(shorter, gap) - width
        if number >= first and surplus > 0 and not column.right and column.key not in ("state", CALLED.key):
            shorter[number] = column._replace(width=max(min(column.width, least), column.width - surplus))
    return shorter
