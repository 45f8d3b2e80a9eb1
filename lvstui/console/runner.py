"""Runs an operation beside the screen: questions go to the bottom line, reads and sends through the poll, whatever may
block into a thread. What is being sent is never cut off: who cancels waits until it is answered, and the operation goes
on to the next place where it waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from lvstui.commands import proposals
from lvstui.console.aside import aside
from lvstui.director.errors import LvsError
from lvstui.director.transaction import carry_out
from lvstui.operations.steps import (
    PRINTED,
    YES,
    Confirm,
    Lock,
    Operation,
    Read,
    Say,
    Send,
    Sleep,
    Snapshot,
    Step,
    Unlock,
    Work,
)
from lvstui.restoring import alone

if TYPE_CHECKING:
    from lvstui.console.app import Console

Result = TypeVar("Result")


async def perform(app: Console, operation: Operation[Result]) -> Result:
    """What the operation returns. Raises what it raises."""
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
            if cancelled and isinstance(step, Sleep | Confirm):
                raise asyncio.CancelledError
            answer = error = None
            try:
                if isinstance(step, Unlock):
                    await lock.aclose()
                    continue
                if isinstance(step, Lock):
                    await lock.enter_async_context(app.desk.turns)
                    lock.enter_context(alone(app.files.kept))
                    continue
                answer, cut = await _whole(_answered(app, step), isinstance(step, Send | Work))
                cancelled = cancelled or cut
            except LvsError as raised:
                error = raised
    finally:
        operation.close()
        await lock.aclose()


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


async def _answered(app: Console, step: Step) -> Any:
    match step:
        case Confirm(proposal, outages, warnings, keys):
            return await _asked(app, proposal, outages, warnings, keys)
        case Read(None):
            return await app.poll.everything()
        case Read(_, True):
            return await app.poll.everything()
        case Read(services):
            return await app.poll.fresh(services or ())
        case Snapshot():
            return await _kept(app)
        case Send(changes, now, purpose):
            return await app.poll.work(len(changes), carry_out, changes, now, purpose=purpose)
        case Work(call):
            return await aside(call)
        case Say(text, tone):
            return app.prompt.status(text, tone) if tone != PRINTED else None
        case Sleep(seconds):
            if seconds:
                await asyncio.sleep(seconds)
            return asyncio.get_running_loop().time()


async def _asked(app: Console, proposal: proposals.Proposal, outages: Any, warnings: Any, keys: tuple[str, ...]) -> str:
    """An outage is confirmed by the capital letter alone."""
    yes = "Y" if outages else "y"
    more = ("  + - more", "dim") if keys else ("", "")
    question = [*proposals.question(proposal, outages, warnings), more]
    answer = await app.prompt.key(question, (yes, *keys))
    if answer is None:
        app.prompt.status("nothing was changed")
    return YES if answer == yes else answer or ""


async def _kept(app: Console) -> str:
    """The automatic snapshot: at the session's first change, and when the last one is a while ago."""
    files = app.files
    if app.desk.kept and not files.due(time.time()):
        return ""
    app.desk.kept = True
    try:
        await aside(files.keep, await app.poll.everything())
    except LvsError as error:
        return f"no automatic snapshot: {error.what}: {error.why}"
    return ""
