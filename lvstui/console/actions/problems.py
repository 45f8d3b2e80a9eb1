"""n and N: move the cursor to the next problem, or to the previous one, in any view; in a recording to the next event,
or to the previous one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.console.actions import replay
from lvstui.director.model import ServerKey, server_text
from lvstui.views.number import count
from lvstui.views.problems import Problem, problems, worst, worst_service

if TYPE_CHECKING:
    from lvstui.console.context import Context

_STANDS = 5.0
"""Seconds for which a problem is described, because it may be over a moment later."""


async def following(ctx: Context) -> None:
    if not await replay.event(ctx, 1):
        _step(ctx, 1)


async def preceding(ctx: Context) -> None:
    if not await replay.event(ctx, -1):
        _step(ctx, -1)


def start(ctx: Context) -> bool:
    """Puts the cursor on the worst service. If that row is off the screen, the cursor stays, and the bottom line says
    where the problem is. Returns whether there is a problem."""
    tally = ctx.display.tally
    key = worst_service(tally) if tally is not None else None
    if key is None or ctx.navigation.view != "services":
        return False
    if key in ctx.table.keys(in_sight=True):
        ctx.table.select(key)
        ctx.program.paint()
    return True


def welcome(ctx: Context) -> str:
    """The message for somebody who sees the console for the first time: the problem, and the keys that lead to it."""
    tally, program = ctx.display.tally, ctx.commands
    if tally is None:
        return ""
    key = worst_service(tally)
    served = tally.odd[key] if key is not None else None
    if key is None or served is None:
        return f"simulated: all is well so far. Enter opens a service, {program.key('help') or 'F1'} helps, :tour"
    following, drain = program.key("next_problem"), program.key("drain")
    pool = ctx.display.state.pools.get(key)
    drained = next((server.key for server in pool.servers() if not server.weight), None) if pool is not None else None
    down = f"{_named(ctx, served.ill[0])} is {'down' if served.down else 'out'}" if served.down + served.out else ""
    if drained is not None and drain:
        what = f"{f'{down}, ' if down else ''}{_named(ctx, drained)} drained"
        return f"simulated: {what}. Enter, then {drain} on {_named(ctx, drained)} fixes that; :tour"
    return f"simulated: {down or worst(tally, ctx.names)}: press {following or 'Enter'}. :tour shows you around"


def _named(ctx: Context, server: ServerKey) -> str:
    return ctx.names.server(server) or server_text(server)


def hint(ctx: Context) -> str:
    """Where the problem is and which key leads there, while the cursor is elsewhere; "" if it is there or all is
    well."""
    tally = ctx.display.tally
    key = ctx.commands.key("next_problem")
    if tally is None or not (key and (tally.down or tally.degraded)):
        return ""
    at = ctx.navigation.look.inside if ctx.navigation.look.inside is not None else ctx.table.key
    if at in tally.odd:
        return ""
    others = len(tally.down) + len(tally.degraded) - 1
    more = f", and {count(others, 'more problem')}" if others else ""
    return f"{worst(tally, ctx.names)}{more}; {key} goes there"


def _step(ctx: Context, way: int) -> None:
    tally = ctx.display.tally
    if tally is None:
        ctx.ui.status("nothing has been read yet")
        return
    listed = problems(ctx.display.state, tally, ctx.display.drifts, ctx.names, ctx.display.findings)
    if ctx.navigation.look.filter:
        # Within a filter n stays among the rows that pass it.
        here_listed = [item for item in listed if item.pane == ctx.navigation.view]
        places = frozenset(ctx.table.keys()) if here_listed else frozenset()
        listed = [item for item in here_listed if item.key in places]
    if not listed:
        ctx.ui.status(_none(ctx), "good")
        return
    here = ctx.navigation.view, ctx.navigation.look.inside if ctx.navigation.look.inside is not None else ctx.table.key
    at = next((n for n, problem in enumerate(listed) if (problem.pane, problem.key) == here), None)
    number = (at + way) % len(listed) if at is not None else 0 if way > 0 else len(listed) - 1
    _go(ctx, listed[number])
    again = f"; the last one, {ctx.commands.key('next_problem') or 'n'} starts over"
    last = again if number == len(listed) - 1 and len(listed) > 1 else ""
    ctx.ui.status(f"problem {number + 1} of {len(listed)}: {listed[number].words}{last}", "alert", _STANDS)


def _go(ctx: Context, problem: Problem) -> None:
    if ctx.navigation.view != problem.pane or ctx.navigation.look.inside is not None:
        ctx.navigation.go(problem.pane)
        while ctx.navigation.look.inside is not None:
            ctx.navigation.leave()
    if problem.key not in frozenset(ctx.table.keys()) and ctx.navigation.look.filter:
        ctx.navigation.look_at(ctx.navigation.look._replace(filter=""))
    ctx.table.select(problem.key)
    ctx.program.paint()


def _none(ctx: Context) -> str:
    tally = ctx.display.tally
    filtered = " among the rows that pass the filter" if ctx.navigation.look.filter else ""
    live = f": {tally.live} of {count(tally.configured, 'server')} live" if tally and tally.configured else ""
    return f"no problems{filtered}{live if not filtered else ''}"
