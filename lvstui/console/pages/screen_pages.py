"""Opens pages over the tables, on Textual's screen, and shows lines instead of the tables."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App
from textual.worker import Worker

from lvstui.console.context.ui import Changes, FormField, HelpPart, Offer, Stream, Text
from lvstui.console.widgets.text import wrapped
from lvstui.console.widgets.text_lines import TextLines
from lvstui.views.head import Line, Piece
from lvstui.views.sheet import clipped


class ScreenPages:
    """Pages are loaded when they are opened."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app

    def unfold(self, lines: Sequence[Text] | None, above: int = 0) -> int:
        tables, unfolded = self._app.query_one("#tables"), self._app.query_one("#unfolded", TextLines)
        tables.display, unfolded.display = lines is None, lines is not None
        unfolded.styles.height = "1fr"
        if lines is None:
            return 0
        width = max(20, self._app.size.width - 1)
        shown = [line for text in lines for line in _hanging(text, width)]
        height = max(1, self._app.size.height - 6)
        more = len(shown) > height > 1
        height -= more
        last = max(0, len(shown) - height)
        above = min(above, last)
        part = f"{last - above} below: Down" if last > above else f"{above} above: Up"
        unfolded.show(*shown[above : above + height], *([(Piece(f"   {part}", "key"),)] if more else []))
        return last - above

    def list_below(self, lines: Sequence[Text]) -> None:
        unfolded = self._app.query_one("#unfolded", TextLines)
        room, width = max(0, self._app.size.height - 10), max(20, self._app.size.width - 1)
        title = wrapped(lines[0], width, 3) if lines else []
        shown = [*title, *clipped([tuple(Piece(*piece) for piece in line) for line in lines[1:]], width)][:room]
        unfolded.display = bool(shown)
        unfolded.styles.height = len(shown) or "1fr"
        unfolded.show(*shown)

    async def page(self, title: str, lines: Sequence[Text], foot: str, keys: str = "") -> str:
        from lvstui.console.pages.pages import TextPage

        return await self._app.push_screen_wait(TextPage(title, lines, foot, keys)) or ""

    async def help(self, parts: Sequence[HelpPart]) -> None:
        from lvstui.console.pages.help import HelpPage

        await self._app.push_screen_wait(HelpPage(parts))

    async def pick(self, title: str, paths: Sequence[Path]) -> Path | None:
        from lvstui.console.pages.pages import PickPage

        return await self._app.push_screen_wait(PickPage(title, paths))

    async def form(
        self,
        title: str,
        fields: Sequence[FormField],
        values: Mapping[str, str],
        make: Callable[[Mapping[str, str]], Changes],
        editing: bool = False,
    ) -> Changes | None:
        from lvstui.console.pages.pages import FormPage

        return await self._app.push_screen_wait(FormPage(title, fields, values, make, editing))

    async def stream(self, title: str, foot: str, fill: Callable[[Stream], Coroutine[None, None, None]]) -> None:
        from lvstui.console.pages.stream_page import StreamPage

        page = StreamPage(title, foot)
        _: Worker[None] = self._app.run_worker(partial(page.filled, fill), group="stream", exit_on_error=False)
        await self._app.push_screen_wait(page)

    async def theme(self, names: Sequence[str]) -> str:
        from lvstui.console.pages.theme_picker import ThemePage

        before = self._app.theme
        taken = await self._app.push_screen_wait(ThemePage(names, before)) or ""
        return taken if taken != before else ""

    def palette(self, offers: Callable[[], Iterable[Offer]]) -> None:
        from lvstui.console.pages.command_palette import Palette

        self._app.push_screen(Palette(offers))

    def copy(self, text: str) -> None:
        self._app.copy_to_clipboard(text)


def _hanging(text: Text, width: int) -> list[Line]:
    """A line wrapped over as many lines as it needs; they are indented so that the text after a label forms a
    column."""
    if not text:
        return [()]
    label, role = text[0]
    if role == "key" and text[-1][1] == "dim":
        indent = sum(len(piece) for piece, _ in text[:-1])
        first, *more = wrapped(text[-1:], max(20, width - indent))
        head = tuple(Piece(*piece) for piece in text[:-1])
        return [(*head, *first), *((Piece(" " * indent, ""), *line) for line in more)]
    if role != "dim" or len(text) < 2:
        return wrapped(text, width, len(label) - len(label.lstrip()))
    first, *more = wrapped(text[1:], max(20, width - len(label)))
    return [(Piece(label, role), *first), *((Piece(" " * len(label), ""), *line) for line in more)]
