"""A key for a real server pressed on its service: opens the service, so that the operator chooses the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.director.model import ServiceKey

if TYPE_CHECKING:
    from lvstui.console.context import Context


def opened(ctx: Context, done: str) -> bool:
    """Opens the service under the cursor, and asks which of its servers to `done`. Returns False if that makes no
    sense: several rows are marked, there is no service, or it has no servers."""
    key = ctx.table.key
    if not isinstance(key, ServiceKey) or ctx.navigation.kind != "service" or ctx.navigation.look.marked:
        return False
    servers = ctx.director.latest.servers(key)
    refused = ctx.display.state.read_only and not ctx.storage.host
    if refused or servers is None or not len(servers):
        return False
    ctx.navigation.enter(key)
    ctx.ui.status(f"which server is to be {done}? Choose it and press the key again; Esc goes back", "key")
    return True
