"""Runs an operation beside the screen: the Ui asks, the director client reads and sends, and a thread runs anything
that may block. A send is never cut off: a cancel waits until it is answered, and the operation continues to the next
place where it waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import AbstractContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from lvstui.console.editing import elsewhere
from lvstui.console.editing.questions import ask
from lvstui.console.session.threads import in_thread
from lvstui.director.errors import LvsError
from lvstui.director.transaction import carry_out
from lvstui.operations.lock import alone, held
from lvstui.operations.steps import (
    PASSING,
    PRINTED,
    Due,
    Keep,
    Lock,
    Look,
    Operation,
    Question,
    Read,
    Say,
    Send,
    Show,
    Sleep,
    Step,
    Tell,
    Unlock,
    Work,
)

if TYPE_CHECKING:
    from lvstui.console.context import Context, Stream

Result = TypeVar("Result")


async def perform(ctx: Context, operation: Operation[Result], page: Stream | None = None) -> Result:
    """What the operation returns. Raises what it raises. `page`: where it shows its lines."""
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
    return isinstance(step, Send | Work | Keep) or (isinstance(step, Tell) and step.order.changes)


async def _whole(work: Coroutine[Any, Any, Any], shielded: bool) -> tuple[Any, bool]:
    """What `work` returns, and whether somebody cancelled meanwhile: where it is `shielded` it ends first."""
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
    if ctx.storage.host and isinstance(step, elsewhere.WRITES):
        await elsewhere.answered(ctx, step)
        return ""
    if isinstance(step, Question):
        return await ask(ctx, step)
    match step:
        case Tell(order, purpose):
            return await ctx.director.tell(order, purpose)
        case Read(scope):
            whole = scope.sweep or scope.settings
            return await (ctx.director.everything() if whole else ctx.director.fresh(scope.services))
        case Due():
            return _due(ctx)
        case Keep(state):
            return await in_thread(ctx.storage.keep, state)
        case Send(changes, now, purpose, kept):
            return await ctx.director.work(len(changes), carry_out, changes, now, kept, purpose=purpose)
        case Work(call) | Look(call):
            return await in_thread(call)
        case Show(text, role, foot):
            return _shown(page, text, role, foot)
        case Say(text, tone):
            return ctx.ui.status(text, "" if tone == PASSING else tone) if tone != PRINTED else None
        case Sleep(seconds):
            if seconds:
                await asyncio.sleep(seconds)
            return asyncio.get_running_loop().time()


def _shown(page: Stream | None, text: str, role: str, foot: str) -> bool:
    """Whether somebody still looks."""
    if page is None:
        return False
    page.add(text, role)
    if foot:
        page.say(f"{foot}; any key goes back")
    return not page.left


def _alone(ctx: Context, step: Lock) -> AbstractContextManager[Any]:
    kept = ctx.storage.kept
    return held(kept, step.recovery) if step.recovery else alone(kept)


def _due(ctx: Context) -> bool:
    """Whether an automatic snapshot is to be taken: at the session's first change, and when the last is a while ago."""
    if ctx.session.snapshot_taken and not ctx.storage.due(time.time()):
        return False
    ctx.session.snapshot_taken = True
    return True
