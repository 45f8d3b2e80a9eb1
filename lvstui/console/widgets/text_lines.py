"""TextLines: a widget of a few lines, each made of pieces with roles. Paints a line only when it has changed."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from lvstui.plain import plain
from lvstui.views.head import Line

ROLES = (
    *("plain", "name", "master", "backup", "up", "alarm", "alert", "stale", "mode", "down", "full", "drained"),
    *("dim", "title", "key", "cursor", "off", "open"),
)


class TextLines(Widget):
    """Shows what it is told; what they say is decided elsewhere."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lines--{role}" for role in ROLES}

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
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
            segments.append(Segment(text, self._style(role)))
        segments.append(Segment(" " * left, self._style("")))
        return Strip(segments, self.size.width).simplify()

    def _style(self, role: str) -> Style:
        return self.get_component_rich_style(f"lines--{role or 'plain'}")
