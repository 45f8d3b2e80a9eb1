"""The actions that change the table without a form: each makes a proposal, and the editor asks for it and carries
it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import make, proposals
from lvstui.director.model import SCHEDULERS, server_text, service_text

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def delete(ctx: Context) -> None:
    await ctx.editor.confirm(proposals.delete(ctx.director.latest, ctx.selection.targets()))


async def scheduler(ctx: Context) -> None:
    key = ctx.selection.service()
    now = proposals.service_of(ctx.director.latest, key).scheduler
    name = await ctx.ui.ask(
        f"scheduler of {service_text(key)}, now {now}:", "", ctx.director.latest.schedulers or SCHEDULERS
    )
    if name and name.strip():
        await ctx.editor.confirm(proposals.scheduler(ctx.director.latest, key, name.strip().lower()))


async def weight(ctx: Context) -> None:
    places = ctx.selection.servers()
    weights = sorted({proposals.reading_of(ctx.director.latest, place).server.weight for place in places})
    now = f"{weights[0]}" if len(weights) == 1 else f"{weights[0]} to {weights[-1]}"
    whose = server_text(places[0].server) if len(places) == 1 else f"{len(places)} marked"
    text = await ctx.ui.ask(f"weight of {whose}, now {now} (5, +1, -1, 50%, +50%):")
    if text and text.strip():
        await ctx.editor.confirm(proposals.weight(ctx.director.latest, places, text))


async def heavier(ctx: Context) -> None:
    await _weigh(ctx, 1)


async def lighter(ctx: Context) -> None:
    await _weigh(ctx, -1)


async def _weigh(ctx: Context, step: int) -> None:
    """A burst of + and - adds up in the bottom line, and is asked once."""
    place = ctx.selection.server()
    start = proposals.reading_of(ctx.director.latest, place).server.weight
    wanted = start
    keys = {key: step for name, step in (("heavier", 1), ("lighter", -1)) for key in ctx.program.keys(name)}
    key: str | None = None
    while True:
        wanted = max(0, wanted + step)
        if wanted == start:
            question = [(f"weight of {server_text(place.server)} stays {start}", ""), ("   + - changes it", "dim")]
            key = await ctx.ui.key(question, tuple(keys))
        else:
            key = await ctx.editor.confirm(proposals.weight(ctx.director.latest, [place], str(wanted)), tuple(keys))
        if key not in keys:
            return
        step = keys[key]


async def zero(ctx: Context) -> None:
    await ctx.editor.confirm(make.zero(ctx.selection.service()))
