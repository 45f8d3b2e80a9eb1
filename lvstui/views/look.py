"""Look: what the operator has chosen to see. Frozen; a key press makes a new one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from lvstui.values import NamedTuple


class Look(NamedTuple):
    """`inside`: the service or host that was entered; None for the view's own rows. `columns` is the name of the set of
    columns, "" for the first; `scroll`: how many columns are scrolled past. `sort` is a column's key, "" for the stable
    order of the rules. `filter`: see views/filter.py. `exact`: numbers with all their digits. `marked`: the identities
    of the rows that were marked, visible or not."""

    inside: Hashable | None = None
    columns: str = ""
    scroll: int = 0
    sort: str = ""
    reverse: bool = False
    filter: str = ""
    exact: bool = False
    marked: frozenset[Hashable] = frozenset()
    paused: bool = False

    def enter(self, key: Hashable) -> Look:
        """Inside a row. Of the choices for the outer rows only the set of columns is kept."""
        return Look(inside=key, columns=self.columns, exact=self.exact, paused=self.paused)

    def leave(self) -> Look:
        return Look(columns=self.columns, exact=self.exact, paused=self.paused)

    def sorted_by_next(self, keys: Sequence[str]) -> Look:
        """Sorted by the next column; after the last column comes the order of the rules."""
        around = ("", *keys)
        place = around.index(self.sort) if self.sort in around else 0
        return self._replace(sort=around[(place + 1) % len(around)], reverse=False)

    def next_columns(self, names: Sequence[str]) -> Look:
        """The next set of columns."""
        place = names.index(self.columns) if self.columns in names else 0
        return self._replace(columns=names[(place + 1) % len(names)], scroll=0)

    def mark(self, key: Hashable) -> Look:
        """With this row marked, or no longer marked."""
        return self._replace(marked=self.marked ^ {key})

    def mark_all(self, keys: Iterable[Hashable]) -> Look:
        """With all these rows marked; if they all are already, with none of them."""
        every = frozenset(keys)
        return self._replace(marked=self.marked - every if every <= self.marked else self.marked | every)


def keeps(text: str, pattern: str) -> bool:
    """Whether a row with this text passes a filter; upper and lower case are equal."""
    inverted = pattern.startswith("!")
    wanted = pattern.removeprefix("!").strip().lower()
    return not wanted or (wanted in text.lower()) is not inverted
