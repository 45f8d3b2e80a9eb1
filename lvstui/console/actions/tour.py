"""`:tour`: shows the console in six steps. It only shows; it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple

from lvstui.director.errors import NotDone
from lvstui.director.model import ServiceKey
from lvstui.views.opened import Opened
from lvstui.views.place import Place
from lvstui.views.problems import worst_service

if TYPE_CHECKING:
    from lvstui.console.context import Context

_ON = ("enter", "space", "right")
"""Keys that lead to the next step."""


class Step(NamedTuple):
    """Where a step leads, and what is said there. Words in `<>` are ids of actions: their keys stand in their place."""

    goes: Callable[[Context, ServiceKey], None]
    title: str
    words: tuple[str, ...]


async def tour(ctx: Context) -> None:
    """Step by step, until the end or until the operator has had enough; then the services are shown again."""
    keys = ctx.display.state.services.keys
    tally = ctx.display.tally
    service = (worst_service(tally) if tally is not None else None) or (keys[0] if len(keys) else None)
    if service is None:
        raise NotDone("tour", "there is no service to show", "lvstui --demo site has some")
    try:
        for number, step in enumerate(STEPS, 1):
            step.goes(ctx, service)
            ctx.pages.list_below(
                [[(f" {step.title}", "title")], *([(f"   {_keyed(ctx, one)}", "")] for one in step.words)]
            )
            last = number == len(STEPS)
            ends = "Enter ends the tour" if last else "Enter continues, Esc ends the tour"
            if await ctx.ui.key([(f"{number} of {len(STEPS)}: {step.title}   ", "key"), (ends, "dim")], _ON) is None:
                break
    finally:
        ctx.pages.list_below(())
    _services(ctx, service)


def _keyed(ctx: Context, words: str) -> str:
    """The words with the keys that actions have here."""
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


def _page(ctx: Context, service: ServiceKey) -> None:
    """The page of a server that is not well, else of the first."""
    _inside(ctx, service)
    rows = ctx.table.keys()
    places = [key for key in rows if isinstance(key, Place)]
    if places:
        tally = ctx.display.tally
        served = tally.of(service) if tally is not None else None
        ill = served.ill if served is not None else ()
        ctx.navigation.enter(Opened(next((one for one in places if one.server in ill), places[0])))


STEPS = (
    Step(
        _services,
        "What is wrong, and since when",
        (
            "Line 1 counts what is wrong. A row in trouble has a sign, a word, and a time.",
            "Below it: why, what clients feel, and what to do.",
            "<next_problem> leads from one trouble to the next, in whatever view it is.",
        ),
    ),
    Step(
        _inside,
        "Inside a service",
        (
            "Enter opens it: its servers, and the share of the load that each carries.",
            "<drain> drains a server or takes that back, <weight> sets its weight.",
            "Each shows the ipvsadm command and asks first.",
        ),
    ),
    Step(
        _page,
        "The page of a real server",
        (
            "Enter once more: its check, limits, other services and last changes.",
            "<probe> tries its port from here; <records> shows its records in the audit log.",
        ),
    ),
    Step(
        lambda ctx, service: _home(ctx, "hosts"),
        "Hosts",
        (
            "<view-hosts>: each machine, with all its services added up.",
            "<drain_host> drains one everywhere, in one question.",
            ":replace host OLD NEW puts another in its place.",
        ),
    ),
    Step(
        lambda ctx, service: _home(ctx, "doctor"),
        "The doctor, and VRRP",
        (
            "<view-doctor>: what is wrong with this machine, and the command that fixes it.",
            "<view-vrrp>: who is master, since when, and why.",
        ),
    ),
    Step(
        lambda ctx, service: _home(ctx, "audit"),
        "The audit log, and the way back",
        (
            "<view-audit>: who changed what. <undo> takes back the one under the cursor,",
            "and in the other views the last change that was made here.",
            "<filter> filters, <command> takes commands, <help> has all keys.",
        ),
    ),
)
