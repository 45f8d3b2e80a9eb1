"""View 6: the audit log: what was done here, and what was seen done by others. Each that still stands can be undone."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.director.errors import NotDone
from lvstui.director.record import Record, changed_since
from lvstui.views import audit
from lvstui.views.grid_view import GridView
from lvstui.views.headings import note
from lvstui.views.look import Look

if TYPE_CHECKING:
    from lvstui.console.context import Context, Text


class AuditPane(Pane):
    id, key, title = "audit", "6", "audit log"
    tab = "audit"
    records = True

    def kind(self, look: Look) -> str:
        return "record"

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        last = before if isinstance(before, audit.AuditView) else None
        view = audit.AuditView(scene.records, look, scene.state.taken, last)
        return Shown(view, "", view.empty, note(look))

    async def enter(self, ctx: Context, key: Hashable) -> None:
        """All that is known of the record."""
        if not isinstance(key, Record):
            return
        lines: list[Text] = [[(f"{name:>10}  ", "key"), (value, "")] for name, value in audit.fields(key) if value]
        undo = "u" if audit.undoable(key) else ""
        foot = "u undoes it   any other key goes back" if undo else "any key goes back"
        if await ctx.ui.page(key.title or key.command, lines, foot, undo):
            await self.undo(ctx)

    async def undo(self, ctx: Context) -> None:
        """Undoes the record under the cursor, when the rules are still as it left them."""
        from lvstui.commands import proposals

        record = ctx.table.key
        if not isinstance(record, Record):
            raise NotDone("undo", "there is no record under the cursor")
        title = f"undo {record.title or record.command}"
        audited = ctx.storage.audited
        done = audit.batch(audited.log.latest() if audited is not None else (), record)
        changes = [one.change for one in done if one.change is not None and audit.undoable(one)]
        inverse = [change for one in done for change in one.inverse if audit.undoable(one)]
        if len(changes) < len(done):
            raise NotDone(title, "there is nothing to undo it by")
        keys = proposals.touched((*changes, *inverse))
        await ctx.director.fresh(keys)
        near = proposals.near(ctx.director.latest, keys)
        why = next(filter(None, (changed_since(change, near) for change in changes)), "")
        if why:
            raise NotDone(title, f"it no longer applies: {why}")
        await ctx.editor.confirm(proposals.Proposal(tuple(inverse), title, undoes=True))
