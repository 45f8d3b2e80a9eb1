"""`!` and `:explain`: the page of a service, and the meaning of the figures on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lvstui.commands import selected
from lvstui.commands.parse import ParsedCommand
from lvstui.director.errors import BadInput
from lvstui.director.remarks import nearest
from lvstui.views import figures
from lvstui.views.opened import OpenedRow

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.context.ui import Text

_WIDTH = 78
_BACK = "any key goes back"


async def explain(ctx: Context) -> None:
    """On a service, or inside one, opens its page; anywhere else explains the figures of the row and of the
    masthead."""
    if ctx.navigation.kind in ("service", "server"):
        ctx.navigation.enter(OpenedRow(selected.service(ctx.world())))
    else:
        await ctx.pages.page("what the figures mean", list(_in_sight(ctx)), _BACK)


async def figure(ctx: Context, parsed: ParsedCommand) -> None:
    """`:explain [WORD]`: explains a column or a word of the masthead; without a word everything that is visible."""
    word = parsed.get("word")
    if word is None:
        await ctx.pages.page("what the figures mean", list(_in_sight(ctx)), _BACK)
        return
    matches = figures.figures_named(word, figures.titles())
    if not matches:
        known = sorted({key.split()[-1] for key in figures.COLUMNS} | set(figures.HEAD))
        raise BadInput("explain", f"nothing on the screen is called {word}", nearest(word, known) or "docs/figures.md")
    shown: list[Text] = []
    for title, figure_named in matches:
        shown += [[piece] for piece in figures.lines(title, "", figure_named, _WIDTH)]
    await ctx.pages.page(f"what {word} means", shown, _BACK)


def _in_sight(ctx: Context) -> Iterator[Text]:
    """The visible columns with their values in the row under the cursor, then the masthead."""
    table = figures.table_of(ctx.navigation.view, ctx.navigation.look.inside is not None)
    for key, title, value in ctx.table.cells:
        explained = figures.column(table, key)
        if explained is not None:
            yield from ([piece] for piece in figures.lines(title or key, value, explained, _WIDTH))
    yield [("", "")]
    yield [(" the two lines at the top", "dim")]
    for name, explained in figures.HEAD.items():
        yield from ([piece] for piece in figures.lines(name, "", explained, _WIDTH))
