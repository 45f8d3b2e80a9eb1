"""TextLines: a widget of a few lines, each made of pieces with roles. Paints a line only when it has changed."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from lvstui.console.widgets.roles import LINES, Painted
from lvstui.plain import plain
from lvstui.views.head import Line


class TextLines(Painted):
    """Shows what it is told; what they say is decided elsewhere."""

    ROLES = LINES

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._lines: tuple[Line, ...] = ()

    def show(self, *lines: Line) -> None:
        before, self._lines = self._lines, lines
        for y in range(max(len(before), len(lines))):
            if before[y : y + 1] != lines[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def text(self) -> str:
        """What it shows, as plain text."""
        return "\n".join("".join(piece.text for piece in line).rstrip() for line in self._lines)

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
