"""What an operation asks, on the screen: in the bottom line, or on a page where there is more to read. An outage is
confirmed by the capital letter alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvstui.commands import proposals
from lvstui.director.change import Change
from lvstui.operations.lock import cut_off
from lvstui.operations.steps import YES, Confirm, Plan, Question, Ways
from lvstui.views import summary
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.app import Console
    from lvstui.console.pages import Text

_SHOWN = 500
"""Commands of a plan that are listed."""


async def ask(app: Console, question: Question) -> object:
    """The answer that the question names."""
    match question:
        case Confirm():
            return await _change(app, question)
        case Plan():
            return await _plan(app, question)
        case Ways():
            return await _way(app, question)


async def _page(app: Console, title: str, lines: Sequence[Text], foot: str, keys: str = "") -> str:
    """The key of `keys` that leaves the page, "" for any other."""
    from lvstui.console.pages import TextPage

    return await app.push_screen_wait(TextPage(title, lines, foot, keys)) or ""


def _no(app: Console, text: str = "nothing was changed") -> str:
    app.prompt.status(text)
    return ""


async def _change(app: Console, question: Confirm) -> str:
    yes = "Y" if question.outages else "y"
    more = ("  + - more", "dim") if question.keys else ("", "")
    pieces = [*proposals.question(question.proposal, question.outages, question.warnings), more]
    answer = await app.prompt.key(pieces, (yes, *question.keys))
    if answer is None:
        return _no(app)
    return YES if answer == yes else answer


async def _plan(app: Console, plan: Plan) -> str:
    lines: list[Text] = [[("outage  ", "down"), (outage, "")] for outage in plan.outages]
    lines += [[("costs   ", "alert"), (plan.cost, "")]] if plan.cost else []
    lines += [[("remark  ", "alert"), (remark, "")] for remark in plan.remarks]
    lines += [[]] if lines else []
    lines += _commands(plan.changes)
    key = "Y" if plan.outages else "y"
    what = f"{count(len(plan.changes), 'change')}{', outage included' if plan.outages else ''}"
    title = f"restore {plan.name}: {summary.counts(plan.changes)}"
    foot = f"{key} applies {what}   any other key leaves"
    return YES if await _page(app, title, lines, foot, key) == key else _no(app)


async def _way(app: Console, ways: Ways) -> bool | None:
    lines: list[Text] = [[(f"{cut_off(ways.cut)}, half done", "alert")], []]
    for key, forward, words in (("f", True, "to finish it"), ("b", False, "to take it back")):
        todo = ways.plans[forward]
        lines += [[(f"{key}  {count(len(todo.changes), 'change')} {words}", "key")]]
        lines += [[(f"   {text}: left as it is", "alert")] for text in todo.left]
        lines += [*_commands(todo.changes), []]
    foot = "f finishes it   b takes it back   any other key leaves it for later"
    key = await _page(app, "a restore was cut off", lines, foot, "fb")
    return key == "f" if key else None


def _commands(changes: Sequence[Change]) -> list[Text]:
    """A plan as it is shown: the commands by kind, the first of very many."""
    return [[(line.rstrip(), "")] for line in summary.grouped(changes, _SHOWN)]
