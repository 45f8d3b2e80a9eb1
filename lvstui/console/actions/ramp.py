"""Weight ramps in the background: each shown in the bottom line, ended by Esc, by `ramp stop`, or when someone else
changes the weight."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lvstui import log
from lvstui.commands import make, proposals
from lvstui.commands.draining import place_text
from lvstui.commands.parse import Asked
from lvstui.console.session.runner import perform
from lvstui.director.errors import LvsError, NotDone
from lvstui.director.model import server_text
from lvstui.operations import ramp as operations
from lvstui.operations.change import Undo
from lvstui.operations.ramp import Ramp, Weights

if TYPE_CHECKING:
    from lvstui.console.app import Console


class UnderWay:
    """One ramp under way: `weight` is the last one set, `undo` takes back what was done so far."""

    def __init__(self, ramp: Ramp, until: float) -> None:
        self.ramp = ramp
        self.until = until
        self.weight = ramp.start
        self.undo: Undo | None = None
        self.task: asyncio.Task[None] | None = None

    def reached(self, weights: Weights, undo: Undo | None) -> None:
        """A step was carried out."""
        self.weight, self.undo = weights[self.ramp.place], undo

    def text(self, now: float) -> str:
        """`10.0.0.5:80 ramps 3 > 5 > 10, 41 s left`"""
        left = max(0, round(self.until - now))
        ramp = self.ramp
        return f"{server_text(ramp.place.server)} ramps {ramp.start} > {self.weight} > {ramp.goal}, {left} s left"


async def ramp(app: Console, asked: Asked) -> None:
    """Asks once for the whole ramp, and lets it run."""
    state, seconds = app.desk.state, asked.values["time"]
    proposal = proposals.weight(state, make.places(asked, app.desk.world()), asked.values["weight"])
    ramps = operations.ramps(proposal, state, seconds)
    for one in ramps:
        if any(under_way.ramp.place == one.place for under_way in app.ramps):
            raise NotDone(place_text(one.place), "a ramp is under way already", "ramp stop, or Esc, ends it")
    if await perform(app, operations.agree(proposal, ramps, state)):
        loop = asyncio.get_running_loop()
        for one in ramps:
            under_way = UnderWay(one, loop.time() + seconds)
            app.ramps.append(under_way)
            under_way.task = loop.create_task(_run(app, under_way))
        app.paint_frame()


async def stop(app: Console, asked: Asked | None = None) -> None:
    """Ends the ramps under way, each after the step that is being sent; the weights stay where they are."""
    if not app.ramps:
        raise NotDone("ramp stop", "none is under way")
    ending = list(app.ramps)
    tasks = [each.task for each in ending if each.task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    texts = [f"{server_text(each.ramp.place.server)} stays at {each.weight}" for each in ending]
    app.prompt.status(f"stopped: {', '.join(texts)}", "alert")


async def _run(app: Console, under_way: UnderWay) -> None:
    ramp = under_way.ramp
    try:
        await perform(app, operations.ramp([ramp], app.files.kept, under_way.reached))
        title = f"ramp of {place_text(ramp.place)} from {ramp.start} to {ramp.goal}"
        app.prompt.status(f"done: {title}   u undoes it", "good")
    except LvsError as error:
        app.prompt.status(f"{error.what}: {error.why}", "error")
    except asyncio.CancelledError:
        pass  # whoever ended it says so
    except Exception as error:
        log.failure("unexpected, in a ramp")
        app.prompt.status(f"unexpected: {type(error).__name__}: {error}; {log.hint()}", "error")
    finally:
        app.ramps.remove(under_way)
        if under_way.undo is not None:
            app.desk.undos.append(under_way.undo)
        if app.is_running:
            app.paint_frame()
