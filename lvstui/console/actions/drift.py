"""A page with the differences from what keepalived programmed, for the row under the cursor or the whole table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvstui.commands.parse import ParsedCommand
from lvstui.console.session.threads import in_thread
from lvstui.director.drift.drift import Drift, setting_drifts
from lvstui.director.errors import NotDone
from lvstui.director.model import RuleSet, ServiceKey, server_text, service_text
from lvstui.views import drifting
from lvstui.views.number import count
from lvstui.views.place import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context

_MOST = 400
"""The most differences that are listed."""


async def row(ctx: Context) -> None:
    """The drift of the row under the cursor; if it has none, of the whole table."""
    key, drifts = ctx.table.key, ctx.display.drifts
    listed: tuple[Drift, ...] = ()
    name = ""
    if drifts is not None and isinstance(key, Place):
        listed, name = drifts.of(key.service, key.server), ctx.names.server(key.server) or server_text(key.server)
    elif drifts is not None and isinstance(key, ServiceKey):
        listed, name = drifts.of(key), ctx.names.service(key) or service_text(key)
    if listed:
        await _show(ctx, listed, name)
    else:
        await whole(ctx)


async def whole(ctx: Context, parsed: ParsedCommand | None = None) -> None:
    """`:drift`: every difference, including the settings', with what events will do to each. Raises NotDone."""
    await ctx.director.fresh()
    drifts = ctx.display.drifts
    if drifts is None:
        raise NotDone("drift", _why(ctx), "--diff FILE compares the table with any configuration")
    state = await ctx.director.everything()
    settings = await in_thread(setting_drifts, RuleSet({}, state.timeouts, state.sync), drifts.keeping)
    listed = [*settings, *(drift for of in drifts.by_service.values() for drift in of)]
    if not listed:
        ctx.ui.status(f"no drift: the table is as keepalived programmed it from {drifts.keeping.named}", "good")
        return
    await _show(ctx, listed, "")


def _why(ctx: Context) -> str:
    if ctx.display.state.unknown:
        return "not all of the rules can be read here"
    keeping = ctx.display.state.keeping
    if keeping is None:
        return "no keepalived programs this table"
    return keeping.trouble or "its configuration has not been read"


async def _show(ctx: Context, shown: Sequence[Drift], name: str) -> None:
    drifts = ctx.display.drifts
    config = drifts.keeping.named if drifts is not None else ""
    lines = [*drifting.lines(shown[:_MOST], ctx.names)]
    if len(shown) > _MOST:
        lines.append([(f"and {count(len(shown) - _MOST, 'more difference')}", "dim")])
    title = drifting.title(shown, config)
    foot = "arrows scroll, any other key goes back"
    await ctx.pages.page(f"{name}  {title}" if name else title, lines, foot)
