"""Keys and commands that only change the view: columns, order, filter, marks, scrolling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import targets
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.targets import NamedTarget
from lvstui.console.actions import pair, replay
from lvstui.console.context.ui import Typing
from lvstui.console.panes import PANES
from lvstui.director.errors import BadInput
from lvstui.director.hosts import HostKey
from lvstui.director.model import ServiceKey
from lvstui.director.remarks import nearest
from lvstui.store.choices import with_filter
from lvstui.views.every_server import EVERY
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def filter_(ctx: Context) -> None:
    before = ctx.navigation.look.filter

    def live(text: str) -> str:
        ctx.navigation.look_at(ctx.navigation.look._replace(filter=text))
        return ctx.table.complaint or count(ctx.table.rows, "row")

    text = await ctx.ui.ask("filter", before, changed=live, typing=Typing(lambda _: (), ctx.session.filters, False))
    ctx.navigation.look_at(ctx.navigation.look._replace(filter=before if text is None else text))
    if ctx.table.complaint:
        ctx.ui.status(f"filter: {ctx.table.complaint}", "error")
    elif text is not None:
        ctx.session.filters = with_filter(ctx.session.filters, text)


async def previous_place(ctx: Context) -> None:
    if not ctx.navigation.back():
        ctx.ui.status("this is the first place")


async def sort(ctx: Context) -> None:
    ctx.navigation.look_at(ctx.navigation.look.sorted_by_next(ctx.table.sorts))


async def sort_by(ctx: Context, parsed: ParsedCommand) -> None:
    """`:sort COLUMN`, by its title or its key; without one, by the next column."""
    wanted = parsed.get("column")
    if wanted is None:
        await sort(ctx)
        return
    known = ctx.table.titles
    key = known.get(wanted.lower())
    if key is None:
        near = nearest(wanted.lower(), known) or "one of " + ", ".join(known)
        raise BadInput(repr(wanted), "is not a column that this table can sort by", near)
    look = ctx.navigation.look
    ctx.navigation.look_at(look._replace(sort=key, reverse=look.sort == key and not look.reverse))


async def servers(ctx: Context, parsed: ParsedCommand) -> None:
    """`:servers`, with a filter if one is given."""
    ctx.navigation.go("hosts", EVERY)
    if parsed.get("text"):
        ctx.navigation.look_at(ctx.navigation.look._replace(filter=parsed.values["text"]))


async def goto(ctx: Context, parsed: ParsedCommand) -> None:
    """`:goto`: a service, a real server in its service, or a host that is in several services; in a recording also a
    time of day."""
    wanted: NamedTarget = parsed.values["target"]
    if await replay.goto(ctx, wanted.text):
        return
    world = ctx.world()._replace(inside=None, rows=())
    if not wanted.host and not isinstance(wanted.whom, bytes):
        try:
            key = targets.service(wanted, world)
        except BadInput as error:
            if isinstance(wanted.whom, ServiceKey) or "say which" in error.mend:
                raise
        else:
            ctx.navigation.go("services")
            while ctx.navigation.look.inside is not None:
                ctx.navigation.leave()
            ctx.table.select(key)
            ctx.program.paint()
            return
    places = targets.places(wanted, None, world)
    first = places[0]
    if len(places) == 1:
        ctx.navigation.go("services", first.service, first)
    else:
        ctx.navigation.go("hosts", HostKey(first.server.family, first.server.address))


async def reverse(ctx: Context) -> None:
    ctx.navigation.look_at(ctx.navigation.look._replace(reverse=not ctx.navigation.look.reverse))


async def pause(ctx: Context) -> None:
    if ctx.storage.replay is not None:
        ctx.storage.replay.stand(not ctx.navigation.look.paused)
    ctx.navigation.look_at(ctx.navigation.look._replace(paused=not ctx.navigation.look.paused))


async def columns(ctx: Context) -> None:
    ctx.navigation.look_at(ctx.navigation.look.next_columns(ctx.table.sets))


async def exact(ctx: Context) -> None:
    ctx.navigation.look_at(ctx.navigation.look._replace(exact=not ctx.navigation.look.exact))


async def scroll_left(ctx: Context) -> None:
    look = ctx.navigation.look
    ctx.navigation.look_at(look._replace(scroll=max(0, min(look.scroll, ctx.table.furthest) - 1)))


async def scroll_right(ctx: Context) -> None:
    ctx.navigation.look_at(ctx.navigation.look._replace(scroll=min(ctx.table.furthest, ctx.navigation.look.scroll + 1)))


async def mark(ctx: Context) -> None:
    key = ctx.table.key
    if key is not None:
        ctx.navigation.look_at(ctx.navigation.look.mark(key))
        ctx.table.move(1)


async def mark_all(ctx: Context) -> None:
    if PANES[ctx.navigation.view].samples:
        ctx.ui.status("no key changes connections: there is nothing to mark them for")
        return
    ctx.navigation.look_at(ctx.navigation.look.mark_all(ctx.table.keys()))


async def unmark_all(ctx: Context) -> None:
    ctx.navigation.look_at(ctx.navigation.look._replace(marked=frozenset()))


async def filter_by(ctx: Context, parsed: ParsedCommand) -> None:
    ctx.navigation.look_at(ctx.navigation.look._replace(filter=parsed.get("text") or ""))
    ctx.session.filters = with_filter(ctx.session.filters, parsed.get("text") or "")


async def view(ctx: Context, parsed: ParsedCommand) -> None:
    name = parsed.values["name"].lower()
    for pane in PANES.values():
        if name in (pane.id, pane.key, pane.title):
            if pane.id == pair.VIEW:
                pair.refuse(ctx)
            ctx.navigation.go(pane.id)
            return
    views = [f"{pane.key} {pane.id}" for pane in PANES.values()]
    raise BadInput(f"view {name}", "there is none", nearest(name, PANES) or ", ".join(views))
