"""An App that writes to the terminal only what differs from what it shows, and only when the terminal has taken what
was written before: on a slow link frames are left out, not queued. The one place that overrides Textual's display step,
which is private: `App._display(screen, renderable)` of textual 8.2."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast

from rich.color import ColorSystem
from rich.console import Console as ErrorConsole
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import CompositorUpdate, InlineUpdate
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize

from lvstui.console.terminal.differ import Piece, Shadow, pieces
from lvstui.console.terminal.driver import Terminal
from lvstui.console.terminal.key_queue import KeyByKey
from lvstui.plain import plain_lines

if TYPE_CHECKING:
    from textual.screen import Screen

_COLORS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}


_LOOKS = 1.0
"""Seconds between two looks whether the terminal is still there."""
_PATIENCE = 8.0
"""Seconds that leaving on a signal may take."""


class _Ascii(dict[int, str]):
    """For str.translate: one ASCII character for each other, so that nothing moves."""

    def __missing__(self, code: int) -> str:
        return chr(code) if code < 128 else "?"


_LIKE = (
    *(("…·", "."), ("–—─━╸", "-"), ("│┃", "|"), ("┿", "+"), ("█▊■", "#"), ("●", "*"), ("▌", ">"), ("≠", "%")),
    *(("▲", "^"), ("▼", "v"), ("↑", "+"), ("↓", "-"), ("‹", "<")),
    *(("▁", "_"), ("▂", "."), ("▃", ":"), ("▄", "-"), ("▅", "="), ("▆", "+"), ("▇", "*")),
)
"""What stands for what; the bars of a trend grow darker as they grow."""

_ASCII = _Ascii({ord(char): plain for chars, plain in _LIKE for char in chars})


class _Plainly:
    """A stream through which no control sequence passes."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(plain_lines(text))

    def flush(self) -> None:
        self._file.flush()


class DifferApp(KeyByKey):
    """Textual's App with a shadow of the terminal behind its display step."""

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.driver_class = Terminal if self.driver_class is LinuxDriver else self.driver_class
        self.ended_by = 0
        """The signal that ended it, 0 for none."""
        self._shadow = Shadow()
        encoding = (getattr(sys.__stdout__, "encoding", None) or "ascii").lower().replace("-", "")
        errors = sys.__stderr__
        if errors is not None and not errors.isatty():
            # Textual keeps from the screen what is printed; a file is to have it.
            self._capture_stderr = errors  # type: ignore[assignment]
        self._ascii = ascii_only or encoding != "utf8"
        # A traceback of Textual's holds texts as they came.
        self.error_console = ErrorConsole(file=cast(IO[str], _Plainly(sys.stderr)), color_system=None, highlight=False)

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self._end, number)
            self.set_interval(_LOOKS, self._look_after)

    def action_redraw(self) -> None:
        """Paints everything anew, for a terminal that something else has written to."""
        self._shadow.forget()
        self.refresh(layout=True)
        self.screen.refresh()

    def on_resize(self, event: Resize) -> None:
        """Paints everything anew, also where the size is as it was: a terminal that shrank and grew back before anybody
        looked has cut off half of what it showed, and Textual, which sees no change, would draw nothing."""
        if isinstance(self._driver, Terminal) and (size := self._driver.overtaken(event.size)) is not None:
            self.post_message(Resize(size, size))
        self._shadow.forget()
        if self.screen_stack:
            self.screen.refresh()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        if not isinstance(renderable, CompositorUpdate) or isinstance(renderable, InlineUpdate) or not self._writes():
            super()._display(screen, renderable)
            if renderable is not None and not isinstance(renderable, CompositorUpdate):
                self._shadow.forget()
            return
        try:
            if not self._behind():
                self._draw(pieces(renderable))
        except Exception as error:
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def _draw(self, drawn: Iterable[Piece]) -> None:
        self._shadow.resize(*self.size)
        # Textual's own answer to NO_COLOR is shades of grey, and black on black where a theme says "default".
        known = _COLORS.get(self.console.color_system or "", ColorSystem.STANDARD)
        output = self._shadow.draw(drawn, None if self.no_color else known)
        if output:
            self._write(output.translate(_ASCII) if self._ascii else output)

    def _behind(self) -> bool:
        """Whether the terminal has not yet taken what was written. Then what is to be drawn is left out, and all that
        differs is drawn when it has."""
        if not isinstance(self._driver, Terminal):
            return False
        loop = asyncio.get_running_loop()

        def drained() -> None:
            with suppress(RuntimeError):  # the console has been left meanwhile
                loop.call_soon_threadsafe(self.call_later, self._catch_up)

        return self._driver.behind(drained)

    def _catch_up(self) -> None:
        """Draws what the screen is now."""
        if self._writes() and not self._behind():
            lines = self.screen._compositor.render_strips()
            self._draw(Piece(0, y, strip) for y, strip in enumerate(lines))

    def _look_after(self) -> None:
        """Leaves when the terminal is gone and nobody has said so: a program under sudo or in a job of another session
        hears no hang-up."""
        if isinstance(self._driver, Terminal) and self._driver.gone:
            self._end(signal.SIGHUP)

    def _end(self, number: int) -> None:
        """Leaves on a signal, with the terminal as it was; when that does not come to an end, without."""
        if not self.ended_by:
            self.ended_by = number
            last = threading.Timer(_PATIENCE, os._exit, (128 + number,))
            last.daemon = True
            last.start()
            self.exit(128 + number)

    def _writes(self) -> bool:
        """Whether Textual would write an update now."""
        return self._running and not self._closed and not self._batch_count and not self.is_headless

    def _write(self, output: str) -> None:
        if self._driver is not None:
            self._driver.write(f"{SYNC_START}{output}{SYNC_END}" if self._sync_available else output)
            self._driver.flush()
