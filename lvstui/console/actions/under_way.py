"""Work that continues beside the screen after one confirmation: it is shown in the bottom line, and Esc ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lvstui import log
from lvstui.console.editing import outcome
from lvstui.console.editing.editor import perform
from lvstui.console.session.under_way import UnderWay
from lvstui.director.errors import LvsError
from lvstui.views.named import named

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.operations.steps import Operation


def begin(ctx: Context, work: UnderWay, operation: Callable[[], Operation[None]]) -> None:
    """Starts an operation that continues beside the screen."""
    ctx.session.under_way.append(work)
    work.task = asyncio.get_running_loop().create_task(_run(ctx, work, operation()))


async def stop(ctx: Context, ending: Sequence[UnderWay]) -> None:
    """Ends the operations, each after what it is sending; what was done stays done."""
    tasks = [each.task for each in ending if each.task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    ctx.ui.status(named(f"stopped: {', '.join(each.stays() for each in ending)}", ctx.names), "alert")


async def _run(ctx: Context, work: UnderWay, operation: Operation[None]) -> None:
    try:
        await perform(ctx, operation)
        ctx.ui.status(f"done: {named(work.done(), ctx.names)}   u undoes it", "good")
    except LvsError as error:
        ctx.ui.status(error.text, "error")
    except asyncio.CancelledError:
        pass  # whoever ended it says so
    except Exception as error:
        log.failure(f"unexpected, in a {work.kind}")
        ctx.ui.status(f"unexpected: {type(error).__name__}: {error}; {log.hint()}", "error")
    finally:
        ctx.session.under_way.remove(work)
        if work.undo is not None:
            outcome.remember(ctx, work.undo)
        ctx.program.paint_frame()
