"""Sheet: lines that are laid out for the available space, and again when that changes. A sheet that can have the
focus scrolls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from lvstui.console.widgets.text_lines import TextLines
from lvstui.views.head import Line, Piece

MakeLines = Callable[[int, int], Sequence[Line]]
"""Makes lines for so many cells and so many rows; if there are more lines than rows, they are scrolled."""


def nothing(width: int, height: int) -> Sequence[Line]:
    return ()


class Sheet(TextLines):
    """Shows the lines that a function makes. `grows`: its height is the number of its lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("home,g", "scroll(-1000000)", show=False),
        Binding("end,G", "scroll(1000000)", show=False),
    ]

    def __init__(self, name: str, grows: bool = False, focused: bool = False) -> None:
        super().__init__(name)
        self.can_focus = focused
        self.add_class("sheet")
        self._grows = grows
        self._make: MakeLines = nothing
        self._top = 0
        self._of: object = None

    @property
    def lines(self) -> int:
        """Its height in lines, or its height once the present content is laid out."""
        return len(self._lines) if self._grows else self.size.height

    def on_mouse_scroll_down(self) -> None:
        if self.can_focus:
            self.action_scroll(3)

    def on_mouse_scroll_up(self) -> None:
        if self.can_focus:
            self.action_scroll(-3)

    def lay(self, make: MakeLines, of: object = None) -> int:
        """Shows what `make` makes; from its top if it is `of` something else than before. Returns the number of
        lines."""
        if of != self._of:
            self._top, self._of = 0, of
        self._make = make
        return self._lay()

    def on_resize(self) -> None:
        self._lay()

    def action_scroll(self, rows: int) -> None:
        self._top += rows
        self._lay()

    def action_page(self, pages: int) -> None:
        self.action_scroll(pages * max(1, self.size.height - 1))

    def _lay(self) -> int:
        # Before the first layout a size is not known; what grows takes its width from what it stands in.
        parent = self.parent
        around = parent.size.width if parent is not None and hasattr(parent, "size") else 0
        width = self.size.width or (around if self._grows else 0)
        height = self.size.height
        if not width or (not height and not self._grows):
            return 0
        lines = list(self._make(width, height))
        if self._grows:
            if self.styles.height is None or self.styles.height.value != len(lines):
                self.styles.height = len(lines)
            self.show(*lines)
            return len(lines)
        self._top = max(0, min(self._top, len(lines) - height))
        shown = lines[self._top : self._top + height]
        below = len(lines) - self._top - height
        if below > 0 or self._top:
            words = ", ".join(
                filter(None, (f"{self._top} lines above" if self._top else "", f"{below} below" if below > 0 else ""))
            )
            shown[-1] = (Piece(f"   {words}: PgUp PgDn", "dim"),)
        self.show(*shown)
        return len(lines)
