"""What the keys do to a recording that is played: stand, jump, run faster. Every view shows it like a director."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lvstui.director.errors import NotDone

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.store.replay import Replay

HINT = "a recording: p stands still, [ ] 10 s back and on, { } a minute, , . slower and faster"


def _played(ctx: Context) -> Replay:
    if ctx.storage.replay is None:
        raise NotDone("this key is for recordings", "what is shown is this director, now", "lvstui --replay FILE")
    return ctx.storage.replay


def seek(seconds: float) -> Callable[[Context], Awaitable[None]]:
    async def go(ctx: Context) -> None:
        _played(ctx).seek(seconds)
        await show(ctx)

    return go


def faster(steps: int) -> Callable[[Context], Awaitable[None]]:
    async def run(ctx: Context) -> None:
        speed = _played(ctx).faster(steps)
        ctx.ui.status(f"{speed:g} seconds of the recording a second")
        ctx.display.paint_frame()

    return run


async def show(ctx: Context) -> None:
    """Shows where the recording stands now, though the screen be paused."""
    await ctx.director.fresh()
    ctx.display.catch_up()
