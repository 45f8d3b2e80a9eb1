"""What each action does, by its id: one coroutine each. Here those that change nothing but what is looked at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lvstui.console import (
    actions,
    changing,
    commanding,
    draining,
    drifting,
    forms,
    keeping,
    lasting,
    probing,
    ramping,
    syncing,
)
from lvstui.console.copying import copy
from lvstui.console.looking import LOOKING
from lvstui.console.panes import PANES, Pane
from lvstui.console.replaying import REPLAYING

if TYPE_CHECKING:
    from lvstui.console.app import Console


async def enter(app: Console) -> None:
    key = app.main.key
    if key is not None:
        await app.tables.pane.enter(app, key)


async def leave(app: Console) -> None:
    """One step back: a ramp under way ends first, then the marks go, the filter, and what was gone into."""
    if app.ramps:
        await ramping.stop(app)
    elif app.look.marked:
        app.look_at(app.look._replace(marked=frozenset()))
    elif app.look.filter:
        app.look_at(app.look._replace(filter=""))
    elif app.look.inside is not None:
        app.leave()


async def undo(app: Console) -> None:
    await app.tables.pane.undo(app)


async def delete(app: Console) -> None:
    await app.tables.pane.delete(app)


async def restore(app: Console) -> None:
    await app.tables.pane.restore(app)


async def ask(app: Console) -> None:
    app.poll.ask = not app.poll.ask
    app.prompt.status("keepalived is asked every 10 s" if app.poll.ask else "keepalived is asked no more")
    app.poll.wake()


def _view(pane: Pane) -> Callable[[Console], Awaitable[None]]:
    async def open_(app: Console) -> None:
        app.go(pane.id)

    return open_


async def theme(app: Console) -> None:
    from lvstui.console.theming import choose_theme

    await choose_theme(app)


async def suspend(app: Console) -> None:
    app.action_suspend_process()


async def help_(app: Console) -> None:
    from lvstui.console.pages import TextPage

    lines = actions.help_lines(app.actions, bool(app.state.read_only))
    await app.push_screen_wait(
        TextPage("lvstui: what the keys do, and the commands", lines, "arrows scroll, any other key goes back")
    )


async def palette(app: Console) -> None:
    from lvstui.console.offers import Palette

    app.push_screen(Palette())


async def quit_(app: Console) -> None:
    """Leaves the console: a ramp under way is asked about, and what is being sent is waited for."""
    if app.ramps:
        count = len(app.ramps)
        what = "a ramp is under way" if count == 1 else f"{count} ramps are under way"
        question = [(f"{what}: y leaves, and the weights stay as they are", "alert")]
        if await app.prompt.key(question, ("y",)) is None:
            app.prompt.status("the ramp goes on")
            return
    await app.poll.sent()
    app.exit(0)


DOING: dict[str, Callable[[Console], Awaitable[None]]] = {
    **LOOKING,
    **REPLAYING,
    "enter": enter,
    "leave": leave,
    "add": forms.add,
    "edit": forms.edit,
    "clone": forms.clone,
    "delete": delete,
    "drain": draining.toggle,
    "drain_host": draining.host,
    "scheduler": changing.scheduler,
    "weight": changing.weight,
    "heavier": changing.heavier,
    "lighter": changing.lighter,
    "zero": changing.zero,
    "undo": undo,
    "save": keeping.save,
    "restore": restore,
    "recover": keeping.recover,
    "copy": copy,
    "drift": drifting.row,
    "conf": lasting.show,
    "read_only": commanding.read_only,
    "command": commanding.command,
    "palette": palette,
    "theme": theme,
    "ask": ask,
    "probe": probing.probe,
    "sync": syncing.line,
    "suspend": suspend,
    "help": help_,
    "quit": quit_,
    **{f"view-{pane.id}": _view(pane) for pane in PANES.values()},
}
