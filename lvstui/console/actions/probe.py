"""What is tried from here when a key or a command asks for it: each answer is a line of a page, as it comes. Esc leaves
the page, and what was not answered is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lvstui.commands import trying
from lvstui.commands.parse import Asked
from lvstui.console.session.runner import perform
from lvstui.director.errors import LvsError
from lvstui.director.source import probes
from lvstui.operations import probe as operations
from lvstui.operations.steps import Operation
from lvstui.views.number import count
from lvstui.views.vrrp import InstanceKey

if TYPE_CHECKING:
    from lvstui.console.app import Console

_BACK = "any key goes back"


async def probe(app: Console, asked: Asked | None = None) -> None:
    """`:probe`, and its key: on real servers, services and hosts their ports; in view 4 who answers for the addresses
    of the instance under the cursor."""
    if asked is None and app.tables.pane.id == "vrrp":
        await who(app)
    else:
        wanted, tries = trying.tried(asked, app.desk.world()), probes(app.guard)
        title = f"probe: {count(len(wanted), 'real server')}, from here"
        await _on_a_page(app, title, operations.probe(wanted, app.names, tries))


async def who(app: Console, asked: Asked | None = None) -> None:
    """`:who`, and the key in view 4."""
    state = app.desk.state
    key = app.look.inside if app.look.inside is not None else app.main.key
    instance = key.name if asked is None and isinstance(key, InstanceKey) else ""
    wanted, tries = trying.asked_for(asked, state, instance), probes(app.guard)
    await _on_a_page(app, "who answers for it", operations.who(wanted, trying.real_servers(state), tries), _BACK)


async def _on_a_page(app: Console, title: str, operation: Operation[Any], foot: str = "") -> None:
    """Opens a page, and runs the operation beside it; `foot` is what the page says in the end."""
    from lvstui.console.pages.stream_page import GrowingPage

    page = GrowingPage(title, "it is under way; Esc gives it up")

    async def fill() -> None:
        await page.ready.wait()
        try:
            await perform(app, operation, page)
        except LvsError as error:
            page.add(f"{error.what}: {error.why}{f'; {error.mend}' if error.mend else ''}", "down")
            page.say(_BACK)
        else:
            if foot:
                page.say(foot)

    app.beside(fill, "probe")
    await app.push_screen_wait(page)
