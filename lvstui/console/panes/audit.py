"""View 6: the audit log, with changes made here and changes seen made by others. Each one still in effect can be
undone."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.director.errors import NotDone
from lvstui.director.hosts import HostKey
from lvstui.director.model import ServiceKey, address_text, server_text
from lvstui.director.record import Record, changed_since
from lvstui.views import audit
from lvstui.views.audit_index import Events
from lvstui.views.grid_view import GridView
from lvstui.views.headings import chosen, note
from lvstui.views.look import Look
from lvstui.views.place import Place
from lvstui.views.rule_words import service_name

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.context.ui import Text


_NONE = "the audit log has nothing about it"


class AuditPane(Pane):
    id, key, title = "audit", "6", "audit log"
    tab = "audit"
    records = True

    def kind(self, look: Look) -> str:
        return "record"

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        last = before if isinstance(before, audit.AuditView) else None
        records = scene.records if look.inside is None else scene.events.of(look.inside)
        none = "" if look.inside is None else _NONE
        view = audit.AuditView(records, look, scene.state.taken, last, none, scene.names)
        heading = "" if look.inside is None else f"audit log > {_called(scene, look.inside)}{chosen(look)}"
        return Shown(view, heading, view.empty, note(look) if look.inside is None else "")

    def below(self, scene: Scene, key: Hashable, look: Look, wide: bool) -> Shown | None:
        if not isinstance(key, Record):
            return None
        from lvstui.views import audit_record

        group = audit.batch(scene.records, key)
        view = audit_record.RecordView(group, scene.names, scene.aside(wide))
        return Shown(view, audit_record.heading(group, scene.state.taken), view.empty)

    async def enter(self, ctx: Context, key: Hashable) -> None:
        """Opens all details of the record."""
        if not isinstance(key, Record):
            return
        from lvstui.views import audit_record

        record_fields = audit_record.fields(key, _group(ctx, key), ctx.names)
        lines: list[Text] = [[(f"{name:>10}  ", "key"), (value, "")] for name, value in record_fields if value]
        undo = "u" if audit.undoable(key) else ""
        foot = "u undoes it   any other key goes back" if undo else "any key goes back"
        if await ctx.pages.page(key.title or key.command, lines, foot, undo):
            await self.undo(ctx)

    async def undo(self, ctx: Context) -> None:
        """Undoes the record under the cursor, if the rules are still as it left them."""
        from lvstui.commands import proposals
        from lvstui.console.editing import editor

        record = ctx.table.key
        if not isinstance(record, Record):
            raise NotDone("undo", "there is no record under the cursor")
        title = f"undo {record.title or record.command}"
        done = _group(ctx, record)
        changes = [record.change for record in done if record.change is not None and audit.undoable(record)]
        inverse = [change for record in done for change in record.inverse if audit.undoable(record)]
        if len(changes) < len(done):
            raise NotDone(title, "the record does not say how to undo it")
        keys = proposals.touched((*changes, *inverse))
        await ctx.director.fresh(keys)
        near = proposals.near(ctx.director.latest, keys)
        why = next(filter(None, (changed_since(change, near) for change in changes)), "")
        if why:
            raise NotDone(title, f"it no longer applies: {why}")
        await editor.confirm(ctx, proposals.Proposal(tuple(inverse), title, undoes=True))


def _group(ctx: Context, record: Record) -> tuple[Record, ...]:
    """The records of its row."""
    audited, inside = ctx.storage.audited, ctx.navigation.look.inside
    records = audited.log.latest() if audited is not None else ()
    return audit.batch(records if inside is None else Events(records).of(inside), record)


def _called(scene: Scene, key: Hashable) -> str:
    """The name of a server, a service or a host."""
    names = scene.names
    match key:
        case Place(service, server):
            within = names.service(service) or service_name(service)
            return f"{names.server(server) or server_text(server)} in {within}"
        case ServiceKey():
            return names.service(key) or service_name(key)
        case HostKey():
            return names.host(key.address) or address_text(key.address)
        case _:
            return ""
