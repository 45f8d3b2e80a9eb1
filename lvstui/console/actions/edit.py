"""The actions that change the table without a form: each makes a proposal, and the editor asks and carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import make, proposals, selected
from lvstui.console.editing import editor
from lvstui.director.model import SCHEDULERS, server_text, service_text
from lvstui.views.named import named

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def delete(ctx: Context) -> None:
    await editor.confirm(ctx, proposals.delete(ctx.director.latest, selected.rules(ctx.world())))


async def scheduler(ctx: Context) -> None:
    """Changes the scheduler of the marked services, or of the one under the cursor."""
    keys = selected.services(ctx.world())
    now = sorted({proposals.service_of(ctx.director.latest, key).scheduler for key in keys})
    whose = named(service_text(keys[0]), ctx.names) if len(keys) == 1 else f"{len(keys)} marked services"
    name = await ctx.ui.ask(
        f"scheduler of {whose}, now {', '.join(now)}:", "", ctx.director.latest.schedulers or SCHEDULERS
    )
    if name and name.strip():
        await editor.confirm(ctx, proposals.scheduler(ctx.director.latest, keys, name.strip().lower()))


async def weight(ctx: Context) -> None:
    places = selected.servers(ctx.world())
    weights = sorted({proposals.reading_of(ctx.director.latest, place).server.weight for place in places})
    now = f"{weights[0]}" if len(weights) == 1 else f"{weights[0]} to {weights[-1]}"
    whose = named(server_text(places[0].server), ctx.names) if len(places) == 1 else f"{len(places)} marked"
    text = await ctx.ui.ask(f"weight of {whose}, now {now} (5, +1, -1, 50%, +50%):")
    if text and text.strip():
        await editor.confirm(ctx, proposals.weight(ctx.director.latest, places, text))


async def heavier(ctx: Context) -> None:
    await _weigh(ctx, 1)


async def lighter(ctx: Context) -> None:
    await _weigh(ctx, -1)


async def _weigh(ctx: Context, step: int) -> None:
    """Adds up a burst of + and - in the bottom line, and asks once. Several marked servers keep their distances to each
    other."""
    places = selected.servers(ctx.world())
    starts = {place: proposals.reading_of(ctx.director.latest, place).server.weight for place in places}
    keys = {key: step for name, step in (("heavier", 1), ("lighter", -1)) for key in ctx.commands.keys(name)}
    whose = named(server_text(places[0].server), ctx.names) if len(places) == 1 else f"{len(places)} marked"
    stays = f"stays {starts[places[0]]}" if len(places) == 1 else "stay as they are"
    by = 0
    key: str | None = None
    while True:
        by = max(by + step, -max(starts.values()))
        if by == 0:
            key = await ctx.ui.key([(f"weight of {whose} {stays}", ""), ("   + - changes it", "dim")], tuple(keys))
        else:
            wanted = {place: str(max(0, start + by)) for place, start in starts.items()}
            key = await editor.confirm(ctx, proposals.weights(ctx.director.latest, wanted), tuple(keys))
        if key not in keys:
            return
        step = keys[key]


async def zero(ctx: Context) -> None:
    await editor.confirm(ctx, make.zero(selected.services(ctx.world())))
