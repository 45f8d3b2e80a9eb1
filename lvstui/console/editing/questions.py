"""The questions of an operation on the screen: in the bottom line, or on a page where there is more to read. Only the
capital letter confirms an outage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvstui.commands import proposals, reloading
from lvstui.console.editing.clipboard import copied
from lvstui.director.change import Change, EditServer, EditService
from lvstui.director.model import service_text
from lvstui.operations.lock import cut_off
from lvstui.operations.steps import (
    YES,
    Climb,
    ClosedPorts,
    Confirm,
    FailoverQuestion,
    Leave,
    Plan,
    Question,
    Reload,
    ShowComplaints,
    ShowConfLines,
    Ways,
)
from lvstui.views import summary
from lvstui.views.named import named
from lvstui.views.number import count
from lvstui.views.unfolded import ChangeQuestion, notes, old_and_new, unfolded

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.context.ui import Text

_SHOWN = 500
"""The most commands of a plan that are listed."""


async def ask(ctx: Context, question: Question) -> object:
    """Asks a question of an operation and returns the answer."""
    match question:
        case Confirm():
            return await _change(ctx, question)
        case ClosedPorts():
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
        case ShowComplaints():
            return await _complaints(ctx, question)
        case Reload():
            return await _reload(ctx, question)
        case FailoverQuestion():
            return await _hand_over(ctx, question)
        case ShowConfLines():
            return await _lasting(ctx, question)


async def _page(ctx: Context, title: str, lines: Sequence[Text], foot: str, keys: str = "") -> str:
    """Shows a page; returns the key of `keys` that left it, "" for any other."""
    return await ctx.pages.page(title, lines, foot, keys)


def _no(ctx: Context, text: str = "nothing was changed") -> str:
    ctx.ui.status(text)
    return ""


_SCROLLS = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -10, "pagedown": 10}
_IN_SIGHT = 8
"""Rows above the cursor that stay visible."""
_FOLDS = ("tab", "question_mark")


async def _change(ctx: Context, question: Confirm) -> str | Leave:
    """Asks in the bottom line; for several changes the details are shown instead of the tables."""
    proposal, every = question.proposal, question.every or question.proposal.changes
    state = ctx.director.latest  # the effect was counted on it: the figures of the rows are of the same moment
    yes = "Y" if question.outages else "y"
    several, at, above, copied_ = len(every) > 1, question.at, 0, False
    opened = several
    sent = frozenset(proposal.changes)
    left = frozenset(change for change in every if change not in sent)
    try:
        while True:
            below = 0
            if opened:
                unfolding = ChangeQuestion(
                    named(proposal.title, ctx.names),
                    every,
                    left,
                    at if several and question.every else None,
                    proposal.cost,
                    question.outages,
                    question.warnings,
                    question.lines,
                    ctx.commands.key("undo"),
                )
                below = ctx.pages.unfold(unfolded(unfolding, state, ctx.names), above)
            else:
                ctx.pages.unfold(None)
            pieces = _asked(ctx, question, opened, copied_)
            held = (*_FOLDS, *(("space", "c", *_SCROLLS) if opened else ()))
            key = await ctx.ui.key(pieces, (yes, *question.keys, *held))
            copied_ = False
            if key in _FOLDS:
                opened, above = not opened, 0
            elif key in _SCROLLS:
                at, above = _moved(_SCROLLS[key], at, above, below, len(question.every))
            elif key == "space" and question.every:
                return Leave(at)
            elif key == "c":
                text = "".join(summary.commands(proposal.changes))
                await copied(ctx, text, count(len(proposal.changes), "command"))
                copied_ = True
            elif key is None:
                return _no(ctx)
            elif key != "space":
                return YES if key == yes else key
    finally:
        ctx.pages.unfold(None)


def _moved(step: int, at: int, above: int, below: int, rows: int) -> tuple[int, int]:
    """The row at the cursor, and the number of lines above the window: the cursor goes through the rows, then the rest
    scrolls."""
    follows = max(0, at - _IN_SIGHT)
    if step > 0 and at < rows - 1:
        at = min(rows - 1, at + step)
        return at, max(0, at - _IN_SIGHT)
    if step < 0 and above <= follows and rows:
        at = max(0, at + step)
        return at, max(0, at - _IN_SIGHT)
    return at, max(follows if rows else 0, above + min(below, step))


def _asked(ctx: Context, question: Confirm, opened: bool, copied: bool) -> list[tuple[str, str]]:
    """The text in the bottom line: all of it, or only what the unfolded lines do not say."""
    changes = question.proposal.changes
    more = [("   + - more", "dim")] if question.keys else []
    if not opened:
        pieces = proposals.question(question.proposal, question.outages, question.warnings)
        if len(changes) == 1 and isinstance(changes[0], EditServer | EditService):
            pieces.append((f"   {old_and_new(changes[0], ctx.director.latest)}", "dim"))
        pieces += [(f"   note {text}", role or "dim") for text, role in notes(changes, ctx.names)]
        return [*pieces, *more, ("   Tab tells more", "dim")]
    number, all_ = len(changes), len(question.every)
    what = f"{number} of {all_} changes" if number < all_ else count(number, "change")
    pieces = [("outage! Y applies ", "down") if question.outages else ("apply? y/N ", "key"), (f" {what}", "")]
    pieces += [(f"   {question.proposal.cost}", "alert")] if question.proposal.cost else []
    pieces += [(f"   {text}", "down") for text in question.outages[:1]]
    said = [*(["Space leaves one out"] if question.every else []), *(["copied"] if copied else [])]
    return [*pieces, *more, *([(f"   {', '.join(said)}", "dim")] if said else [])]


async def _closed(ctx: Context, question: ClosedPorts) -> str:
    pieces = [("continue anyway? y/N ", "down"), (f" {question.what}", "")]
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


async def _complaints(ctx: Context, question: ShowComplaints) -> str:
    answer = question.answer
    title = f"keepalived tests {answer.daemon.config}: {count(len(answer.complaints), 'complaint')}"
    lines = [[(str(complaint), "down" if answer.refused else "alert")] for complaint in answer.complaints]
    if answer.refused:
        return await _page(ctx, title, lines, "nothing was sent; any key goes back")
    foot = "only warnings; y continues to the reload, any other key goes back"
    return YES if await _page(ctx, title, lines, foot, "y") else _no(ctx, "nothing was sent")


async def _reload(ctx: Context, question: Reload) -> str:
    ahead = question.ahead
    yes, asks = ("Y", ("outage! Y reloads ", "down")) if ahead.outages else ("y", ("reload? y/N ", "key"))
    will = reloading.question(ahead, question.state)
    pieces = [asks, (f" {question.daemon.reload}", ""), (f"   {will}", "alert")]
    pieces += [(f"   {text}", "down") for text in ahead.outages]
    return YES if await ctx.ui.key(pieces, (yes,)) else _no(ctx, "nothing was sent")


async def _hand_over(ctx: Context, question: FailoverQuestion) -> str:
    lines = [[(text, "")] for text in question.lines]
    foot = "Y hands over; any other key goes back"
    key = await _page(ctx, "hand this director's VRRP over", lines, foot, "Y")
    return YES if key else _no(ctx, "nothing was sent")


async def _lasting(ctx: Context, question: ShowConfLines) -> str:
    lines = question.lines
    text = [[(line, "dim" if line.lstrip().startswith("#") else "")] for line in lines.text.splitlines()]
    what = count(lines.changes, "change") if lines.changes else "nothing to change"
    title = f"{named(service_text(question.key), ctx.names)} in keepalived.conf: {what}"
    key = await _page(ctx, title, text, f"y copies   w writes {question.beside}   other keys leave", "yw")
    if key == "y":
        await copied(ctx, lines.text, count(lines.text.count("\n"), "line"))
    return YES if key == "w" else ""


def _commands(changes: Sequence[Change]) -> list[Text]:
    """The commands of a plan by kind; of very many only the first."""
    return [[(line.rstrip(), "")] for line in summary.grouped(changes, _SHOWN)]
