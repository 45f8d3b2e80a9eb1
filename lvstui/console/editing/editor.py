"""Runs operations beside the screen, and is the only way in which the console changes the table.

A question of an operation goes to the screen, its reads and sends to the director client, and anything that may block
to a thread. A send is never cut off: a cancel waits until it is answered, and the operation continues to the next place
where it waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import AbstractContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from lvstui.commands.proposals import Proposal
from lvstui.console.editing import command_elsewhere, outcome
from lvstui.console.editing.questions import ask
from lvstui.console.session.threads import in_thread
from lvstui.director.errors import LvsError, NotDone
from lvstui.director.state import State
from lvstui.operations.change import ChangedByOthers, Done, Undo, change, take_back
from lvstui.operations.lock import alone, held
from lvstui.operations.steps import (
    PASSING,
    PRINTED,
    Lock,
    LookUp,
    Operation,
    Question,
    ReadState,
    SaveSnapshot,
    Say,
    Send,
    SendOrder,
    ShowLine,
    Sleep,
    SnapshotDue,
    Step,
    Unlock,
    Work,
)

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.context.ui import Stream

Result = TypeVar("Result")


async def confirm(
    ctx: Context, proposal: Proposal, keys: tuple[str, ...] = (), state: State | None = None, reason: str = ""
) -> str | None:
    """Checks, shows, asks, and carries out. Returns "y" if it was done, one of `keys` if that was pressed instead, None
    if the operator declined. `state`: the one on which the proposal is based, if it is not the last."""
    result = await perform(ctx, change(proposal, state or ctx.director.latest, ctx.storage.paths, reason, keys))
    if isinstance(result, Done):
        outcome.report(ctx, result)
        return "y"
    return result or None


async def undo(ctx: Context) -> None:
    """Takes back the last change, except for what someone else has changed since. Where nothing of it is left, the one
    before it is next; when there is none, the refused ones are tried again, the newest first."""
    stack = ctx.session.undos or ctx.session.refused
    if not stack and ctx.session.redos:
        many = len(ctx.session.redos)
        what = "the only change" if many == 1 else f"all {many} changes"
        raise NotDone("nothing left to undo", f"{what} of this session {'is' if many == 1 else 'are'} undone")
    if not stack:
        raise NotDone("undo", "nothing was changed in this session")
    last = stack[-1]
    try:
        await _take_back(ctx, stack)
    except ChangedByOthers:
        stack.remove(last)
        ctx.session.refused.insert(0, last)
        raise


async def redo(ctx: Context) -> None:
    """Makes the change again that was undone last."""
    if not ctx.session.redos:
        raise NotDone("redo", "nothing was undone since the last change")
    others = ctx.session.redos[:-1]
    if await _take_back(ctx, ctx.session.redos):
        ctx.session.redos = others


async def _take_back(ctx: Context, stack: list[Undo]) -> bool:
    last = stack[-1]
    result = await perform(ctx, take_back(last, ctx.storage.paths))
    if not isinstance(result, Done):
        return False
    stack.remove(last)
    outcome.report(ctx, result)
    return True


async def perform(ctx: Context, operation: Operation[Result], page: Stream | None = None) -> Result:
    """Runs an operation; returns and raises what it does. `page`: where its lines are shown."""
    answer: Any = None
    error: LvsError | None = None
    cancelled = False
    lock = AsyncExitStack()
    try:
        while True:
            try:
                step = operation.send(answer) if error is None else operation.throw(error)
            except StopIteration as end:
                result: Result = end.value
                return result
            if cancelled and isinstance(step, Sleep | Question):
                raise asyncio.CancelledError
            answer = error = None
            try:
                if isinstance(step, Unlock):
                    await lock.aclose()
                    continue
                if isinstance(step, Lock):
                    await lock.enter_async_context(ctx.session.turn)
                    answer = lock.enter_context(_alone(ctx, step))
                    continue
                answer, cut = await _whole(_answered(ctx, step, page), _ends_whole(step))
                cancelled = cancelled or cut
            except LvsError as raised:
                error = raised
    finally:
        operation.close()
        await lock.aclose()


def _ends_whole(step: Step) -> bool:
    return isinstance(step, Send | Work | SaveSnapshot) or (isinstance(step, SendOrder) and step.order.changes)


async def _whole(work: Coroutine[Any, Any, Any], shielded: bool) -> tuple[Any, bool]:
    """The result of `work`, and whether somebody cancelled meanwhile. `shielded` work is completed first."""
    if not shielded:
        return await work, False
    task, cancelled = asyncio.ensure_future(work), False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise
            cancelled = True
        except LvsError:
            break
    return task.result(), cancelled


async def _answered(ctx: Context, step: Step, page: Stream | None) -> Any:
    if ctx.storage.host and isinstance(step, command_elsewhere.WRITES):
        await command_elsewhere.answered(ctx, step)
        return ""
    if isinstance(step, Question):
        return await ask(ctx, step)
    match step:
        case SendOrder(order, purpose):
            return await ctx.director.tell(order, purpose)
        case ReadState(scope):
            whole = scope.sweep or scope.settings
            return await (ctx.director.everything() if whole else ctx.director.fresh(scope.services))
        case SnapshotDue():
            return _due(ctx)
        case SaveSnapshot(state):
            return await in_thread(ctx.storage.keep, state)
        case Send(changes, now, purpose, kept):
            return await ctx.director.carry_out(changes, now, purpose, kept)
        case Work(call) | LookUp(call):
            return await in_thread(call)
        case ShowLine(text, role, foot):
            return _shown(page, text, role, foot)
        case Say(text, tone):
            return ctx.ui.status(text, "" if tone == PASSING else tone) if tone != PRINTED else None
        case Sleep(seconds):
            if seconds:
                await asyncio.sleep(seconds)
            return asyncio.get_running_loop().time()


def _shown(page: Stream | None, text: str, role: str, foot: str) -> bool:
    """Adds a line to the page, if there is one; returns whether the operator is still on it."""
    if page is None:
        return False
    page.add(text, role)
    if foot:
        page.say(f"{foot}; any key goes back")
    return not page.left


def _alone(ctx: Context, step: Lock) -> AbstractContextManager[Any]:
    dirs = ctx.storage.paths
    return held(dirs, step.recovery) if step.recovery else alone(dirs)


def _due(ctx: Context) -> bool:
    """Whether an automatic snapshot is due: at the session's first change, and if the last one is old."""
    if ctx.session.snapshot_taken and not ctx.storage.due(time.time()):
        return False
    ctx.session.snapshot_taken = True
    return True
