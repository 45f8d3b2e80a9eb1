"""The memory of drained servers, from this session and from others."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from lvstui.console.session.threads import in_thread
from lvstui.operations.drained_weights import DrainedWeightsChange
from lvstui.store import drained
from lvstui.store.drained import Drain
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def recall(ctx: Context) -> None:
    """Reads the remembered drains from disk, of earlier sessions and of others."""
    memory = await in_thread(drained.read, ctx.storage.paths.folder)
    _know(ctx, {Place(*key): drain for key, drain in memory.drains.items()})
    if memory.complaint:
        ctx.ui.status(memory.complaint, "error")


def note(ctx: Context, noted: DrainedWeightsChange) -> None:
    """Applies the effect of a change on the memory, even if that could not be written."""
    if noted.new or noted.gone:
        drains = ctx.session.drains
        again = frozenset(noted.gone) if drains else frozenset()
        left = {place: drain for place, drain in drains.items() if place not in again}
        _know(ctx, left | {Place(*key): drain for key, drain in noted.new.items()})
        if not noted.trouble:
            ctx.program.beside(partial(recall, ctx), "drained")


def _know(ctx: Context, drains: Mapping[Place, Drain]) -> None:
    ctx.session.drains = drains
    ctx.session.drained = {place: drain.weight for place, drain in drains.items()}
