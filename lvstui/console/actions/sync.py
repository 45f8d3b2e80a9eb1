"""The sync daemons in the console: a command line to start or stop one, and the origin of this director's
connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands.parse import ParsedCommand
from lvstui.console.editing.editor import perform
from lvstui.director.source import probes
from lvstui.director.sync.daemons import suggested
from lvstui.operations.probe import sync_check
from lvstui.views.sync import SyncKey

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def line(ctx: Context) -> None:
    """Opens the command line with the command that most likely fits the daemon under the cursor."""
    key = ctx.navigation.look.inside if isinstance(ctx.navigation.look.inside, SyncKey) else ctx.table.key
    await ctx.commands.command(suggested(ctx.display.state, key.role if isinstance(key, SyncKey) else ""))


async def check(ctx: Context, parsed: ParsedCommand | None = None) -> None:
    """`:sync check`: counts the connections of this director by their origin. Raises NotDone, Unavailable."""
    counted = await perform(ctx, sync_check(probes(ctx.source), patience=0))
    ctx.ui.status(counted.verdict.text, "good" if counted.well else "alert")
    shown = [[(counted.unjudged, "alert")]] if counted.unjudged else []
    shown += [[(f"{finding.role} daemon: {finding.text}", "down")] for finding in counted.findings]
    shown += [[(line.text, line.tone)] for line in (counted.verdict, *counted.lines)]
    await ctx.pages.page("sync check: whose connections this director knows", shown, "any key goes back")
