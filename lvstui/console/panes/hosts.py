"""View 2: real servers by host, over all services; inside one its rules, service by service; and all
real servers of all services in one flat table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.console.panes.services import latest
from lvstui.director.hosts import HostKey, Hosts
from lvstui.views import host, host_page, hosts, server_page
from lvstui.views.every_server import EVERY, EveryView
from lvstui.views.grid_view import GridView
from lvstui.views.head import Line
from lvstui.views.headings import chosen, host_heading, note, with_note
from lvstui.views.host_trouble import gone
from lvstui.views.look import Look
from lvstui.views.opened import OnlyRow, OpenedRow
from lvstui.views.rule_words import service_name
from lvstui.views.servers import Place, ServersView
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
        if isinstance(look.inside, OpenedRow):
            return "server-page"
        return "host" if look.inside is None else "rule"

    def trouble_first(self, look: Look) -> bool:
        return look.inside is None or look.inside is EVERY

    def table(self, look: Look) -> str:
        if look.inside is None:
            return "hosts"
        return "every" if look.inside is EVERY else "host" if isinstance(look.inside, HostKey) else ""

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        every_host = scene.hosts or _NONE
        if isinstance(look.inside, OpenedRow):
            return _opened(scene, look.inside, look)
        if isinstance(look.inside, HostKey):
            return _host(scene, look.inside, look, before)._replace(heading="")
        if look.inside is EVERY:
            return _every(scene, look, before)
        last = before if isinstance(before, hosts.HostsView) else None
        sets = scene.sets["hosts"]
        view = hosts.HostsView(
            scene.state, every_host, look, last, scene.names, sets, scene.tally, scene.sight, scene.held
        )
        return Shown(view, "", _ADDING if scene.hosts is None else view.empty, note(look))

    def below(self, scene: Scene, key: Hashable, look: Look, wide: bool) -> Shown | None:
        return _host(scene, key, look, None)._replace(heading="") if isinstance(key, HostKey) else None

    def about(self, scene: Scene, key: Hashable, width: int) -> Sequence[Line]:
        return host_page.head(scene.sight, key, width) if isinstance(key, HostKey) else ()

    def page(self, scene: Scene, look: Look, width: int, height: int) -> Sequence[Line]:
        if not isinstance(look.inside, OpenedRow) or not isinstance(look.inside.of, Place):
            return ()
        place = look.inside.of
        service = scene.names.service(place.service) or service_name(place.service)
        return server_page.lines(scene.sight, place, width, height, f"hosts > {service} > ")

    def over(self, scene: Scene, look: Look, width: int) -> Sequence[Line]:
        if not isinstance(look.inside, HostKey):
            return ()
        return with_note(host_page.head(scene.sight, look.inside, width, "hosts > "), look)

    def under(self, scene: Scene, look: Look, width: int, height: int) -> Sequence[Line]:
        if isinstance(look.inside, HostKey):
            return host_page.below(scene.sight, look.inside, width, height)
        return latest(scene, width, height) if look.inside is None else ()

    def detail(self, scene: Scene, key: Hashable, look: Look, width: int, height: int) -> Sequence[Line]:
        if isinstance(key, HostKey):
            return host_page.below(scene.sight, key, width, height)
        return server_page.lines(scene.sight, key, width, height) if isinstance(key, Place) else ()

    def trouble(self, scene: Scene) -> Trouble:
        return Trouble(len(scene.tally.hosts), "alert") if scene.tally is not None else NONE

    async def enter(self, ctx: Context, key: Hashable) -> None:
        """Goes into the host, to the page of one of its rules, and from there to that rule's service."""
        if isinstance(key, HostKey):
            ctx.navigation.enter(key)
        elif isinstance(key, Place) and isinstance(ctx.navigation.look.inside, OpenedRow):
            ctx.navigation.go("services", key.service, key, returns=True)
        elif isinstance(key, Place):
            ctx.navigation.enter(OpenedRow(key))


def _opened(scene: Scene, opened: OpenedRow, look: Look) -> Shown:
    """The one row that the keys of a page act on."""
    around = scene.around
    plain = look._replace(filter="", sort="", reverse=False)
    view: GridView[Hashable] = ServersView(scene.state, opened.service, plain, scene.history, around)
    return Shown(OnlyRow(view, opened.of), "", "")


def _every(scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
    last = before if isinstance(before, EveryView) else None
    view = EveryView(scene.state, look, scene.history, scene.around, scene.sets["every"], last, scene.tally, scene.held)
    return Shown(view, f"hosts > {view.heading}{chosen(look)}", view.empty if scene.read else "")


def _host(scene: Scene, key: HostKey, look: Look, before: GridView[Hashable] | None) -> Shown:
    every_host = scene.hosts or _NONE
    last = before if isinstance(before, host.HostView) else None
    view = host.HostView(
        scene.state,
        every_host,
        key,
        look,
        scene.history,
        scene.around,
        last,
        scene.sets["host"],
        gone(scene.tally, key),
    )
    return Shown(view, host_heading(every_host, key, look, scene.tally), view.empty)
