"""`:columns`: choose the columns of the table on the screen with keys, and save them on request."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from lvstui.commands.parse import ParsedCommand
from lvstui.console.session.threads import in_thread
from lvstui.director.errors import BadInput, NotDone
from lvstui.store import columns as store
from lvstui.views.chooser import Choice

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.context.ui import Text

_MOVES = {"up": -1, "k": -1, "down": 1, "j": 1}
_PUSHES = {"plus": -1, "minus": 1}


async def columns(ctx: Context, parsed: ParsedCommand) -> None:
    """With names: shows these columns, in this order. Without: lets the operator choose them on the screen."""
    choice = ctx.display.choice()
    if choice is None:
        raise NotDone("columns", "this table has no columns to choose", "views 1 and 2 have columns to choose")
    words = (parsed.get("columns") or "").split()
    if words:
        if complaint := ctx.display.choose(choice.name, words):
            raise BadInput("columns", complaint)
        ctx.ui.status(f"{choice.name}: {' '.join(words)}   :columns, then S keeps them", "good")
        return
    await _on_the_screen(ctx, choice)


async def _on_the_screen(ctx: Context, choice: Choice) -> None:
    shown, rest = list(choice.shown), [key for key in choice.available if key not in choice.shown]
    order = [*shown, *rest]
    on = set(shown)
    at = above = 0
    question = [("Enter takes them ", "key"), ("  Space shows or hides, + - move it, S takes and keeps them", "dim")]
    keys = ("enter", "space", "S", *_MOVES, *_PUSHES)
    try:
        while True:
            ctx.pages.unfold(_lines(choice, order, on, at), max(0, at - 8) if above == 0 else above)
            key = await ctx.ui.key(question, keys)
            if key in _MOVES:
                at = max(0, min(len(order) - 1, at + _MOVES[key]))
            elif key in _PUSHES:
                to = max(0, min(len(order) - 1, at + _PUSHES[key]))
                order.insert(to, order.pop(at))
                at = to
            elif key == "space":
                on ^= {order[at]}
            else:
                break
    finally:
        ctx.pages.unfold(None)
    if key is None:
        ctx.ui.status("the columns are unchanged")
        return
    words = [key for key in order if key in on]
    if not words:
        raise NotDone("columns", "no column would be left", "show one at least")
    if complaint := ctx.display.choose(choice.name, words):
        raise BadInput("columns", complaint)
    saved = ""
    if key == "S":
        await in_thread(partial(store.write, ctx.storage.paths.folder, {choice.name: words}))
        saved = ", saved for next time"
    ctx.ui.status(f"{choice.name}: {' '.join(words)}{saved}", "good")


async def recall(ctx: Context) -> None:
    """Restores the columns that were saved."""
    if ctx.storage.choices.fresh:
        return
    for name, words in (await in_thread(partial(store.read, ctx.storage.paths.folder))).items():
        if complaint := ctx.display.choose(name, words, over_settings=False):
            ctx.ui.status(f"{ctx.storage.paths.folder / store.NAME}: {name}: {complaint}", "error")


def _lines(choice: Choice, order: Sequence[str], on: set[str], at: int) -> list[Text]:
    lines: list[Text] = [[(f" columns of {choice.name}", "title"), ("   the first named give way last", "dim")]]
    for number, key in enumerate(order):
        title, about = choice.available[key]
        sign = "▌" if number == at else " "
        named = f"{title} ({key})" if title != key else key
        lines.append([(f"{sign}{'*' if key in on else ' '} ", "key"), (f"{named:<28}", ""), (about, "dim")])
    return lines
