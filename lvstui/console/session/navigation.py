"""The place in the console: the view, how deep in it, and the Look of each level. A view is shown again as it was
left."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from lvstui.store.choices import TableChoice
from lvstui.values import NamedTuple
from lvstui.views.look import Look


class Level(NamedTuple):
    """One depth of a view: its Look, the row under its cursor when it was left, and the place to which Esc leads, if
    Enter led here from another view."""

    look: Look
    cursor: Hashable | None = None
    origin: Visited | None = None


class Visited(NamedTuple):
    """A place that was shown: the view, what was entered there, and the row under the cursor."""

    view: str
    inside: Hashable | None
    cursor: Hashable | None


_VISITED = 100
"""The most places that are remembered for going back."""
_INSIDE = " inside"
_WITH_COLUMNS = ("services", "hosts")
"""Views in which Tab chooses columns. In the others it chooses rows, and the rows that are left out may be the bad
ones."""
_NOTHING = TableChoice()


class ViewStack:
    """The views by id, each with its levels, the view itself first."""

    def __init__(self, view: str) -> None:
        self.view = view
        self._levels: dict[str, list[Level]] = {}
        self._left: dict[tuple[str, int], Look] = {}
        self._visited: list[Visited] = []

    def arrange(self, orders: Mapping[str, TableChoice]) -> None:
        """Restores the orders of tables from the last session, by their names in `arranged`."""
        for name, order in orders.items():
            view = name.removesuffix(_INSIDE)
            look = Look(columns=order.columns if view in _WITH_COLUMNS else "", sort=order.sort)
            look = look._replace(reverse=order.reverse, exact=order.exact)
            if view == name:
                self._levels[view] = [Level(look)]
            else:
                self._left[view, 1] = look

    def arranged(self) -> dict[str, TableChoice]:
        """The orders of tables that differ from those of the first start, by name."""
        orders = {view: _order(view, levels[0].look) for view, levels in self._levels.items()}
        inside = {view: look for (view, depth), look in self._left.items() if depth == 1}
        inside |= {view: levels[1].look for view, levels in self._levels.items() if len(levels) > 1}
        orders |= {f"{view}{_INSIDE}": _order(view, look) for view, look in inside.items()}
        return {name: order for name, order in sorted(orders.items()) if order != _NOTHING}

    @property
    def look(self) -> Look:
        return self._trail[-1].look

    @look.setter
    def look(self, look: Look) -> None:
        self._trail[-1] = self._trail[-1]._replace(look=look)

    def switch(self, view: str, cursor: Hashable | None) -> Hashable | None:
        """Goes to another view; if it is open already, to its first level. `cursor`: the row that is left. Returns the
        row to select."""
        paused = self.look.paused
        self._leave_at(cursor)
        self.origin()  # whoever comes back by another way has come from there
        if view == self.view:
            while len(self._trail) > 1:
                self.leave()
        self.view = view
        self.look = self.look._replace(paused=paused)  # a pause holds the whole screen, not one view
        return self._trail[-1].cursor

    def enter(self, inside: Hashable, cursor: Hashable | None) -> None:
        """Goes one level deeper, with the order and the columns that this depth had last."""
        self._leave_at(cursor)
        look = self.look.enter(inside)
        left = self._left.get((self.view, len(self._trail)))
        if left is not None:
            look = look._replace(sort=left.sort, reverse=left.reverse, columns=left.columns, exact=left.exact)
        self._trail.append(Level(look))

    def leave(self) -> Hashable | None:
        """Goes one level back. Returns the row to select."""
        paused = self.look.paused
        if len(self._trail) > 1:
            left = self._trail.pop().look
            self._left[self.view, len(self._trail)] = left
        self.look = self.look._replace(paused=paused)
        return self._trail[-1].cursor

    def visit(self, cursor: Hashable | None) -> None:
        """Remembers the place that is about to be left, and its row."""
        place = Visited(self.view, self.look.inside, cursor)
        if place not in self._visited[-1:]:
            self._visited = [*self._visited[1 - _VISITED :], place]

    def returns(self) -> None:
        """Makes Esc lead from here to the place that was visited last."""
        self._trail[-1] = self._trail[-1]._replace(origin=self._visited[-1])

    def origin(self) -> Visited | None:
        """Takes the place to which Esc leads, None if that is one level back."""
        place = self._trail[-1].origin
        self._trail[-1] = self._trail[-1]._replace(origin=None)
        return place

    def before(self) -> Visited | None:
        """Takes the place that was visited last, None when there is none."""
        return self._visited.pop() if self._visited else None

    def _leave_at(self, cursor: Hashable | None) -> None:
        self._trail[-1] = self._trail[-1]._replace(cursor=cursor)

    @property
    def _trail(self) -> list[Level]:
        return self._levels.setdefault(self.view, [Level(Look())])


def _order(view: str, look: Look) -> TableChoice:
    return TableChoice(look.columns if view in _WITH_COLUMNS else "", look.sort, look.reverse, look.exact)
