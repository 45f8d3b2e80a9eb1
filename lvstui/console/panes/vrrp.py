"""View 4: the VRRP instances, and all details of one of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.console.panes.services import latest
from lvstui.views import sync, vrrp, vrrp_story
from lvstui.views.grid_view import GridView
from lvstui.views.head import Line
from lvstui.views.headings import chosen
from lvstui.views.look import Look
from lvstui.views.tabs import Trouble

if TYPE_CHECKING:
    from lvstui.console.context import Context


class VrrpPane(Pane):
    id, key, title = "vrrp", "4", "VRRP: who is master"
    tab = "vrrp"

    def kind(self, look: Look) -> str:
        return "instance" if look.inside is None else "fact"

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        source = vrrp.told_by(scene.state.vrrp, scene.state.taken)
        if isinstance(look.inside, vrrp.InstanceKey):
            return _inside(scene, look.inside, f"vrrp > {look.inside.name}   {source}")
        if isinstance(look.inside, sync.SyncKey):
            return _inside_sync(scene, look.inside, f"vrrp > {sync.title(look.inside)}")
        view = sync.WithSync(vrrp.InstancesView(scene.state, look), scene.state, look)
        none = "" if scene.state.vrrp.instances or not len(view) else f"{view.empty}   "
        return Shown(view, f"{none or f'source: {source}'}{chosen(look)}", view.empty)

    def below(self, scene: Scene, key: Hashable, look: Look, wide: bool) -> Shown | None:
        if isinstance(key, sync.SyncKey):
            return _inside_sync(scene, key, sync.title(key))
        return _inside(scene, key, key.name) if isinstance(key, vrrp.InstanceKey) else None

    def under(self, scene: Scene, look: Look, width: int, height: int) -> Sequence[Line]:
        return latest(scene, width, height) if look.inside is None else ()

    def over(self, scene: Scene, look: Look, width: int) -> Sequence[Line]:
        if look.inside is not None:
            return ()
        began = scene.row_states.began if scene.row_states is not None else None
        story = vrrp_story.lines(vrrp_story.sentences(scene.state, scene.events, scene.names, began), width)
        return [*story, *vrrp_story.sync_lines(scene.state, width)]

    def trouble(self, scene: Scene) -> Trouble:
        return Trouble(sum(bool(instance.findings) for instance in scene.state.vrrp.instances), "alert")

    async def enter(self, ctx: Context, key: Hashable) -> None:
        if isinstance(key, vrrp.InstanceKey | sync.SyncKey):
            ctx.navigation.enter(key)


def _inside(scene: Scene, key: vrrp.InstanceKey, heading: str) -> Shown:
    view = vrrp.InstanceView(scene.state, key)
    return Shown(view, heading, view.empty)


def _inside_sync(scene: Scene, key: sync.SyncKey, heading: str) -> Shown:
    view = sync.SyncView(scene.state, key)
    return Shown(view, heading, view.empty)
