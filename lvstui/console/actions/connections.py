"""View 3: `r` reads the connection table again, `M` reads more of it; where a client goes, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import targets
from lvstui.commands.parse import ParsedCommand
from lvstui.console.actions import doctor
from lvstui.console.editing.editor import perform
from lvstui.director.connections import MORE
from lvstui.director.errors import LvsError
from lvstui.director.model import ServiceKey, address_text
from lvstui.director.source import probes
from lvstui.operations.client import where
from lvstui.views.connections import ConnectionKey

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.context.ui import Stream

_BACK = "any key goes back"


async def again(ctx: Context) -> None:
    """In view 3 reads the connection table again; in view 5 examines everything again."""
    if ctx.navigation.view != "connections":
        await doctor.examine(ctx)
        return
    ctx.samples.read()
    ctx.program.paint()


async def more(ctx: Context) -> None:
    """Reads up to 30,000 rows in 2 s, then up to 60,000 in 10 s."""
    summary = ctx.samples.reading.summary
    if ctx.samples.read(more=True):
        ctx.program.paint()
    elif summary is not None and summary.sample.whole:
        ctx.ui.status("all rows were read: there are no more")
    else:
        most, seconds = MORE[-1]
        ctx.ui.status(f"{most:,} rows or {seconds:g} s are the limit; r reads a new sample")


async def client(ctx: Context, parsed: ParsedCommand) -> None:
    """`:client ADDRESS [SERVICE]`"""
    named = parsed.get("service")
    only = targets.service(named, ctx.world()) if named is not None else None
    await _show_client(ctx, parsed.get("address"), only)


async def client_of(ctx: Context, key: ConnectionKey) -> None:
    """`:client` for the client of a row."""
    await _show_client(ctx, key.client, None)


async def _show_client(ctx: Context, address: bytes, only: ServiceKey | None) -> None:
    tries, state = probes(ctx.source), ctx.director.latest

    drained = {(place.service, place.server): weight for place, weight in ctx.session.drained.items()}

    async def fill(page: Stream) -> None:
        asking = where(address, only, state, drained, ctx.names, tries, lambda: not page.left)
        try:
            await perform(ctx, asking, page)
        except LvsError as error:
            page.add(error.text, "down")
            page.say(_BACK)

    await ctx.pages.stream(f"client {address_text(address)}", "reading the table; Esc cancels", fill)
