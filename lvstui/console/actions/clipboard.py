"""`y`: the ipvsadm commands of a row, for the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import proposals, selected
from lvstui.console.actions import doctor
from lvstui.console.editing.clipboard import copied
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def copy(ctx: Context) -> None:
    """Copies the ipvsadm commands of the row, or of the marked rows, to the clipboard, or else shows them. In view 5
    the commands that fix the finding."""
    if ctx.navigation.view == "doctor":
        await doctor.copy(ctx)
        return
    text = "".join(proposals.commands(ctx.director.latest, target) for target in selected.rules(ctx.world()))
    await copied(ctx, text, count(text.count("\n"), "command"))
