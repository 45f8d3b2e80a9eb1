"""Drains: starting, waiting for and undoing them. Drained servers are watched in drain_watch.py."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeGuard

from lvstui.commands import make, proposals, selected
from lvstui.commands.draining import DrainRemainder, place_text
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.rule_options import like_siblings
from lvstui.console.editing import editor
from lvstui.console.editing.editor import perform
from lvstui.director.errors import LvsError, NotDone
from lvstui.director.hosts import HostKey
from lvstui.director.model import address_text, server_text
from lvstui.operations.drain import wait
from lvstui.views.named import named
from lvstui.views.number import count
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def toggle(ctx: Context) -> None:
    """Drains the marked servers, or the one under the cursor; if all are drained, undrains them."""
    await _toggle(ctx, selected.servers(ctx.world()))


async def host(ctx: Context) -> None:
    """Drains the marked hosts, or the one under the cursor, in every service; if all are drained, undrains them."""
    rows = ctx.world().rows
    inside = ctx.navigation.look.inside
    addresses = {row.server.address if isinstance(row, Place) else row.address for row in rows if _hosted(row)}
    if not addresses and isinstance(inside, HostKey):
        addresses = {inside.address}
    if not addresses:
        raise NotDone("which host?", "there is no real server under the cursor", "enter a service, or view 2")
    state = ctx.director.latest
    pools = ((service, state.servers(service)) for service in state.services.keys)
    changes = [
        Place(service, server.key)
        for service, pool in pools
        if pool is not None
        for server in pool.servers()
        if server.key.address in addresses
    ]
    names = ", ".join(sorted(map(address_text, addresses)))
    if not changes:
        raise NotDone(names, "no longer has a rule")
    await _toggle(ctx, changes, f"host{'s' if len(addresses) > 1 else ''} {names}")


def _hosted(row: object) -> TypeGuard[Place | HostKey]:
    return isinstance(row, Place | HostKey)


async def _toggle(ctx: Context, places: Sequence[Place], hosts: str = "") -> None:
    """`hosts`: what is drained in words, if it is whole hosts."""
    state = ctx.director.latest
    if any(proposals.reading_of(state, place).server.weight for place in places):
        proposal = proposals.drain(state, places)
        reason = await _reason(ctx, proposal.title)
        if reason is not None:
            proposal = proposals.drain(ctx.director.latest, places)
            if hosts:
                services = count(len(proposals.touched(proposal.changes)), "service")
                proposal = proposal._replace(title=f"drain {hosts} in {services}")
            await editor.confirm(ctx, proposal, reason=reason)
        return
    await undrain(ctx, places)


async def undrain(ctx: Context, places: Sequence[Place]) -> None:
    """Gives servers back the weights that are remembered, and asks for the others."""
    drained = ctx.session.drained
    unknown = [place for place in places if place not in drained]
    text = ""
    if unknown:
        # Nobody told us what it had before: its siblings are the best guess, and the operator decides.
        guess = str(like_siblings(unknown[0].service, ctx.director.latest).weight)
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        text = (
            await ctx.ui.ask(f"undrain {named(server_text(unknown[0].server), ctx.names)}{more} to weight", guess) or ""
        )
        if not text:
            return
    wanted = {place: str(drained[place]) if place in drained else text for place in places}
    await editor.confirm(ctx, proposals.undrain(ctx.director.latest, wanted))


async def drain(ctx: Context, parsed: ParsedCommand) -> None:
    """`:drain`. Asks for a reason if none was given; a wait continues beside the screen."""
    world = ctx.world()
    places = make.places(parsed, world)
    seconds = parsed.get("wait")
    try:
        proposal = make.propose(parsed, world, ctx.session.drained)
    except proposals.NoChange:
        if seconds is None:
            raise
    else:
        reason = parsed.get("reason")
        if reason is None:
            reason = await _reason(ctx, proposal.title)
        if reason is None or await editor.confirm(ctx, proposal, reason=reason) != "y":
            return
    if seconds is not None:
        ctx.program.beside(partial(_watch, ctx, places, seconds), "watch")


async def _reason(ctx: Context, title: str) -> str | None:
    return await ctx.ui.ask(f"{named(title, ctx.names)}; why (may be empty):")


async def _watch(ctx: Context, places: Sequence[Place], seconds: float) -> None:
    """Reports when the time is over. When nothing is left, the watch of drains says so, except of servers that were
    empty from the beginning, or drained otherwise."""
    what = place_text(places[0])
    watched = not DrainRemainder(places, ctx.director.latest).empty and all(
        place in ctx.session.drains for place in places
    )
    try:
        left = await perform(ctx, wait(places, seconds))
    except LvsError as error:
        mend = f"; {error.mend}" if error.mend else ""
        ctx.ui.status(f"{what}: {error.why}{mend}", "error")
    else:
        if not watched:
            ctx.ui.status(f"{what}: {left.text}", "good")
