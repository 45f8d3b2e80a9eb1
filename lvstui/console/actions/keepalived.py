"""Orders to keepalived from the console: reload its configuration, and stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import reloading
from lvstui.commands.parse import ParsedCommand
from lvstui.console.editing.editor import perform
from lvstui.director.state import rules_of
from lvstui.operations import keepalived
from lvstui.operations.keepalived import Reloaded
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.context import Context

_MOST = 200
"""The most differences that are listed."""


async def reload(ctx: Context, parsed: ParsedCommand) -> None:
    """`:reload`: the test, what the reload will change, the reload, and what differs after it."""
    done = await perform(ctx, keepalived.reload(patience=0))
    if done is None:
        return
    ctx.director.wake()
    verdict = reloading.verdict(done.differing)
    text = "; ".join(filter(None, (verdict, done.remark)))
    ctx.ui.status(text, "alert" if done.differing else "good")
    if done.differing:
        await _list(ctx, verdict, done)


async def _list(ctx: Context, title: str, done: Reloaded) -> None:
    now, changes = rules_of(done.state), reloading.brief(done.differing or ())
    lines = [[(reloading.differs(change, now), "")] for change in changes[:_MOST]]
    if len(changes) > _MOST:
        lines.append([(f"and {count(len(changes) - _MOST, 'more change')}", "dim")])
    await ctx.pages.page(f"{title}: table -> configuration", lines, "any key goes back")


async def failover(ctx: Context, parsed: ParsedCommand) -> None:
    """`:failover`: shows what it will do; only the capital letter confirms it."""
    done = await perform(ctx, keepalived.failover(parsed.get("reason") or "", patience=0))
    if done is not None:
        ctx.director.wake()
        text = "; ".join(filter(None, (done.text, done.remark)))
        ctx.ui.status(text, "good" if done.heard else "error")
