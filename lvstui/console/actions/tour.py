"""`:tour`: shows the console in six steps. It only shows; it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from lvstui.director.errors import NotDone
from lvstui.director.model import ServerKey, ServiceKey, server_text
from lvstui.values import NamedTuple
from lvstui.views.opened import OpenedRow
from lvstui.views.place import Place
from lvstui.views.problems import worst_service

if TYPE_CHECKING:
    from lvstui.console.context import Context

_ON, _BACK = ("enter", "space", "right"), ("left", "backspace")
"""Keys that lead to the next step, and to the previous one."""


class TourStep(NamedTuple):
    """The place that a step shows, and its text. Words in `<>` are ids of actions; their keys replace them."""

    goes: Callable[[Context, ServiceKey], None]
    title: str
    words: tuple[str, ...]


async def tour(ctx: Context) -> None:
    """Goes step by step, until the end or until the operator leaves; then shows the services again."""
    keys = ctx.display.state.services.keys
    tally = ctx.display.tally
    service = (worst_service(tally) if tally is not None else None) or (keys[0] if len(keys) else None)
    if service is None:
        raise NotDone("tour", "there is no service to show", "lvstui --demo site has some")
    number = 0
    try:
        while number < len(STEPS):
            step, last = STEPS[number], number == len(STEPS) - 1
            step.goes(ctx, service)
            head = [(f" Tour, {number + 1} of {len(STEPS)} ", "mode"), (f" {step.title}", "title")]
            ctx.pages.list_below([head, *([(f"   {_keyed(ctx, word)}", "")] for word in step.words)])
            question = [("Enter ", "key"), (f"{'ends the tour' if last else 'next'}   ", "")]
            if number:
                question += [("Left ", "key"), ("back   ", "")]
            if not last:
                question += [("Esc ", "key"), ("ends the tour", "")]
            key = await ctx.ui.key(question, (*_ON, *_BACK))
            if key is None:
                break
            number = max(0, number - 1) if key in _BACK else number + 1
    finally:
        ctx.pages.list_below(())
    _services(ctx, service)
    ctx.ui.status(_mend(ctx, service), "", _STANDS)


_STANDS = 30.0
"""Seconds for which the last text of the tour is shown, unless a key is pressed."""


def _mend(ctx: Context, service: ServiceKey) -> str:
    """The keys that can be tried now."""
    server, name = _drained(ctx, service)
    if server is None:
        return f"Now try it. {_keyed(ctx, '<help>')} has every key, :tour begins again"
    drain = ctx.commands.key("drain") or "x"
    return f"Now fix it: Enter, then {drain} on {name} takes the drain back. :tour begins again"


def _keyed(ctx: Context, words: str) -> str:
    """The text with the present keys of its actions."""
    pieces = words.split("<")
    for place, piece in enumerate(pieces[1:], 1):
        name, _, rest = piece.partition(">")
        pieces[place] = f"{ctx.commands.key(name) or f':{name}'}{rest}"
    return "".join(pieces)


def _home(ctx: Context, view: str, select: Hashable | None = None) -> None:
    """A view at its own rows."""
    ctx.navigation.go(view)
    while ctx.navigation.look.inside is not None:
        ctx.navigation.leave()
    if select is not None:
        ctx.table.select(select)
    ctx.program.paint()


def _services(ctx: Context, service: ServiceKey) -> None:
    _home(ctx, "services", service)


def _inside(ctx: Context, service: ServiceKey) -> None:
    _home(ctx, "services", service)
    ctx.navigation.enter(service)


def _drained(ctx: Context, service: ServiceKey) -> tuple[ServerKey | None, str]:
    """A drained server of a service, and its name."""
    pool = ctx.display.state.pools.get(service)
    drained = next((server.key for server in pool.servers() if not server.weight), None) if pool is not None else None
    return drained, (ctx.names.server(drained) or server_text(drained)) if drained is not None else ""


def _at_drained(ctx: Context, service: ServiceKey) -> None:
    """Goes into a service, to a drained server if there is one."""
    _inside(ctx, service)
    server, _ = _drained(ctx, service)
    if server is not None:
        ctx.table.select(Place(service, server))
        ctx.program.paint()


def _page(ctx: Context, service: ServiceKey) -> None:
    """Opens the page of a server that is not well, else of the first server."""
    _inside(ctx, service)
    rows = ctx.table.keys()
    places = [key for key in rows if isinstance(key, Place)]
    if places:
        tally = ctx.display.tally
        served = tally.of(service) if tally is not None else None
        ill = served.ill if served is not None else ()
        ctx.navigation.enter(OpenedRow(next((place for place in places if place.server in ill), places[0])))


STEPS = (
    TourStep(
        _services,
        "What is wrong, and since when",
        (
            "Line 1 counts what is wrong. The worst row is on top: sign, word, time.",
            "Below the table: why, so (what clients notice), and do (what to do).",
            "<next_problem> goes to the next problem, in whatever view it is.",
        ),
    ),
    TourStep(
        _at_drained,
        "Inside a service",
        (
            "Enter opens it: its servers, and the share of the load that each carries.",
            "<drain> drains a server or takes its drain back, <weight> sets its weight.",
            "Every change shows its ipvsadm command first and waits for y.",
        ),
    ),
    TourStep(
        _page,
        "The page of a real server",
        (
            "Enter once more: why it is down, its check, its limits, its last changes.",
            "<probe> tries its port from here; <records> shows its records in the audit log.",
        ),
    ),
    TourStep(
        lambda ctx, service: _home(ctx, "hosts"),
        "Hosts",
        (
            "<view-hosts> shows each machine, with all its services added up.",
            "<drain_host> drains one everywhere, in one question.",
            ":replace host OLD NEW puts another in its place.",
        ),
    ),
    TourStep(
        lambda ctx, service: _home(ctx, "doctor"),
        "The doctor, and VRRP",
        (
            "<view-doctor> looks for known faults, and shows its evidence and the remedy.",
            "<view-vrrp> says who is MASTER, since when, and why.",
            ":pair HOST compares this director with the other one.",
        ),
    ),
    TourStep(
        lambda ctx, service: _home(ctx, "audit"),
        "The audit log, and the way back",
        (
            "<view-audit> says who changed what. <undo> takes back the change under the cursor,",
            "in the other views the last change made here; <redo> makes it again.",
            "<filter> filters, <command> takes commands, <help> has every key.",
        ),
    ),
)
