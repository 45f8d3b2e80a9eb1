"""The two lines at the top, painted: views/head.py says what they say."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from lvstui.views.head import Line


class Masthead(Widget):
    """Two lines of pieces, each with its role. A line is painted when it has changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"masthead--{role}" for role in ("plain", "name", "master", "backup", "alert", "dim")
    }

    def __init__(self) -> None:
        super().__init__(id="masthead")
        self._lines: tuple[Line, Line] = ((), ())

    def show(self, lines: tuple[Line, Line]) -> None:
        old, self._lines = self._lines, lines
        dirty = [Region(0, y, self.size.width, 1) for y in (0, 1) if old[y] != lines[y]]
        if dirty:
            self.refresh(*dirty)

    def render_line(self, y: int) -> Strip:
        plain = self.get_component_rich_style("masthead--plain", partial=False)
        segments = [Segment(" ", plain)]
        for text, role in self._lines[y] if y < len(self._lines) else ():
            style = self.get_component_rich_style(f"masthead--{role}", partial=False) if role else plain
            segments.append(Segment("".join(c if c.isprintable() else "?" for c in text), style))
        return Strip(segments).adjust_cell_length(self.size.width, plain)
