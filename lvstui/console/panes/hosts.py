"""View 2: real servers by host, over all services; inside one its rules, service by service."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.director.hosts import HostKey, Hosts
from lvstui.views import host, hosts
from lvstui.views.grid_view import GridView
from lvstui.views.headings import host_heading, note
from lvstui.views.look import Look
from lvstui.views.servers import Place
from lvstui.views.tabs import NONE, Trouble

if TYPE_CHECKING:
    from lvstui.console.context import Context

_NONE = Hosts(None)
_ADDING = "adding up the real servers"


class HostsPane(Pane):
    id, key, title = "hosts", "2", "real servers by host"
    tab = "hosts"
    hosts = True

    def kind(self, look: Look) -> str:
        return "host" if look.inside is None else "rule"

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        found = scene.hosts or _NONE
        if isinstance(look.inside, HostKey):
            return _host(scene, look.inside, look, before)
        last = before if isinstance(before, hosts.HostsView) else None
        view = hosts.HostsView(scene.state, found, look, last, scene.names, scene.sets["hosts"], scene.tally)
        return Shown(view, "", _ADDING if scene.hosts is None else view.empty, note(look))

    def below(self, scene: Scene, key: Hashable, look: Look) -> Shown | None:
        return _host(scene, key, look, None) if isinstance(key, HostKey) else None

    def trouble(self, scene: Scene) -> Trouble:
        return Trouble(len(scene.tally.hosts), "alert") if scene.tally is not None else NONE

    async def enter(self, ctx: Context, key: Hashable) -> None:
        """Into the host; from there to the service that one of its rules is in."""
        if isinstance(key, HostKey):
            ctx.navigation.enter(key)
        elif isinstance(key, Place):
            ctx.navigation.go("services", key.service, key)


def _host(scene: Scene, key: HostKey, look: Look, before: GridView[Hashable] | None) -> Shown:
    found = scene.hosts or _NONE
    last = before if isinstance(before, host.HostView) else None
    view = host.HostView(scene.state, found, key, look, scene.history, scene.around, last, scene.sets["host"])
    return Shown(view, host_heading(found, key, look, scene.tally), view.empty)
