"""Runs an operation beside the screen: questions go to the bottom line, reads and sends through the poll, whatever may
block into a thread. What is being sent is never cut off: who cancels waits until it is answered, and the operation goes
on to the next place where it waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import AbstractContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from lvstui.console.session.questions import ask
from lvstui.console.session.threads import aside
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
    from lvstui.console.app import Console
    from lvstui.console.pages.stream_page import GrowingPage

Result = TypeVar("Result")


async def perform(app: Console, operation: Operation[Result], page: GrowingPage | None = None) -> Result:
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
                    await lock.enter_async_context(app.desk.turns)
                    answer = lock.enter_context(_alone(app, step))
                    continue
                answer, cut = await _whole(_answered(app, step, page), _ends_whole(step))
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


async def _answered(app: Console, step: Step, page: GrowingPage | None) -> Any:
    if isinstance(step, Question):
        return await ask(app, step)
    match step:
        case Tell(order, purpose):
            return await app.poll.tell(order, purpose)
        case Read(scope):
            whole = scope.sweep or scope.settings
            return await (app.poll.everything() if whole else app.poll.fresh(scope.services))
        case Due():
            return _due(app)
        case Keep(state):
            return await aside(app.files.keep, state)
        case Send(changes, now, purpose, kept):
            return await app.poll.work(len(changes), carry_out, changes, now, kept, purpose=purpose)
        case Work(call) | Look(call):
            return await aside(call)
        case Show(text, role, foot):
            return _shown(page, text, role, foot)
        case Say(text, tone):
            return app.prompt.status(text, "" if tone == PASSING else tone) if tone != PRINTED else None
        case Sleep(seconds):
            if seconds:
                await asyncio.sleep(seconds)
            return asyncio.get_running_loop().time()


def _shown(page: GrowingPage | None, text: str, role: str, foot: str) -> bool:
    """Whether somebody still looks."""
    if page is None:
        return False
    page.add(text, role)
    if foot:
        page.say(f"{foot}; any key goes back")
    return not page.left


def _alone(app: Console, step: Lock) -> AbstractContextManager[Any]:
    kept = app.files.kept
    return held(kept, step.recovery) if step.recovery else alone(kept)


def _due(app: Console) -> bool:
    """Whether an automatic snapshot is to be taken: at the session's first change, and when the last is a while ago."""
    if app.desk.kept and not app.files.due(time.time()):
        return False
    app.desk.kept = True
    return True
