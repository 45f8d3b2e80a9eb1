"""Layout: where each column of a table goes at this terminal width, and lines of text laid out accordingly."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.console.widgets.text import clip
from lvstui.values import NamedTuple
from lvstui.views.column import GUTTER, Column, furthest, needed, shown
from lvstui.views.look import Look
from lvstui.views.row_order import falls
from lvstui.views.worst import ADDRESS

WIDEST = 210
"""The most cells of a table, because a name and its numbers should not be far apart."""
_FALLS, _RISES, _MORE = "↓", "↑", "‹"


class ColumnLayout(NamedTuple):
    """The `columns` that are shown, each with `widths` cells, `gap` between them; `places`: their numbers in the view.
    `scrolled`: how many are scrolled past; `furthest`: how many could be."""

    columns: tuple[Column, ...] = ()
    widths: tuple[int, ...] = ()
    gap: str = " "
    places: tuple[int, ...] = ()
    scrolled: int = 0
    furthest: int = 0
    hidden: int = 0

    def fields(self, cells: Sequence[str]) -> list[str]:
        """A row's cells, each as wide as its column."""
        return [
            clip(cells[place], width, column.right, column.key == "name" and not column.grows)
            for place, width, column in zip(self.places, self.widths, self.columns, strict=True)
        ]

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
    numbers = {column.key: number for number, column in enumerate(every)}
    widths = [column.width for column in fitting]
    if fitting:
        grown = next((number for number, column in enumerate(fitting) if column.grows), 0)
        room = max(0, width - needed(fitting, gap))
        most = fitting[grown].most
        widths[grown] += room if not most else max(0, min(room, most - widths[grown]))
    places = tuple(numbers[column.key] for column in fitting)
    return ColumnLayout(fitting, tuple(widths), " " * gap, places, scrolled, most, len(every) - len(fitting))
