"""Weight ramps in the background: step by step, shown in the bottom line, ended by Esc, by `ramp stop`, or when someone
else changes the weight."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lvstui import log
from lvstui.commands import make, proposals
from lvstui.commands.draining import place_text
from lvstui.commands.parse import Asked
from lvstui.commands.proposals import Proposal
from lvstui.commands.ramp import steps
from lvstui.director.change import EditServer
from lvstui.director.errors import LvsError, NotDone
from lvstui.director.model import RuleSet, server_text
from lvstui.director.transaction import carry_out
from lvstui.views.number import count
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.app import Console


class Ramp:
    """One ramp under way: `weight` is the last one set."""

    def __init__(self, place: Place, start: int, goal: int, seconds: float) -> None:
        self.place, self.start, self.goal = place, start, goal
        self.weight = start
        self.steps = steps(start, goal, seconds)
        self.until = 0.0
        self.task: asyncio.Task[None] | None = None

    def text(self, now: float) -> str:
        """`10.0.0.5:80 ramps 3 > 5 > 10, 41 s left`"""
        left = max(0, round(self.until - now))
        return f"{server_text(self.place.server)} ramps {self.start} > {self.weight} > {self.goal}, {left} s left"


async def ramp(app: Console, asked: Asked) -> None:
    """Asks once for the whole ramp, and lets it run."""
    state, seconds = app.desk.state, asked.values["time"]
    places = make.places(asked, app.desk.world())
    proposal = proposals.weight(state, places, asked.values["weight"])
    edits = [change for change in proposal.changes if isinstance(change, EditServer)]
    ramps = []
    for edit in edits:
        place = Place(edit.service, edit.server.key)
        if any(under_way.place == place for under_way in app.ramps):
            raise NotDone(place_text(place), "a ramp is under way already", "ramp stop, or Esc, ends it")
        start = proposals.reading_of(state, place).server.weight
        ramps.append(Ramp(place, start, edit.server.weight, seconds))
    some = ramps[0]
    cost = f"{count(len(some.steps), 'step')} of {some.start} to {some.goal} in {seconds:g} s"
    asked_for = proposal._replace(cost=f"{cost}   {proposal.cost}".rstrip())
    if await app.desk.agreed(asked_for):
        await app.desk.keep()
        for each in ramps:
            app.ramps.append(each)
            each.until = asyncio.get_running_loop().time() + seconds
            each.task = asyncio.get_running_loop().create_task(_run(app, each))
        app.paint_frame()


async def stop(app: Console, asked: Asked | None = None) -> None:
    """Ends the ramps under way; the weights stay where they are."""
    if not app.ramps:
        raise NotDone("ramp stop", "none is under way")
    texts = [f"{server_text(each.place.server)} stays at {each.weight}" for each in app.ramps]
    for each in list(app.ramps):
        if each.task is not None:
            each.task.cancel()
    app.prompt.status(f"stopped: {', '.join(texts)}", "alert")


async def _run(app: Console, ramp: Ramp) -> None:
    key, loop = ramp.place.service, asyncio.get_running_loop()
    first = now = RuleSet()
    change: EditServer | None = None
    try:
        first = proposals.near(await app.poll.fresh([key]), [key])
        begun = loop.time()
        for step in ramp.steps:
            await asyncio.sleep(max(0.0, begun + step.after - loop.time()))
            now = proposals.near(await app.poll.fresh([key]), [key])
            server = now.rules[key].servers.get(ramp.place.server) if key in now.rules else None
            if server is None or server.weight != ramp.weight:
                is_now = "gone" if server is None else f"at {server.weight}"
                raise NotDone(place_text(ramp.place), f"is {is_now}: someone else changed it; the ramp ends")
            wanted = EditServer(key, server._replace(weight=step.weight))
            with app.files.doing(f"ramp {place_text(ramp.place)} to {ramp.goal}"):
                await app.poll.work(1, carry_out, (wanted,), now)
            change, ramp.weight = wanted, step.weight
        app.prompt.status(f"done: {_title(ramp)}   u undoes it", "good")
    except LvsError as error:
        app.prompt.status(f"{error.what}: {error.why}", "error")
    except asyncio.CancelledError:
        pass  # stop() has said so
    except Exception as error:
        log.failure("unexpected, in a ramp")
        app.prompt.status(f"unexpected: {type(error).__name__}: {error}; {log.hint()}", "error")
    finally:
        app.ramps.remove(ramp)
        if change is not None:
            app.desk.note(Proposal((change,), _title(ramp)), first)
        if app.is_running:
            app.paint_frame()


def _title(ramp: Ramp) -> str:
    return f"ramp of {place_text(ramp.place)} from {ramp.start} to {ramp.weight}"
