"""What is tried from here when a key or a command asks for it: each answer is a line of a page, as it comes. Esc leaves
the page, and what was not answered is given up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lvstui.commands import trying
from lvstui.commands.parse import Asked
from lvstui.console.aside import aside
from lvstui.director.errors import LvsError
from lvstui.director.probe import Knock, Knocked, Probes
from lvstui.director.source import probes
from lvstui.views import probes as views
from lvstui.views.number import count
from lvstui.views.vrrp import InstanceKey

if TYPE_CHECKING:
    from lvstui.console.app import Console
    from lvstui.console.growing import GrowingPage

_BACK = "any key goes back"


async def probe(app: Console, asked: Asked | None = None) -> None:
    """`:probe`, and its key: on real servers, services and hosts their ports; in view 4 who answers for the addresses
    of the instance under the cursor."""
    if asked is None and app.tables.pane.id == "vrrp":
        await who(app)
    else:
        wanted, tries = trying.tried(asked, app.desk.world()), probes(app.guard)
        title = f"probe: {count(len(wanted), 'real server')}, from here"
        await _on_a_page(app, title, lambda page: _knock(app, page, tries, wanted))


async def _knock(app: Console, page: GrowingPage, tries: Probes, wanted: list[Knock]) -> None:
    found: list[Knocked] = []
    under_way = tries.knock(wanted)
    while not page.left and (one := await aside(next, under_way, None)) is not None:
        found.append(one)
        page.add(*views.knocked(one, app.names))
        page.say(f"{views.tally(found, len(wanted))}; {_BACK}")


async def who(app: Console, asked: Asked | None = None) -> None:
    """`:who`, and the key in view 4."""
    state = app.desk.state
    key = app.look.inside if app.look.inside is not None else app.main.key
    instance = key.name if asked is None and isinstance(key, InstanceKey) else ""
    wanted, tries = trying.asked_for(asked, state, instance), probes(app.guard)
    servers = trying.real_servers(state)

    async def ask(page: GrowingPage) -> None:
        for address, device in wanted:
            if page.left:
                return
            for line in views.answered(await aside(tries.who_has, address, device), servers):
                page.add(*line)
        page.say(_BACK)

    await _on_a_page(app, "who answers for it", ask)


async def _on_a_page(app: Console, title: str, work: Callable[[GrowingPage], Awaitable[None]]) -> None:
    """Opens a page, and lets `work` fill it beside it."""
    from lvstui.console.growing import GrowingPage

    page = GrowingPage(title, "it is under way; Esc gives it up")

    async def fill() -> None:
        await page.ready.wait()
        try:
            await work(page)
        except LvsError as error:
            page.add(f"{error.what}: {error.why}{f'; {error.mend}' if error.mend else ''}", "down")
            page.say(_BACK)

    app.beside(fill, "probe")
    await app.push_screen_wait(page)
