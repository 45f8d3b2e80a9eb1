"""The actions that keep and bring back: undo, save a snapshot, restore one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.console.aside import aside
from lvstui.console.proposals import Proposal
from lvstui.director.errors import NotDone
from lvstui.director.plan import plan
from lvstui.director.state import rules_of
from lvstui.views import summary
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.app import Console

_SHOWN = 500
"""Commands of a plan that are listed."""


async def undo(app: Console) -> None:
    await app.desk.undo()


async def save(app: Console) -> None:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    text = await app.prompt.ask("save as", str(app.files.folder / f"{app.state.host}-{stamp}.toml"))
    if not text:
        return
    state = await app.poll.everything()
    path = Path(text).expanduser()
    await aside(app.files.save, state, path)
    app.prompt.status(f"saved {count(len(state.services), 'service')} to {path}", "good")


async def restore(app: Console) -> None:
    from lvstui.console.pages import PickPage, TextPage

    path = await app.push_screen_wait(PickPage("restore which snapshot?", app.files.listed()))
    if path is None:
        return
    wanted, remarks = await aside(app.files.load, path)
    state = await app.poll.everything()
    if state.unknown:
        raise NotDone("restore", f"this read cannot tell {', '.join(sorted(state.unknown))}", "run as root")
    now = rules_of(state)
    changes = plan(now, wanted)
    if not changes:
        app.prompt.status(f"{path.name}: nothing differs")
        return
    outages = summary.outages(changes, now)
    cost = summary.cost(changes, state)
    lines = [[("outage  ", "down"), (outage, "")] for outage in outages]
    lines += [[("costs   ", "alert"), (cost, "")]] if cost else []
    lines += [[("remark  ", "alert"), (remark, "")] for remark in remarks]
    lines += [[]] if lines else []
    lines += [[(line.rstrip(), "")] for line in summary.commands(changes[:_SHOWN])]
    lines += [[(f"and {len(changes) - _SHOWN} more", "dim")]] if len(changes) > _SHOWN else []
    key = "Y" if outages else "y"
    what = f"{count(len(changes), 'change')}{', outage included' if outages else ''}"
    title = f"restore {path}: {summary.counts(changes)}"
    if not await app.push_screen_wait(TextPage(title, lines, f"{key} applies {what}   any other key leaves", key)):
        app.prompt.status("nothing was changed")
        return
    if rules_of(await app.poll.everything()) != now:
        raise NotDone("restore", "someone else changed the table meanwhile; nothing was changed", "restore again")
    kept = await aside(app.files.keep, state)
    proposal = Proposal(changes, f"restore {path.name} ({summary.counts(changes)})")
    await app.desk.carry(proposal, now, str(kept))
