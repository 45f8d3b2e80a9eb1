"""Shows changes made by hand as lines for keepalived.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import selected
from lvstui.commands.parse import ParsedCommand
from lvstui.console.editing.editor import perform
from lvstui.director.model import ServiceKey
from lvstui.operations import conf as operations

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def show(ctx: Context) -> None:
    """Shows the lines for the service under the cursor."""
    await _show(ctx, selected.service(ctx.world()), None)


async def conf(ctx: Context, parsed: ParsedCommand) -> None:
    """`:conf`"""
    from lvstui.commands.lasting import key_of

    await _show(ctx, key_of(parsed, ctx.world()), parsed.get("file"))


async def _show(ctx: Context, key: ServiceKey, file: str | None) -> None:
    state = await ctx.director.fresh([key])
    path = await perform(ctx, operations.conf(state, key, ctx.director.past, ctx.storage.paths, file))
    if path is not None:
        ctx.ui.status(f"written to {path}; keepalived's own file is unchanged", "good")
