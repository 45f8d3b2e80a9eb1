"""The parts of a table: columns, sets of columns, and rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

Key_co = TypeVar("Key_co", bound=Hashable, covariant=True)

NUMBER, TEXT, MOMENT = "number", "text", "moment"


class Column(NamedTuple):
    """A column. `key` names it in a sort, a filter and the settings; `width` is in cells, and `exact` the width where
    numbers are shown in full (0: the same). `right` aligns numbers. `drop`: on a narrow screen the highest rank is
    dropped first, columns of one rank together; 0 is never dropped. `kind` says how it is sorted and compared: NUMBER
    (largest first), TEXT, MOMENT (latest first; not in filters), or "" for neither. `help` is a few words for the help
    page. A `faint` column is drawn less brightly than the others. A column that `grows` takes the room that is left, or
    else the first column does, up to `most` cells (0: all). A column has `wide` cells before those that matter less are
    shown."""

    key: str
    title: str
    width: int
    right: bool = True
    drop: int = 0
    exact: int = 0
    kind: str = NUMBER
    help: str = ""
    faint: bool = False
    grows: bool = False
    most: int = 0
    wide: int = 0


class ColumnSet(NamedTuple):
    """Columns that are shown together; Tab leads from one set of a view to the next."""

    name: str
    columns: tuple[Column, ...]


_NO_TONES: Mapping[str, str] = MappingProxyType({})


class Row(NamedTuple, Generic[Key_co]):
    """A row: its identity (`key`), its cells' text in the order of the columns, and `tone`, the role of its colour: ""
    for ordinary, "drained", "down", "out" (not in the table: struck out). `tones` are roles of single cells by the keys
    of their columns; if there are any, the other cells are ordinary. `warned` names one column whose cell has the tone
    "warn". `sign` is shown in front of the row: its worst problem. Whatever a sign or a tone says, a cell says too."""

    key: Key_co
    cells: tuple[str, ...]
    tone: str = ""
    warned: str = ""
    tones: Mapping[str, str] = _NO_TONES
    sign: str = ""


CALLED = Column("called", "name", 10, right=False, kind="", help="its name in config.toml")
"""The operator's name of a row."""
GUTTER = 3
"""Cells in front of a row: the cursor or a mark, the sign, a blank."""


def needed(columns: Sequence[Column], gap: int) -> int:
    """The cells that columns take with this many cells between them, with the gutter and one cell at the end."""
    return GUTTER + 1 + sum(column.width for column in columns) + gap * (len(columns) - 1)


def shown(columns: Sequence[Column], width: int, gap: int = 1, scroll: int = 0) -> tuple[Column, ...]:
    """The columns that fit a table of this width. When `scroll` columns are scrolled past, those that name the row and
    its state stay, the next ones are left out, and the rest follow in order as far as they fit."""
    if scroll:
        stay = _staying(columns)
        columns_left = [*stay, *[column for column in columns if column not in stay][scroll:]]
        while len(columns_left) > len(stay) + 1 and needed(columns_left, gap) > width:
            columns_left.pop()
        return tuple(columns_left)
    columns_left = list(columns)
    wide = min((column.drop for column in columns if column.wide), default=-1)
    roomy = wide >= 0
    while _size(columns_left, gap, roomy) > width:
        last = max(column.drop for column in columns_left)
        if roomy and last == wide:
            roomy = False
            continue
        if not last:
            break
        columns_left = [column for column in columns_left if column.drop < last]
    # Where a wide one went, one that matters less may still have room.
    for column in sorted(
        (droppable for droppable in columns if droppable not in columns_left), key=lambda droppable: droppable.drop
    ):
        if _size([*columns_left, column], gap, roomy) <= width and (roomy or not 0 <= wide < column.drop):
            columns_left.append(column)
    fitting = tuple(column for column in columns if column in columns_left)
    return _roomy(fitting) if roomy else fitting


def _size(columns: Sequence[Column], gap: int, roomy: bool) -> int:
    return needed(_roomy(columns) if roomy else columns, gap)


def _roomy(columns: Iterable[Column]) -> tuple[Column, ...]:
    return tuple(column._replace(width=max(column.width, column.wide)) for column in columns)


def furthest(columns: Sequence[Column], width: int, gap: int = 1) -> int:
    """How far a table can be scrolled until its last column is in sight."""
    if len(shown(columns, width, gap)) == len(columns) and needed(columns, gap) <= width:
        return 0
    most = len(columns) - len(_staying(columns))
    for scroll in range(1, most):
        if shown(columns, width, gap, scroll)[-1:] == tuple(columns[-1:]):
            return scroll
    return max(0, most - 1)


def _staying(columns: Sequence[Column]) -> list[Column]:
    """The columns that are never scrolled past."""
    return [column for place, column in enumerate(columns) if not place or column.key in ("called", "state")]


def in_set(sets: Sequence[ColumnSet], name: str) -> ColumnSet:
    """The set with this name, or the first set."""
    return next((column_set for column_set in sets if column_set.name == name), sets[0])
