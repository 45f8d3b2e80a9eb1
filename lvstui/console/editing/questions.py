"""What an operation asks, on the screen: in the bottom line, or on a page where there is more to read. An outage is
confirmed by the capital letter alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvstui.commands import proposals, reloading
from lvstui.console.editing.clipboard import copied
from lvstui.director.change import Change
from lvstui.director.model import service_text
from lvstui.operations.lock import cut_off
from lvstui.operations.steps import (
    YES,
    Climb,
    Closed,
    Complained,
    Confirm,
    HandOver,
    Lasting,
    Plan,
    Question,
    Reload,
    Ways,
)
from lvstui.views import summary
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.context import Context, Text

_SHOWN = 500
"""Commands of a plan that are listed."""


async def ask(ctx: Context, question: Question) -> object:
    """The answer that the question names."""
    match question:
        case Confirm():
            return await _change(ctx, question)
        case Closed():
            return await _closed(ctx, question)
        case Climb():
            some = question.ramps[0]
            way = f"{count(len(some.steps), 'step')} of {some.start} to {some.goal} in {some.seconds:g} s"
            goal = question.goal._replace(cost=f"{way}   {question.goal.cost}".rstrip())
            return await _change(ctx, Confirm(goal, question.outages, question.warnings))
        case Plan():
            return await _plan(ctx, question)
        case Ways():
            return await _way(ctx, question)
        case Complained():
            return await _complaints(ctx, question)
        case Reload():
            return await _reload(ctx, question)
        case HandOver():
            return await _hand_over(ctx, question)
        case Lasting():
            return await _lasting(ctx, question)


async def _page(ctx: Context, title: str, lines: Sequence[Text], foot: str, keys: str = "") -> str:
    """The key of `keys` that leaves the page, "" for any other."""
    return await ctx.ui.page(title, lines, foot, keys)


def _no(ctx: Context, text: str = "nothing was changed") -> str:
    ctx.ui.status(text)
    return ""


async def _change(ctx: Context, question: Confirm) -> str:
    yes = "Y" if question.outages else "y"
    more = ("  + - more", "dim") if question.keys else ("", "")
    pieces = [*proposals.question(question.proposal, question.outages, question.warnings), more]
    answer = await ctx.ui.key(pieces, (yes, *question.keys))
    if answer is None:
        return _no(ctx)
    return YES if answer == yes else answer


async def _closed(ctx: Context, question: Closed) -> str:
    pieces = [("go on all the same? y/N ", "down"), (f" {question.what}", "")]
    pieces += [(f"   {text}", "down") for text in question.troubles[:3]]
    more = len(question.troubles) - 3
    pieces += [(f"   and {more} more", "dim")] if more > 0 else []
    return YES if await ctx.ui.key(pieces, ("y",)) else _no(ctx)


async def _plan(ctx: Context, plan: Plan) -> str:
    lines: list[Text] = [[("outage  ", "down"), (outage, "")] for outage in plan.outages]
    lines += [[("costs   ", "alert"), (plan.cost, "")]] if plan.cost else []
    lines += [[("remark  ", "alert"), (remark, "")] for remark in plan.remarks]
    lines += [[]] if lines else []
    lines += _commands(plan.changes)
    key = "Y" if plan.outages else "y"
    what = f"{count(len(plan.changes), 'change')}{', outage included' if plan.outages else ''}"
    title = f"restore {plan.name}: {summary.counts(plan.changes)}"
    foot = f"{key} applies {what}   any other key leaves"
    return YES if await _page(ctx, title, lines, foot, key) == key else _no(ctx)


async def _way(ctx: Context, ways: Ways) -> bool | None:
    lines: list[Text] = [[(f"{cut_off(ways.cut)}, half done", "alert")], []]
    for key, forward, words in (("f", True, "to finish it"), ("b", False, "to take it back")):
        todo = ways.plans[forward]
        lines += [[(f"{key}  {count(len(todo.changes), 'change')} {words}", "key")]]
        lines += [[(f"   {text}: left as it is", "alert")] for text in todo.left]
        lines += [*_commands(todo.changes), []]
    foot = "f finishes it   b takes it back   any other key leaves it for later"
    key = await _page(ctx, "a restore was cut off", lines, foot, "fb")
    return key == "f" if key else None


async def _complaints(ctx: Context, question: Complained) -> str:
    answer = question.answer
    title = f"keepalived tests {answer.daemon.config}: {count(len(answer.complaints), 'complaint')}"
    lines = [[(str(one), "down" if answer.refused else "alert")] for one in answer.complaints]
    if answer.refused:
        return await _page(ctx, title, lines, "nothing was sent; any key goes back")
    foot = "only warnings; y goes on to the reload, any other key goes back"
    return YES if await _page(ctx, title, lines, foot, "y") else _no(ctx, "nothing was sent")


async def _reload(ctx: Context, question: Reload) -> str:
    ahead = question.ahead
    yes, asks = ("Y", ("outage! Y reloads ", "down")) if ahead.outages else ("y", ("reload? y/N ", "key"))
    will = reloading.question(ahead, question.state)
    pieces = [asks, (f" {question.daemon.reload}", ""), (f"   {will}", "alert")]
    pieces += [(f"   {text}", "down") for text in ahead.outages]
    return YES if await ctx.ui.key(pieces, (yes,)) else _no(ctx, "nothing was sent")


async def _hand_over(ctx: Context, question: HandOver) -> str:
    lines = [[(text, "")] for text in question.lines]
    foot = "Y hands over; any other key goes back"
    key = await _page(ctx, "hand this director's VRRP over", lines, foot, "Y")
    return YES if key else _no(ctx, "nothing was sent")


async def _lasting(ctx: Context, question: Lasting) -> str:
    lines = question.lines
    text = [[(line, "dim" if line.lstrip().startswith("#") else "")] for line in lines.text.splitlines()]
    what = count(lines.changes, "change") if lines.changes else "nothing to change"
    title = f"{service_text(question.key)} in keepalived.conf: {what}"
    key = await _page(ctx, title, text, f"y copies   w writes {question.beside}   other keys leave", "yw")
    if key == "y":
        await copied(ctx, lines.text, count(lines.text.count("\n"), "line"))
    return YES if key == "w" else ""


def _commands(changes: Sequence[Change]) -> list[Text]:
    """A plan as it is shown: the commands by kind, the first of very many."""
    return [[(line.rstrip(), "")] for line in summary.grouped(changes, _SHOWN)]
