"""Probes that a key or a command asks for: each answer is a line of a page as it arrives. Esc leaves the page and
cancels the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from lvstui.commands import probe_targets
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.targets import CommandContext
from lvstui.console.editing.editor import perform
from lvstui.director.daemon import KeepalivedOrder
from lvstui.director.errors import LvsError
from lvstui.director.serving import KEEPALIVED
from lvstui.director.source import ordered, probes
from lvstui.operations import probe as operations
from lvstui.operations.steps import Operation
from lvstui.views import probes as views
from lvstui.views.number import count
from lvstui.views.vrrp import InstanceKey

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.context.ui import Stream

_BACK = "any key goes back"


async def probe(ctx: Context, parsed: ParsedCommand | None = None) -> None:
    """`:probe` and its key: tries the ports of real servers, services and hosts; in view 4 asks who has the addresses
    of the instance under the cursor."""
    if parsed is None and ctx.navigation.view == "vrrp":
        await who(ctx)
    elif parsed is None and ctx.navigation.view == "doctor":
        await everything(ctx)
    else:
        wanted, tries = probe_targets.targets_of(parsed, ctx.world()), probes(ctx.source)
        title = views.title(wanted, ctx.names)
        await _on_a_page(ctx, title, operations.probe(wanted, ctx.names, tries), then=ctx.display.remember)


async def everything(ctx: Context) -> None:
    """The key in view 5: tries every port, asks for every virtual address, and has keepalived test its
    configuration."""
    state, tries = ctx.director.latest, probes(ctx.source)
    wanted = probe_targets.targets_of(None, CommandContext(state, ctx.names))
    addresses, servers = (
        probe_targets.virtual_addresses(state)[: probe_targets.ADDRESSES],
        probe_targets.real_servers(state),
    )

    title = f"probe: {count(len(wanted), 'real server')} and {count(len(addresses), 'virtual address')}, from here"
    test = partial(ordered, ctx.source, KeepalivedOrder.TEST) if state.owner == KEEPALIVED else None
    asking = operations.everything(wanted, addresses, servers, ctx.names, tries, test)
    await _on_a_page(
        ctx,
        title,
        asking,
        "view 5 says what it means; any key goes back",
        lambda results: ctx.display.remember(*results),
    )


async def who(ctx: Context, parsed: ParsedCommand | None = None) -> None:
    """`:who` and the key in view 4."""
    state = ctx.director.latest
    key = ctx.navigation.look.inside if ctx.navigation.look.inside is not None else ctx.table.key
    instance = key.name if parsed is None and isinstance(key, InstanceKey) else ""
    wanted, tries = probe_targets.arp_addresses(parsed, state, instance), probes(ctx.source)
    asking = operations.who(wanted, probe_targets.real_servers(state), ctx.names, tries)
    await _on_a_page(ctx, "who answers for it", asking, _BACK, lambda results: ctx.display.remember(answers=results))


async def _on_a_page(
    ctx: Context,
    title: str,
    operation: Operation[Any],
    foot: str = "",
    then: Callable[[Any], None] = lambda results: None,
) -> None:
    """Opens a page, and runs the operation beside it; `foot` makes the last line of the page, and `then` gets what the
    operation returned."""

    async def fill(page: Stream) -> None:
        try:
            then(await perform(ctx, operation, page))
        except LvsError as error:
            page.add(error.text, "down")
            page.say(_BACK)
        else:
            if foot:
                page.say(foot)

    await ctx.pages.stream(title, "it is under way; Esc cancels", fill)
