"""What keys and commands do that change only what is looked at: columns, order, filter, marks, scrolling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands.parse import Asked
from lvstui.console.panes import PANES
from lvstui.director.errors import BadInput
from lvstui.director.remarks import nearest
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.app import Console


async def filter_(app: Console) -> None:
    before = app.look.filter

    def live(text: str) -> str:
        app.look_at(app.look._replace(filter=text))
        return app.tables.complaint or count(app.main.rows, "row")

    text = await app.prompt.ask("filter", before, changed=live)
    app.look_at(app.look._replace(filter=before if text is None else text))
    if app.tables.complaint:
        app.prompt.status(f"filter: {app.tables.complaint}", "error")


async def sort(app: Console) -> None:
    app.look_at(app.look.sorted_by_next(app.tables.sorts))


async def reverse(app: Console) -> None:
    app.look_at(app.look._replace(reverse=not app.look.reverse))


async def pause(app: Console) -> None:
    if app.files.replay is not None:
        app.files.replay.stand(not app.look.paused)
    app.look_at(app.look._replace(paused=not app.look.paused))


async def columns(app: Console) -> None:
    app.look_at(app.look.next_columns(app.tables.sets))


async def exact(app: Console) -> None:
    app.look_at(app.look._replace(exact=not app.look.exact))


async def scroll_left(app: Console) -> None:
    app.look_at(app.look._replace(scroll=max(0, min(app.look.scroll, app.main.furthest) - 1)))


async def scroll_right(app: Console) -> None:
    app.look_at(app.look._replace(scroll=min(app.main.furthest, app.look.scroll + 1)))


async def mark(app: Console) -> None:
    key = app.main.key
    if key is not None:
        app.look_at(app.look.mark(key))
        app.main.action_move(1)


async def mark_all(app: Console) -> None:
    app.look_at(app.look.mark_all(app.main.keys()))


async def unmark_all(app: Console) -> None:
    app.look_at(app.look._replace(marked=frozenset()))


async def filter_by(app: Console, asked: Asked) -> None:
    app.look_at(app.look._replace(filter=asked.get("text") or ""))


async def view(app: Console, asked: Asked) -> None:
    name = asked.values["name"].lower()
    for pane in PANES.values():
        if name in (pane.id, pane.key, pane.title):
            app.go(pane.id)
            return
    views = [f"{pane.key} {pane.id}" for pane in PANES.values()]
    raise BadInput(f"view {name}", "there is none", nearest(name, PANES) or ", ".join(views))
