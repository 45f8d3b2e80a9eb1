"""View 8: this director compared with another one: what would happen if the other took over now, and what differs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.views.grid_view import GridView
from lvstui.views.head import Line
from lvstui.views.headings import note
from lvstui.views.look import Look
from lvstui.views.tabs import NONE, Trouble

if TYPE_CHECKING:
    from lvstui.console.context import Context


class PairPane(Pane):
    id, key, title = "pair", "8", "pair: the other director"
    tab = "pair"

    def kind(self, look: Look) -> str:
        return "point"

    def there(self, scene: Scene) -> bool:
        return scene.pair is not None

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        from lvstui.views import pair

        view = pair.PairView(scene.pair, look, scene.names)
        return Shown(view, "", view.empty, note(look))

    def below(self, scene: Scene, key: Hashable, look: Look, wide: bool) -> Shown | None:
        from lvstui.views import pair

        if scene.pair is None or not isinstance(key, pair.PointKey):
            return None
        view = pair.PointView(scene.pair, key, scene.names)
        return Shown(view, "", view.empty)

    def over(self, scene: Scene, look: Look, width: int) -> Sequence[Line]:
        from lvstui.views import pair

        pair_lines = pair.lines(scene.pair, width)
        return (*pair_lines, *pair.clocks(scene.pair, width)) if look.columns == pair.CHANGES else pair_lines

    def trouble(self, scene: Scene) -> Trouble:
        reading = scene.pair
        if reading is None or not reading.differences:
            return NONE
        return Trouble(reading.differences, "down" if reading.grave else "alert")

    async def enter(self, ctx: Context, key: Hashable) -> None:
        """Does nothing: the details of the row are beside the table already."""


def whole(look: Look) -> bool:
    """Whether the view lists everything, also what is equal."""
    from lvstui.views import pair

    return look.columns == pair.ALL
