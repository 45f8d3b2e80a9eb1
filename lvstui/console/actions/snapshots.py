"""The actions for snapshots: save one, restore one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.commands.parse import ParsedCommand
from lvstui.commands.proposals import Proposal
from lvstui.console.editing import outcome
from lvstui.console.editing.editor import perform
from lvstui.console.session.threads import in_thread
from lvstui.operations import lock
from lvstui.operations import restore as operations
from lvstui.operations.change import Done, undo
from lvstui.store import journal, noticed
from lvstui.views import summary
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def save(ctx: Context) -> None:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    text = await ctx.ui.ask("save as", str(ctx.storage.folder / f"{ctx.display.state.host}-{stamp}.toml"))
    if text:
        await save_as(ctx, text)


async def save_as(ctx: Context, text: str) -> None:
    """Saves the table under a name: a file's, `@name` or `@boot`."""
    state = await ctx.director.everything()
    path = ctx.storage.to_write(text)
    await in_thread(ctx.storage.save, state, path)
    ctx.ui.status(f"saved {count(len(state.services), 'service')} to {path}", "good")


async def save_to(ctx: Context, parsed: ParsedCommand) -> None:
    """`:save`"""
    name = parsed.get("file")
    await (save_as(ctx, name) if name is not None else save(ctx))


async def restore(ctx: Context) -> None:
    path = await ctx.pages.pick("restore which snapshot?", [item.path for item in ctx.storage.listed()])
    if path is not None:
        await restore_from(ctx, path)


async def restore_from(ctx: Context, path: Path) -> None:
    """Shows what restoring a file would change, and restores it."""
    wanted, remarks = await in_thread(ctx.storage.load, path)
    dirs = ctx.storage.paths
    restored = await perform(ctx, operations.restore(wanted, str(path), dirs, remarks=remarks))
    if restored is None:
        return
    if not restored.changes:
        ctx.ui.status(f"{path.name}: nothing differs")
        return
    proposal = Proposal(tuple(restored.changes), f"restore {path.name} ({summary.counts(restored.changes)})")
    outcome.report(ctx, Done(proposal, undo(proposal, restored.now), restored.noted, restored.trouble))


async def restore_of(ctx: Context, parsed: ParsedCommand) -> None:
    """`:restore`"""
    name = parsed.get("file")
    await (restore_from(ctx, ctx.storage.to_read(name)) if name is not None else restore(ctx))


async def recover(ctx: Context) -> None:
    """Finishes or takes back a restore that was cut off, if there is one; asked at the start."""
    dirs = ctx.storage.paths
    if ctx.storage.host:  # there by its own lvstui: the line stands in the note
        note = noticed.unfinished_note(ctx.display.state.notes)
        ctx.ui.status(note or f"no restore was cut off on {ctx.storage.host}", "alert" if note else "good")
        return
    unfinished = lock.warning(dirs)
    if not unfinished:
        return
    cut = journal.unfinished(dirs.journal)
    if cut is None or cut.about.boot != dirs.boot:  # another's, theirs to finish; or its table is no more
        ctx.ui.status(unfinished, "alert")
        return
    recovered = await perform(ctx, operations.recover((True, False), dirs, "recover", "a recovery"))
    name = recovered.cut.about.name
    if recovered.forward is None:
        ctx.ui.status(lock.warning(dirs) or lock.cut_off(recovered.cut), "alert")
        return
    done = f"done: the restore of {name} is {'finished' if recovered.forward else 'taken back'}"
    ctx.ui.status("; ".join(filter(None, (done, recovered.trouble))), "alert" if recovered.trouble else "good")
