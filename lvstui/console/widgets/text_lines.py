"""TextLines: a widget with a few lines, each made of pieces with roles. It paints a line only if that has changed."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from lvstui.console.widgets.roles import LINES, Painted
from lvstui.console.widgets.text import line_text
from lvstui.plain import plain
from lvstui.views.head import Line


class TextLines(Painted):
    """Shows the given lines; their content is decided elsewhere."""

    ROLES = LINES

    class Clicked(Message):
        """A word was clicked; `pieces`: the line up to that word, which is the last."""

        def __init__(self, pieces: Line) -> None:
            super().__init__()
            self.pieces = pieces

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._lines: tuple[Line, ...] = ()

    def show(self, *lines: Line) -> None:
        before, self._lines = self._lines, lines
        for y in range(max(len(before), len(lines))):
            if before[y : y + 1] != lines[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def on_click(self, event: events.Click) -> None:
        x = 0
        line = self._lines[event.y] if event.y < len(self._lines) else ()
        for number, piece in enumerate(line):
            x += cell_len(plain(piece.text))
            if event.x < x:
                if event.button == 1:
                    self.post_message(self.Clicked(line[: number + 1]))
                return

    def text(self) -> str:
        """Its contents, as plain text."""
        return "\n".join(line_text(line).rstrip() for line in self._lines)

    def render_line(self, y: int) -> Strip:
        left = self.size.width
        segments = []
        for raw, role in self._lines[y] if y < len(self._lines) else ():
            text = plain(raw)
            size = cell_len(text)
            if size > left:
                text, size = set_cell_size(text, left), left
            left -= size
            segments.append(Segment(text, self.role_style(role)))
        segments.append(Segment(" " * left, self.role_style("")))
        return Strip(segments, self.size.width).simplify()
