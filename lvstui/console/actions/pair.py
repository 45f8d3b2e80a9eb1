"""`:pair HOST` compares this director with another one in view 8; without a name it stops comparing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands.parse import ParsedCommand
from lvstui.director.errors import NotDone

if TYPE_CHECKING:
    from lvstui.console.context import Context

VIEW = "pair"


async def pair(ctx: Context, parsed: ParsedCommand) -> None:
    name = parsed.get("name")
    if name is not None:
        ctx.peers.open(name)
        ctx.navigation.go(VIEW)
        return
    if not ctx.peers.name:
        raise NotDone("pair", "no pair is open", "pair HOST opens one")
    closed = ctx.peers.name
    if ctx.navigation.view == VIEW:
        ctx.navigation.go("services")
    ctx.peers.close()
    ctx.program.paint()
    ctx.ui.status(f"{closed} is no longer read")


def refuse(ctx: Context) -> None:
    """Raises NotDone if view 8 has nothing to show."""
    if not ctx.peers.name:
        raise NotDone("view 8", "no pair is open", "pair HOST opens one")
