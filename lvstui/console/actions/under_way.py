"""What runs on beside the screen after it was asked for once: it is shown in the bottom line, and Esc ends it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lvstui import log
from lvstui.director.errors import LvsError
from lvstui.operations.change import Undo

if TYPE_CHECKING:
    from lvstui.console.app import Console
    from lvstui.operations.steps import Operation


class UnderWay(ABC):
    """One operation under way; `undo` takes back what was done so far."""

    kind = ""

    def __init__(self) -> None:
        self.undo: Undo | None = None
        self.task: asyncio.Task[None] | None = None

    @abstractmethod
    def text(self, now: float) -> str:
        """How far it has come, for the bottom line."""

    @abstractmethod
    def stays(self) -> str:
        """How it stands when it is ended now."""

    @abstractmethod
    def done(self) -> str:
        """What was done, once it is."""


def begin(app: Console, one: UnderWay, operation: Callable[[], Operation[None]]) -> None:
    """Lets an operation run on beside the screen."""
    app.under_way.append(one)
    one.task = asyncio.get_running_loop().create_task(_run(app, one, operation()))


async def stop(app: Console, ending: Sequence[UnderWay]) -> None:
    """Ends them, each after what is being sent; what was done stays."""
    tasks = [each.task for each in ending if each.task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    app.prompt.status(f"stopped: {', '.join(each.stays() for each in ending)}", "alert")


async def _run(app: Console, one: UnderWay, operation: Operation[None]) -> None:
    from lvstui.console.session.runner import perform

    try:
        await perform(app, operation)
        app.prompt.status(f"done: {one.done()}   u undoes it", "good")
    except LvsError as error:
        app.prompt.status(f"{error.what}: {error.why}{f'; {error.mend}' if error.mend else ''}", "error")
    except asyncio.CancelledError:
        pass  # whoever ended it says so
    except Exception as error:
        log.failure(f"unexpected, in a {one.kind}")
        app.prompt.status(f"unexpected: {type(error).__name__}: {error}; {log.hint()}", "error")
    finally:
        app.under_way.remove(one)
        if one.undo is not None:
            app.desk.remember(one.undo)
        if app.is_running:
            app.paint_frame()
