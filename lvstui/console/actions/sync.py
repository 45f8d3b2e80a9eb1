"""The sync daemons from the console: a line to start or stop one with, and whose connections this director knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands.parse import Asked
from lvstui.console.session.runner import perform
from lvstui.director.source import probes
from lvstui.director.sync.daemons import suggested
from lvstui.operations.probe import sync_check
from lvstui.views.sync import SyncKey

if TYPE_CHECKING:
    from lvstui.console.app import Console


async def line(app: Console) -> None:
    """The command line, begun with what most likely comes next for the daemon under the cursor."""
    key = app.look.inside if isinstance(app.look.inside, SyncKey) else app.main.key
    await app.acts.command(suggested(app.state, key.role if isinstance(key, SyncKey) else ""))


async def check(app: Console, asked: Asked | None = None) -> None:
    """`:sync check`: counts the connections that are known here by where they were learnt of. Raises NotDone,
    Unavailable."""
    from lvstui.console.pages.pages import TextPage

    found = await perform(app, sync_check(probes(app.guard), patience=0))
    app.prompt.status(found.verdict.text, "good" if found.well else "alert")
    shown = [[(found.unjudged, "alert")]] if found.unjudged else []
    shown += [[(f"{one.role} daemon: {one.text}", "down")] for one in found.findings]
    shown += [[(one.text, one.tone)] for one in (found.verdict, *found.lines)]
    await app.push_screen_wait(
        TextPage("sync check: whose connections this director knows", shown, "any key goes back")
    )
