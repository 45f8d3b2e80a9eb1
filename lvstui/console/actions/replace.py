"""`:replace host`: confirmed once; then it waits beside the screen until the old host is empty."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from lvstui.commands.draining import DrainRemainder
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.replacing import Replacement, replacement
from lvstui.console.actions import under_way
from lvstui.console.editing import drain_memory
from lvstui.console.editing.editor import perform
from lvstui.console.session.under_way import UnderWay
from lvstui.director.errors import NotDone
from lvstui.director.source import probes
from lvstui.operations import replace as operations
from lvstui.operations.change import Done, Undo

if TYPE_CHECKING:
    from lvstui.console.context import Context


class Replacing(UnderWay):
    """A host that is being replaced."""

    kind = "replacement"

    def __init__(self, ctx: Context, plan: Replacement, until: float) -> None:
        super().__init__()
        self.plan = plan
        self._ctx = ctx
        self._until = until

    def reached(self, done: Done, undo: Undo | None) -> None:
        """Notes a part that was carried out."""
        drain_memory.note(self._ctx, done.noted)
        self.undo = undo
        if done.trouble:
            self._ctx.ui.status(done.trouble, "alert")

    def text(self, now: float) -> str:
        """`replace host 10.0.0.3 by 10.0.0.9 in 2 services: 12 connections left, 41 s more`"""
        left = DrainRemainder(self.plan.old, self._ctx.director.latest)
        return f"{self.plan.proposal.title}: {left.text}, {max(0, round(self._until - now))} s more"

    def stays(self) -> str:
        return f"{self.plan.proposal.title}: both hosts stay, nothing was deleted"

    def done(self) -> str:
        return self.plan.proposal.title


async def replace(ctx: Context, parsed: ParsedCommand) -> None:
    """Asks once for the whole replacement, and starts it."""
    state = await ctx.director.everything()
    plan = replacement(parsed, ctx.world()._replace(state=state), ctx.session.drained)
    if any(
        isinstance(operation, Replacing) and set(operation.plan.old) & set(plan.places)
        for operation in ctx.session.under_way
    ):
        raise NotDone(plan.proposal.title, "a replacement of this host is under way", "Esc ends it where it is")
    agreed = await perform(ctx, operations.agree(plan, state, lambda: probes(ctx.source)))
    if agreed is None:
        return
    seconds, reason = parsed.get("wait") or operations.WAIT, parsed.get("reason") or ""
    replacing = Replacing(ctx, plan, asyncio.get_running_loop().time() + seconds)
    work = partial(operations.replace, agreed, state, ctx.storage.paths, seconds, reason, replacing.reached)
    under_way.begin(ctx, replacing, work)
    ctx.program.paint_frame()
