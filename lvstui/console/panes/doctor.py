"""View 5: the doctor's findings, and for one of them its evidence and the fix."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import BROAD, Pane, Scene, Shown
from lvstui.console.panes.services import latest
from lvstui.director.errors import NotDone
from lvstui.views import findings, server_page, service_page
from lvstui.views.doctor import summary
from lvstui.views.grid_view import FactKey, GridView
from lvstui.views.head import Line
from lvstui.views.headings import chosen
from lvstui.views.look import Look
from lvstui.views.tabs import NONE, Trouble

if TYPE_CHECKING:
    from lvstui.console.context import Context


class DoctorPane(Pane):
    id, key, title = "doctor", "5", "doctor: what is wrong, why, and how to fix it"
    tab = "doctor"

    def kind(self, look: Look) -> str:
        return "finding" if look.inside is None else "evidence"

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        if isinstance(look.inside, findings.FindingKey):
            return _inside(scene, look.inside, "doctor > ", scene.width)
        view = findings.FindingsView(scene.diagnosis, look, scene.muted, scene.names)
        room = scene.beside(scene.width >= BROAD)
        counts = summary(scene.diagnosis, scene.muted, room) if scene.diagnosis is not None else ""
        if scene.muted:
            counts += f", {len(scene.muted)} muted here"
        return Shown(view, f"{counts}{chosen(look)}", view.empty)

    def below(self, scene: Scene, key: Hashable, look: Look, wide: bool) -> Shown | None:
        return _inside(scene, key, "", scene.aside(wide)) if isinstance(key, findings.FindingKey) else None

    def under(self, scene: Scene, look: Look, width: int, height: int) -> Sequence[Line]:
        return latest(scene, width, height) if look.inside is None else ()

    def detail(self, scene: Scene, key: Hashable, look: Look, width: int, height: int) -> Sequence[Line]:
        """The server or the service that a finding is about."""
        finding = findings.find(scene.diagnosis, key) if isinstance(key, findings.FindingKey) else None
        if finding is None or finding.service is None or scene.state.services.find(finding.service) is None:
            return ()
        place = findings.place(finding, scene.state)
        if place is not None:
            return server_page.lines(scene.sight, place, width, height)
        head = service_page.head(scene.sight, finding.service, width)
        return [*head, *service_page.below(scene.sight, finding.service, width, height - len(head))]

    def trouble(self, scene: Scene) -> Trouble:
        if scene.diagnosis is None or not scene.findings:
            return NONE
        return Trouble(scene.findings, "down" if scene.diagnosis.critical else "alert")

    def lost(self, scene: Scene, look: Look) -> str:
        key = look.inside
        gone = isinstance(key, findings.FindingKey) and findings.find(scene.diagnosis, key) is None
        return "this finding is gone: it is fixed" if gone else ""

    async def enter(self, ctx: Context, key: Hashable) -> None:
        if isinstance(key, findings.FindingKey):
            ctx.navigation.enter(key)
        elif isinstance(key, FactKey) and isinstance(key.about, findings.FindingKey):
            finding = findings.find(ctx.display.diagnosis, key.about)
            if finding is None or finding.service is None:
                raise NotDone("open", "this finding is about no service", "the line do has the fix")
            ctx.navigation.go("services", finding.service, findings.place(finding, ctx.director.latest), returns=True)


def _inside(scene: Scene, key: findings.FindingKey, before: str, width: int) -> Shown:
    view = findings.FindingView(scene.diagnosis, key, width, scene.names)
    finding = findings.find(scene.diagnosis, key)
    there = finding is not None and scene.diagnosis is not None
    named = findings.title(finding, scene.diagnosis, scene.names) if there else ""  # type: ignore[arg-type]
    return Shown(view, f"{before}{named}", view.empty)
