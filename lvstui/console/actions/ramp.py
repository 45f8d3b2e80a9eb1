"""Weight ramps in the background: each is shown in the bottom line, and ends when the operator presses Esc or types
`ramp stop`, or when someone else changes the weight."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from lvstui.commands import make, proposals
from lvstui.commands.draining import place_text
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.ramp import Ramp
from lvstui.console.actions import under_way
from lvstui.console.editing.editor import perform
from lvstui.console.session.under_way import UnderWay
from lvstui.director.errors import NotDone
from lvstui.director.model import server_text
from lvstui.operations import ramp as operations
from lvstui.operations.change import Undo
from lvstui.operations.ramp import Weights

if TYPE_CHECKING:
    from lvstui.console.context import Context


class Ramping(UnderWay):
    """A ramp in progress: `weight` is the last one that was set."""

    kind = "ramp"

    def __init__(self, ramp: Ramp, until: float) -> None:
        super().__init__()
        self.ramp = ramp
        self.until = until
        self.weight = ramp.start

    def reached(self, weights: Weights, undo: Undo | None) -> None:
        """Notes a step that was carried out."""
        self.weight, self.undo = weights[self.ramp.place], undo

    def text(self, now: float) -> str:
        """`10.0.0.5:80 ramps 3 > 5 > 10, 41 s left`"""
        left = max(0, round(self.until - now))
        ramp = self.ramp
        return f"{server_text(ramp.place.server)} ramps {ramp.start} > {self.weight} > {ramp.goal}, {left} s left"

    def stays(self) -> str:
        return f"{server_text(self.ramp.place.server)} stays at {self.weight}"

    def done(self) -> str:
        return f"ramp of {place_text(self.ramp.place)} from {self.ramp.start} to {self.ramp.goal}"


async def ramp(ctx: Context, parsed: ParsedCommand) -> None:
    """Asks once for the whole ramp, and starts it."""
    state, seconds = ctx.director.latest, parsed.values["time"]
    proposal = proposals.weight(state, make.places(parsed, ctx.world()), parsed.values["weight"])
    ramps = operations.ramps(proposal, state, seconds)
    for server_ramp in ramps:
        if any(ramping.ramp.place == server_ramp.place for ramping in _ramps(ctx)):
            raise NotDone(place_text(server_ramp.place), "a ramp is already under way", "ramp stop, or Esc, ends it")
    if await perform(ctx, operations.agree(proposal, ramps, state, ctx.storage.paths)):
        for server_ramp in ramps:
            ramping = Ramping(server_ramp, asyncio.get_running_loop().time() + seconds)
            under_way.begin(ctx, ramping, partial(operations.ramp, [server_ramp], ctx.storage.paths, ramping.reached))
        ctx.program.paint_frame()


async def stop(ctx: Context, parsed: ParsedCommand) -> None:
    """Ends the ramps in progress, each after the step that is being sent; the weights stay as they are."""
    ending = _ramps(ctx)
    if not ending:
        raise NotDone("ramp stop", "no ramp is under way")
    await under_way.stop(ctx, ending)


def _ramps(ctx: Context) -> list[Ramping]:
    return [operation for operation in ctx.session.under_way if isinstance(operation, Ramping)]
