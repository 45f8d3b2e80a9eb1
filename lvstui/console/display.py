"""An App that writes to the terminal only what differs from what it shows. The one place that overrides Textual's
display step, which is private: `App._display(screen, renderable)` of textual 8.2."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem
from textual._compositor import CompositorUpdate, InlineUpdate

from lvstui.console.differ import Shadow, pieces
from lvstui.console.keys import KeyByKey

if TYPE_CHECKING:
    from textual.screen import Screen

_COLORS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}


class _Ascii(dict[int, str]):
    """For str.translate: one ASCII character for each other, so that nothing moves."""

    def __missing__(self, code: int) -> str:
        return chr(code) if code < 128 else "?"


_LIKE = (
    *(("…·", "."), ("–—─━╸", "-"), ("│┃", "|"), ("┿", "+"), ("█▌▊", "#"), ("●", "*")),
    *(("▲", "^"), ("▼", "v"), ("↑", "+"), ("↓", "-"), ("‹", "<")),
    *(("▁", "_"), ("▂", "."), ("▃", ":"), ("▄", "-"), ("▅", "="), ("▆", "+"), ("▇", "*")),
)
"""What stands for what; the bars of a trend grow darker as they grow."""

_ASCII = _Ascii({ord(char): plain for chars, plain in _LIKE for char in chars})


class DifferApp(KeyByKey):
    """Textual's App with a shadow of the terminal behind its display step."""

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self._shadow = Shadow()
        encoding = (getattr(sys.__stderr__, "encoding", None) or "ascii").lower().replace("-", "")
        self._ascii = ascii_only or encoding != "utf8"

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())

    def action_redraw(self) -> None:
        """Paints everything anew, for a terminal that something else has written to."""
        self._shadow.forget()
        self.refresh(layout=True)
        self.screen.refresh()

    def on_resize(self) -> None:
        self._shadow.forget()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        if not isinstance(renderable, CompositorUpdate) or isinstance(renderable, InlineUpdate) or not self._writes():
            super()._display(screen, renderable)
            if renderable is not None and not isinstance(renderable, CompositorUpdate):
                self._shadow.forget()
            return
        try:
            self._shadow.resize(*self.size)
            # Textual's own answer to NO_COLOR is shades of grey, and black on black where a theme says "default".
            known = _COLORS.get(self.console.color_system or "", ColorSystem.STANDARD)
            colors = None if self.no_color else known
            output = self._shadow.draw(pieces(renderable), colors)
            if output:
                self._write(output.translate(_ASCII) if self._ascii else output)
        except Exception as error:
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def _writes(self) -> bool:
        """Whether Textual would write an update now."""
        return self._running and not self._closed and not self._batch_count and not self.is_headless

    def _write(self, output: str) -> None:
        if self._driver is not None:
            self._begin_update()
            self._driver.write(output)
            self._end_update()
            self._driver.flush()
