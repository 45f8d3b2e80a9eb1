"""View 1: the virtual services, and inside one its real servers."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.director.model import ServiceKey, service_text
from lvstui.views import servers, services
from lvstui.views.drifting import rule_words
from lvstui.views.grid_view import GridView
from lvstui.views.headings import note, pool_heading
from lvstui.views.look import Look
from lvstui.views.tabs import NONE, Trouble

if TYPE_CHECKING:
    from lvstui.console.context import Context


class ServicesPane(Pane):
    id, key, title = "services", "1", "virtual services"
    tab = "services"

    def kind(self, look: Look) -> str:
        return "service" if look.inside is None else "server"

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        if isinstance(look.inside, ServiceKey):
            return _pool(scene, look.inside, look)
        last = before if isinstance(before, services.ServicesView) else None
        sets = scene.sets["services"]
        view = services.ServicesView(scene.state, look, scene.history, last, scene.around, sets, scene.table)
        return Shown(view, "", view.empty if scene.read else "", note(look))

    def below(self, scene: Scene, key: Hashable, look: Look) -> Shown | None:
        return _pool(scene, key, look) if isinstance(key, ServiceKey) else None

    def trouble(self, scene: Scene) -> Trouble:
        if scene.tally is None:
            return NONE
        down, degraded = len(scene.tally.down), len(scene.tally.degraded)
        return Trouble(down + degraded, "down" if down else "alert")

    def lost(self, scene: Scene, look: Look) -> str:
        key = look.inside
        gone = isinstance(key, ServiceKey) and scene.state.services.find(key) is None
        return f"{service_text(key)} is gone" if gone and isinstance(key, ServiceKey) else ""

    async def enter(self, ctx: Context, key: Hashable) -> None:
        if isinstance(key, ServiceKey):
            ctx.navigation.enter(key)


def _pool(scene: Scene, key: ServiceKey, look: Look) -> Shown:
    view = servers.ServersView(scene.state, key, look, scene.history, scene.around, scene.sets["servers"])
    return Shown(view, pool_heading(scene.state, key, look, rule_words(scene.drifts, key)), view.empty)
