"""The help as a page: one part at a time, in as many columns as fit, with search while typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input

from lvstui.console.context.ui import HelpPart, HelpTopic
from lvstui.console.keys.help import search
from lvstui.console.pages.pages import Page
from lvstui.console.widgets.line_input import PlainInput
from lvstui.console.widgets.text import clip, wrapped
from lvstui.console.widgets.text_lines import TextLines
from lvstui.views.head import Line, Piece

_NARROWEST = 30
"""The fewest cells of a column."""
_MOST = 4
_GAP = 3
_AROUND = 4
"""Lines of the page that are not its body."""
_KEY = 10
"""Cells for the keys at the left of a column; longer ones move their words to the right."""


def help_lines(part: HelpPart, width: int) -> list[Line]:
    """A part of the help for a screen of this width: topics side by side if they fit, and none of them broken."""
    if part.wide:
        return [line for topic in part.topics for line in (*_topic(topic, width), ())]
    count = max(1, min(_MOST, (width + _GAP) // (_NARROWEST + _GAP), len(part.topics)))
    size, columns = 0, list[list[Line]]()
    while len(columns) != count:  # fewer are enough where one topic is as high as all others together: wider ones then
        count = len(columns) or count
        size = (width + _GAP) // count - _GAP
        columns = _balanced([[*_topic(topic, size), ()] for topic in part.topics], count)
    lines: list[Line] = []
    for y in range(max(map(len, columns), default=0)):
        line: list[Piece] = []
        for n, column in enumerate(columns):
            pieces = column[y] if y < len(column) else ()
            line += pieces
            if n + 1 < len(columns):
                line.append(Piece(" " * (size + _GAP - sum(cell_len(piece.text) for piece in pieces))))
        lines.append(tuple(line))
    return lines


def _balanced(blocks: Sequence[Sequence[Line]], count: int) -> list[list[Line]]:
    """The blocks in their order, in so many columns, with the highest column as low as possible."""
    for height in range(max(map(len, blocks), default=0), sum(map(len, blocks)) + 1):
        columns: list[list[Line]] = [[]]
        for block in blocks:
            if columns[-1] and len(columns[-1]) + len(block) > height:
                columns.append([])
            columns[-1] += block
        if len(columns) <= count:
            return columns
    return [[]]


def _topic(topic: HelpTopic, width: int) -> list[Line]:
    rule = "─" * max(0, width - cell_len(topic.title) - 1)
    lines: list[Line] = [(Piece(topic.title, "title"), Piece(f" {rule}", "dim"))]
    for row in topic.rows:
        tone = "off" if row.off else ""
        key = row.key if cell_len(row.key) > _KEY else clip(row.key, _KEY)
        if cell_len(row.key) > _KEY and cell_len(row.key) + 2 + cell_len(row.words) > width:
            lines += wrapped([(row.key, tone or "key")], width)
            key = " " * _KEY
        room = max(8, width - cell_len(key) - 1)
        for n, words in enumerate(wrapped([(row.words, tone)], room)):
            lines.append((Piece(key if not n else " " * cell_len(key), tone or "key"), Piece(" "), *words))
    return lines


class HelpPage(Page[None]):
    """Tab and Shift-Tab lead through the parts, / searches in all of them, Esc closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,right", "part(1)", show=False, priority=True),
        Binding("shift+tab,left", "part(-1)", show=False, priority=True),
        Binding("slash", "search", show=False),
        Binding("question_mark,f1,q", "leave", show=False),
    ]

    def __init__(self, parts: Sequence[HelpPart]) -> None:
        super().__init__("Help")
        self._parts = parts
        self._at = 0
        self._searching = False

    def compose(self) -> ComposeResult:
        yield TextLines("help-title")
        with VerticalScroll(id="page-body"):
            yield TextLines("page-text")
        field = PlainInput(id="help-search", compact=True)
        field.cursor_blink = False
        field.display = False
        yield field
        yield TextLines("page-foot")

    def on_mount(self) -> None:
        self._show()
        self.query_one("#page-body").focus()

    def on_resize(self) -> None:
        self._show()

    def action_part(self, step: int) -> None:
        """Shows the next part of the help, or the previous one."""
        if not self._searching:
            self._at = (self._at + step) % len(self._parts)
            self._show()
            self.query_one("#page-body").scroll_home(animate=False)

    def action_search(self) -> None:
        field = self.query_one("#help-search", Input)
        self._searching = field.display = True
        field.focus()
        self._show()

    def action_leave(self) -> None:
        """Ends the search first, then closes the help."""
        if not self._searching:
            self.dismiss(None)
            return
        field = self.query_one("#help-search", Input)
        self._searching = field.display = False
        with field.prevent(Input.Changed):
            field.value = ""
        self.query_one("#page-body").focus()
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one("#page-body").focus()  # the arrows scroll what was found

    def on_key(self, event: events.Key) -> None:
        if event.key in ("j", "k") and not isinstance(self.focused, Input):
            event.stop()
            self.query_one("#page-body").scroll_relative(y=1 if event.key == "j" else -1, animate=False)

    def _show(self) -> None:
        width = max(20, self.app.size.width - 4)
        words = self.query_one("#help-search", Input).value if self._searching else ""
        part = search(self._parts, words) if words.strip() else self._parts[self._at]
        lines = help_lines(part, width)
        for other in () if words.strip() else (*self._parts[-1:], *self._parts[:-1]):
            # A large screen has room for other parts below, the signs first.
            more = help_lines(other, width)
            if other is not part and len(lines) + len(more) + 2 <= self.app.size.height - _AROUND:
                lines += [(), (Piece(f"[{other.name}]", "dim"),), *more]
        if words.strip() and not part.topics:
            lines = [(Piece(f'no key, command or sign has "{words.strip()}"', "alert"),)]
        body = self.query_one("#page-text", TextLines)
        body.styles.height = max(1, len(lines))
        body.show(*lines)
        title = [Piece(" Help  ", "title")]
        for n, help_part in enumerate(self._parts):
            chosen = n == self._at and not words.strip()
            title += [
                Piece(f"[{help_part.name}]" if chosen else f" {help_part.name} ", "key" if chosen else "dim"),
                Piece(" "),
            ]
        self.query_one("#help-title", TextLines).show(tuple(title))
        if self._searching:
            self.foot(("Enter", "key"), (" scrolls what was found  ", ""), ("Esc", "key"), (" ends the search", ""))
        else:
            self.foot(("/", "key"), (" search  ", ""), ("Tab", "key"), (" next part  ", ""), ("arrows", "key"),
                      (" scroll  ", ""), ("Esc", "key"), (" close", ""))  # fmt: skip
