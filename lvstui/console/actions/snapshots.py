"""The actions that keep and bring back: save a snapshot, restore one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.commands.parse import Asked
from lvstui.commands.proposals import Proposal
from lvstui.console.session.runner import perform
from lvstui.console.session.threads import aside
from lvstui.operations import lock
from lvstui.operations import restore as operations
from lvstui.operations.change import Done, undo
from lvstui.store import journal
from lvstui.views import summary
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.app import Console


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


async def save_to(app: Console, asked: Asked) -> None:
    """`:save`"""
    name = asked.get("file")
    await (save_as(app, name) if name is not None else save(app))


async def restore(app: Console) -> None:
    from lvstui.console.pages.pages import PickPage

    path = await app.push_screen_wait(PickPage("restore which snapshot?", [one.path for one in app.files.listed()]))
    if path is not None:
        await restore_from(app, path)


async def restore_from(app: Console, path: Path) -> None:
    """Shows what a file would change, and does it."""
    wanted, remarks = await aside(app.files.load, path)
    kept = app.files.kept
    found = await perform(app, operations.restore(wanted, str(path), kept, remarks=remarks))
    if found is None:
        return
    if not found.changes:
        app.prompt.status(f"{path.name}: nothing differs")
        return
    proposal = Proposal(found.changes, f"restore {path.name} ({summary.counts(found.changes)})")
    app.desk.done(Done(proposal, undo(proposal, found.now), found.noted, found.trouble))


async def restore_of(app: Console, asked: Asked) -> None:
    """`:restore`"""
    name = asked.get("file")
    await (restore_from(app, app.files.to_read(name)) if name is not None else restore(app))


async def recover(app: Console) -> None:
    """A restore that was cut off is finished or taken back, when one was; asked at the start."""
    kept = app.files.kept
    told = lock.warning(kept)
    if not told:
        return
    cut = journal.found(kept.journal)
    if cut is None or cut.about.boot != kept.boot:  # another's, theirs to finish; or its table is no more
        app.prompt.status(told, "alert")
        return
    found = await perform(app, operations.recover((True, False), kept, "recover", "a recovery"))
    name = found.cut.about.name
    if found.forward is None:
        app.prompt.status(lock.warning(kept) or lock.cut_off(found.cut), "alert")
        return
    done = f"done: the restore of {name} is {'finished' if found.forward else 'taken back'}"
    app.prompt.status("; ".join(filter(None, (done, found.trouble))), "alert" if found.trouble else "good")
