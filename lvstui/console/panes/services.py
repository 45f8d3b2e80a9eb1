"""View 1: the virtual services, and the real servers of one of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.director.model import ServerKey, ServiceKey, service_text
from lvstui.views import audit_index, server_page, servers, service_page, services, sheet, vrrp_story
from lvstui.views.audit import grouped, said
from lvstui.views.column import ColumnSet
from lvstui.views.drifting import rule_words
from lvstui.views.grid_view import GridView
from lvstui.views.head import Line, Piece
from lvstui.views.headings import note, pool_heading, with_note
from lvstui.views.look import Look
from lvstui.views.opened import OnlyRow, OpenedRow
from lvstui.views.place import Place
from lvstui.views.rule_words import service_name
from lvstui.views.tabs import NONE, Trouble
from lvstui.views.worst import of_servers

if TYPE_CHECKING:
    from lvstui.console.context import Context


_TOGETHER = 20
"""The number of records that are read for each line below the services."""


class ServicesPane(Pane):
    id, key, title = "services", "1", "virtual services"
    tab = "services"
    hosts_below = True

    def kind(self, look: Look) -> str:
        if isinstance(look.inside, OpenedRow):
            return "server-page" if isinstance(look.inside.of, Place) else "service-page"
        return "service" if look.inside is None else "server"

    def trouble_first(self, look: Look) -> bool:
        return look.inside is None

    def table(self, look: Look) -> str:
        return "services" if look.inside is None else "servers" if isinstance(look.inside, ServiceKey) else ""

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        if isinstance(look.inside, OpenedRow):
            return _opened(scene, look.inside, look)
        if isinstance(look.inside, ServiceKey):
            return _pool(scene, look.inside, look)._replace(heading="")
        last = before if isinstance(before, services.ServicesView) else None
        sets = scene.sets["services"]
        view = services.ServicesView(
            scene.state, look, scene.history, last, scene.around, sets, scene.table, scene.tally, scene.held
        )
        empty = view.empty if scene.read else ""
        if scene.read and not len(scene.state.services) and (over := vrrp_story.handed_over(scene.state, scene.events)):
            empty = f"this side does not serve{over}"
        return Shown(view, "", empty, note(look))

    def below(self, scene: Scene, key: Hashable, look: Look, wide: bool) -> Shown | None:
        if not isinstance(key, ServiceKey):
            return None
        sets = servers.below(scene.sets["servers"], wide)
        return _pool(scene, key, look, sets, of_servers(scene.state, key, scene.tally))._replace(heading="")

    def page(self, scene: Scene, look: Look, width: int, height: int) -> Sequence[Line]:
        match look.inside:
            case OpenedRow(Place() as place):
                way = f"services > {_called(scene, place.service)} > "
                return server_page.lines(scene.sight, place, width, height, way)
            case OpenedRow(ServiceKey() as key):
                return service_page.lines(scene.sight, key, width, _conf(scene, key), "services > ")
            case _:
                return ()

    def over(self, scene: Scene, look: Look, width: int) -> Sequence[Line]:
        if not isinstance(look.inside, ServiceKey):
            return ()
        return with_note(service_page.head(scene.sight, look.inside, width, "services > "), look)

    def under(self, scene: Scene, look: Look, width: int, height: int) -> Sequence[Line]:
        if isinstance(look.inside, ServiceKey):
            return service_page.below(scene.sight, look.inside, width, height)
        from lvstui.views import overview  # a small screen has no room for it

        return overview.lines(scene.sight, scene.diagnosis, scene.muted, partial(latest, scene), width, height)

    def about(self, scene: Scene, key: Hashable, width: int) -> Sequence[Line]:
        return service_page.head(scene.sight, key, width) if isinstance(key, ServiceKey) else ()

    def detail(self, scene: Scene, key: Hashable, look: Look, width: int, height: int) -> Sequence[Line]:
        if isinstance(key, Place):
            return server_page.lines(scene.sight, key, width, height)
        return service_page.below(scene.sight, key, width, height) if isinstance(key, ServiceKey) else ()

    def trouble(self, scene: Scene) -> Trouble:
        if scene.tally is None:
            return NONE
        down, degraded = len(scene.tally.down), len(scene.tally.degraded)
        return Trouble(down + degraded, "down" if down else "alert")

    def lost(self, scene: Scene, look: Look) -> str:
        key = look.inside if not isinstance(look.inside, OpenedRow) else None
        if not isinstance(key, ServiceKey) or scene.state.services.find(key) is not None:
            return ""
        return f"{scene.names.service(key) or service_text(key)} is gone"

    async def enter(self, ctx: Context, key: Hashable) -> None:
        inside = ctx.navigation.look.inside
        opened = inside if isinstance(inside, OpenedRow) else None
        if isinstance(key, ServiceKey):
            if opened is not None:
                ctx.navigation.leave()
            if ctx.navigation.look.inside != key:
                ill = next(iter(of_servers(ctx.director.latest, key, ctx.display.tally)), None)
                ctx.navigation.enter(key, Place(key, ill) if ill is not None else None)
        elif isinstance(key, Place) and opened is None:
            ctx.navigation.enter(OpenedRow(key))


def _opened(scene: Scene, opened: OpenedRow, look: Look) -> Shown:
    """The one row that the keys of a page act on."""
    plain = look._replace(filter="", sort="", reverse=False)
    if isinstance(opened.of, Place):
        view: GridView[Hashable] = _pool(scene, opened.of.service, plain).view
    else:
        view = services.ServicesView(scene.state, plain, scene.history, None, scene.around, scene.sets["services"])
    return Shown(OnlyRow(view, opened.of), "", "")


def _called(scene: Scene, key: ServiceKey) -> str:
    return scene.names.service(key) or service_name(key)


def _conf(scene: Scene, key: ServiceKey) -> str:
    """Its lines of keepalived.conf."""
    from lvstui.commands.lasting import lines
    from lvstui.director.errors import NotDone

    try:
        return lines(scene.state, key, scene.past).text
    except NotDone as error:
        return f"# {error.why}"


def latest(scene: Scene, width: int, height: int) -> Sequence[Line]:
    """The latest records of the audit log, below a table that leaves room for them."""
    if height < 3:
        return ()
    now = scene.state.taken
    rows = [
        (Piece(f" {mark} ", audit_index.ROLES[mark]), Piece(f"{when:<14}", "dim"), Piece(sheet.cut(words, width - 18)))
        for mark, when, words in _recent_actions(scene, now, height - 1)
    ]
    none = [(Piece("   nothing was changed here, and nothing seen changed", "dim"),)]
    return [sheet.section("Events", "6 shows all", width), *(rows or none)]


def _recent_actions(scene: Scene, now: float, most: int) -> Iterator[tuple[str, str, str]]:
    """Sign, time and words of so many actions: a change to a host in several services counts as one."""
    near = grouped(scene.events.records[: most * _TOGETHER])
    for group in islice(near.values(), most):
        ((mark, when, words),) = audit_index.lines(group[:1], scene.names, now, None, 1)
        yield mark, when, said(group, scene.names) if len(group) > 1 else words


def _pool(
    scene: Scene,
    key: ServiceKey,
    look: Look,
    sets: Sequence[ColumnSet] = (),
    ranks: Mapping[ServerKey, tuple[float, ...]] = MappingProxyType({}),
) -> Shown:
    sets = sets or scene.sets["servers"]
    view = servers.ServersView(scene.state, key, look, scene.history, scene.around, sets, ranks)
    return Shown(view, pool_heading(scene.state, key, look, rule_words(scene.drifts, key)), view.empty)
