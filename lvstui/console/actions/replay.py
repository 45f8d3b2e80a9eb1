"""Keys for a recording that is played: stop, jump, play faster. Every view shows it as it shows a director."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lvstui.director.errors import BadInput, NotDone
from lvstui.director.record import Record
from lvstui.views.number import count
from lvstui.views.played import about, at_time, following, is_time, row_of, stop_text, stops

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.store.replay import Replay

HINT = "a recording: p pause, n next event, 6 all, [ ] 10 s, { } 1 min, , . speed"
_PATIENCE = 30.0
"""The longest wait for the rest of a long recording, in seconds."""


def _played(ctx: Context) -> Replay:
    if ctx.storage.replay is None:
        raise NotDone("this key works in recordings", "this is a live director", "lvstui --replay FILE")
    return ctx.storage.replay


def seek(seconds: float) -> Callable[[Context], Awaitable[None]]:
    async def go(ctx: Context) -> None:
        _played(ctx).seek(seconds)
        await show(ctx)

    return go


def faster(steps: int) -> Callable[[Context], Awaitable[None]]:
    async def run(ctx: Context) -> None:
        speed = _played(ctx).faster(steps)
        ctx.ui.status(f"playing {speed:g} seconds of the recording per second")
        ctx.program.paint_frame()

    return run


async def event(ctx: Context, way: int) -> bool:
    """Goes to the next event of a recording, or to the previous one, with the cursor on its row. Returns whether a
    recording with events is played."""
    replay = ctx.storage.replay
    if replay is None:
        return False
    number = following(stops(replay.records), replay.moment(), way)
    if number is None and not await asyncio.to_thread(replay.looked_through, _PATIENCE):
        raise NotDone("next event", "this recording is long and is still being searched", "try again in a moment")
    moments = stops(replay.records)
    if not moments:
        return False
    number = following(moments, replay.moment(), way)
    if number is None:
        ctx.ui.status(f"there is no {'later' if way > 0 else 'earlier'} event; {count(len(moments), 'event')} in all")
        return True
    replay.jump(moments[number].epoch)
    await show(ctx)
    row = next(filter(None, (row_of(record, ctx.navigation.view) for record in moments[number].records)), None)
    if row is not None and ctx.navigation.look.inside is None:
        ctx.table.select(row)
        ctx.program.paint()
    ctx.ui.status(stop_text(moments, number, ctx.names), "alert")
    return True


async def jump(ctx: Context, record: Record) -> None:
    """Goes to the moment of an event, and to its row."""
    _played(ctx).jump(record.epoch)
    await show(ctx)
    subject = about(record)
    if subject is not None:
        ctx.navigation.go("services")
        while ctx.navigation.look.inside is not None:
            ctx.navigation.leave()
        ctx.table.select(subject[0])
        ctx.program.paint()


async def goto(ctx: Context, text: str) -> bool:
    """`:goto 02:41`. Returns whether the text is a time of day."""
    if not is_time(text):
        return False
    replay = _played(ctx)
    try:
        moment = at_time(text, replay.moment(), *replay.span)
    except ValueError as error:
        raise BadInput(f"goto {text}", str(error)) from None
    replay.jump(moment)
    await show(ctx)
    return True


async def show(ctx: Context) -> None:
    """Shows the present position in the recording, even while the screen is paused."""
    await ctx.director.fresh()
    ctx.display.take()
    ctx.program.paint()
