"""What keepalived is told from here: to reload its configuration, after it was tested, and to stop, which hands its
virtual addresses over. What it is told goes through the same guards and into the same log as a change."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lvstui.commands import handover, reloading
from lvstui.commands.parse import Asked
from lvstui.console.aside import aside
from lvstui.director.daemon import Answer, Complaint, Order
from lvstui.director.errors import NotDone
from lvstui.director.source import Purpose, ordered
from lvstui.director.state import State, rules_of
from lvstui.views.number import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lvstui.console.app import Console

_LOOKS = 0.5
"""Seconds between two looks at what a reload has done."""
_MOST = 200
"""Differences that are listed."""


async def reload(app: Console, asked: Asked) -> None:
    """`:reload`: the test, what the reload will change, the reload, and what differs after it."""
    app.prompt.status("keepalived tests its configuration")
    answer = await aside(ordered, app.guard, Order.TEST)
    if answer.complaints and not await _accepted(app, answer):
        return
    state = await app.poll.everything()
    ahead = reloading.ahead(state)
    yes, asks = ("Y", ("outage! Y reloads ", "down")) if ahead.outages else ("y", ("reload? y/N ", "key"))
    question = [asks, (f" {answer.daemon.reload}", ""), (f"   {reloading.question(ahead, state)}", "alert")]
    question += [(f"   {text}", "down") for text in ahead.outages]
    if await app.prompt.key(question, (yes,)) is None:
        app.prompt.status("nothing was sent")
        return
    app.prompt.status("keepalived reads its configuration")
    answer = await aside(ordered, app.guard, Order.RELOAD, Purpose("reload keepalived"))
    await _afterwards(app, answer.remark)


async def _accepted(app: Console, answer: Answer) -> bool:
    """Shows what keepalived complains of; whether to go on all the same. Raises NotDone when it names an error."""
    from lvstui.console.pages import TextPage

    complaints = count(len(answer.complaints), "complaint")
    title = f"keepalived tests {answer.daemon.config}: {complaints}"
    lines = [[(str(one), "down" if answer.refused else "alert")] for one in answer.complaints]
    if answer.refused:
        await app.push_screen_wait(TextPage(title, lines, "nothing was sent; any key goes back"))
        raise _refused(answer.complaints)
    foot = "warnings alone; y goes on to the reload, any other key goes back"
    if await app.push_screen_wait(TextPage(title, lines, foot, "y")) == "y":
        return True
    app.prompt.status("nothing was sent")
    return False


def _refused(complaints: Sequence[Complaint]) -> NotDone:
    more = f", and {len(complaints) - 1} more" if len(complaints) > 1 else ""
    return NotDone("reload", f"nothing was sent: {complaints[0]}{more}", "mend it, and reload again")


async def _afterwards(app: Console, remark: str) -> None:
    """Waits until the table stands still, and says what differs from the configuration, and how it was told."""
    loop = asyncio.get_running_loop()
    wait = reloading.Wait(loop.time())
    while True:
        await aside(ordered, app.guard, Order.LOOK)  # whether it still runs, and what it has loaded by now
        state = await app.poll.everything()
        if wait.over(state, loop.time()):
            break
        await asyncio.sleep(_LOOKS)
    app.poll.wake()
    changes = reloading.differing(state)
    verdict = reloading.verdict(changes)
    app.prompt.status("; ".join(filter(None, (verdict, remark))), "alert" if changes else "good")
    if changes:
        await _list(app, verdict, state)


async def _list(app: Console, title: str, state: State) -> None:
    from lvstui.console.pages import TextPage

    now, changes = rules_of(state), reloading.brief(reloading.differing(state) or ())
    lines = [[(reloading.differs(change, now), "")] for change in changes[:_MOST]]
    if len(changes) > _MOST:
        lines.append([(f"and {len(changes) - _MOST} more", "dim")])
    await app.push_screen_wait(TextPage(f"{title}: table -> configuration", lines, "any key goes back"))


async def failover(app: Console, asked: Asked) -> None:
    """`:failover`: what becomes of it is told, and confirmed by the capital letter alone."""
    from lvstui.console.pages import TextPage

    answer = await aside(ordered, app.guard, Order.LOOK)
    state = await app.poll.everything()
    handover.refuse(state, answer.daemon)
    lines = [[(text, "")] for text in handover.told(state, answer.daemon)]
    foot = "Y hands over; any other key goes back"
    if await app.push_screen_wait(TextPage("hand this director's VRRP over", lines, foot, "Y")) != "Y":
        app.prompt.status("nothing was sent")
        return
    app.prompt.status("keepalived is stopped")
    purpose = Purpose(handover.title(state), asked.get("reason") or "")
    answer = await aside(ordered, app.guard, Order.STOP, purpose)
    app.poll.wake()
    text, heard = handover.outcome(answer)
    app.prompt.status("; ".join(filter(None, (text, answer.remark))), "good" if heard else "error")
