"""The actions that keep and bring back: save a snapshot, restore one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.commands.proposals import Proposal
from lvstui.console.aside import aside
from lvstui.console.runner import perform
from lvstui.director.change import Change
from lvstui.director.errors import NotDone
from lvstui.director.plan import plan
from lvstui.director.source import Purpose
from lvstui.director.state import rules_of
from lvstui.operations import memory
from lvstui.operations.change import Done, undo
from lvstui.views import summary
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.app import Console
    from lvstui.console.pages import Text

_SHOWN = 500
"""Commands of a plan that are listed."""


async def save(app: Console) -> None:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    text = await app.prompt.ask("save as", str(app.files.folder / f"{app.state.host}-{stamp}.toml"))
    if text:
        await save_as(app, text)


async def save_as(app: Console, text: str) -> None:
    """Saves the table under a name: a file's, or `@name` and `@boot`."""
    state = await app.poll.everything()
    path = app.files.to_write(text)
    await aside(app.files.save, state, path)
    app.prompt.status(f"saved {count(len(state.services), 'service')} to {path}", "good")


async def restore(app: Console) -> None:
    from lvstui.console.pages import PickPage
    from lvstui.restoring import alone

    path = await app.push_screen_wait(PickPage("restore which snapshot?", [one.path for one in app.files.listed()]))
    if path is not None:
        with alone(app.files.kept):
            await restore_from(app, path)


async def restore_from(app: Console, path: Path) -> None:
    """Shows what a file would change, and does it; inside `alone`."""
    from lvstui.console.pages import TextPage
    from lvstui.restoring import carry

    wanted, remarks = await aside(app.files.load, path)
    state = await app.poll.everything()
    if state.unknown:
        raise NotDone("restore", f"this read cannot tell {', '.join(sorted(state.unknown))}", state.read_only)
    now = rules_of(state)
    changes = plan(now, wanted)
    if not changes:
        app.prompt.status(f"{path.name}: nothing differs")
        return
    outages = summary.outages(changes, now, state)
    cost = summary.cost(changes, state)
    lines: list[Text] = [[("outage  ", "down"), (outage, "")] for outage in outages]
    lines += [[("costs   ", "alert"), (cost, "")]] if cost else []
    lines += [[("remark  ", "alert"), (remark, "")] for remark in remarks]
    lines += [[]] if lines else []
    lines += plan_lines(changes)
    key = "Y" if outages else "y"
    what = f"{count(len(changes), 'change')}{', outage included' if outages else ''}"
    title = f"restore {path}: {summary.counts(changes)}"
    if await app.push_screen_wait(TextPage(title, lines, f"{key} applies {what}   any other key leaves", key)) != key:
        app.prompt.status("nothing was changed")
        return
    purpose = Purpose(f"restore {path.name}")
    carried = await app.poll.work(len(changes), carry, changes, state, str(path), app.files.kept, purpose=purpose)
    proposal = Proposal(changes, f"restore {path.name} ({summary.counts(changes)})")
    noted = await perform(app, memory.afterwards(changes, now, state, app.files.kept))
    app.desk.done(Done(proposal, undo(proposal, now), noted, carried.trouble or noted.trouble))


async def recover(app: Console) -> None:
    """A restore that was cut off is finished or taken back, when one was; asked at the start."""
    from lvstui import restoring
    from lvstui.console.pages import TextPage
    from lvstui.store import journal

    kept = app.files.kept
    told = restoring.warning(kept)
    if not told:
        return
    if journal.found(kept.journal) is None:  # another's: theirs to finish, and who may only look is told too
        app.prompt.status(told, "alert")
        return
    with restoring.held(kept, "a recovery"):
        cut = journal.found(kept.journal)
        if cut is None or cut.about.boot != kept.boot:
            app.prompt.status(restoring.warning(kept), "alert")
            return
        state = await app.poll.everything()
        ways = {key: restoring.plan_recovery(cut, state, key == "f") for key in "fb"}
        lines: list[Text] = [[(f"{restoring.cut_off(cut)}, half done", "alert")], []]
        for key, words in (("f", "to finish it"), ("b", "to take it back")):
            todo = ways[key]
            lines += [[(f"{key}  {count(len(todo.changes), 'change')} {words}", "key")]]
            lines += [[(f"   {text}: left as it is", "alert")] for text in todo.left]
            lines += [*plan_lines(todo.changes), []]
        foot = "f finishes it   b takes it back   any other key leaves it for later"
        key = await app.push_screen_wait(TextPage("a restore was cut off", lines, foot, "fb"))
        if not key:
            app.prompt.status(restoring.warning(kept) or restoring.cut_off(cut), "alert")
            return
        purpose = Purpose(f"{'finish' if key == 'f' else 'take back'} the restore of {cut.about.name}")
        todo = ways[key]
        trouble = await app.poll.work(len(todo.changes), restoring.recover, todo, cut, kept, purpose=purpose)
        done = f"done: the restore of {cut.about.name} is {'finished' if key == 'f' else 'taken back'}"
        app.prompt.status(f"{done}; {trouble}" if trouble else done, "alert" if trouble else "good")


def plan_lines(changes: Sequence[Change]) -> list[Text]:
    """A plan as it is shown: the commands by kind, the first of very many."""
    return [[(line.rstrip(), "")] for line in summary.grouped(changes, _SHOWN)]
