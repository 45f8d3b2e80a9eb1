"""An App that writes to the terminal only what differs from what it shows, and only when the terminal has taken what
was written before: on a slow link frames are left out, not queued. It takes Textual's display step over through
textual_private.py; if that is not possible, Textual draws."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from rich.color import ColorSystem
from rich.console import Console as ErrorConsole
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.worker import Worker

from lvstui.console.terminal import alternate_screen, theme
from lvstui.console.terminal.ascii import ASCII, only_ascii
from lvstui.console.terminal.differ import Shadow
from lvstui.console.terminal.driver import Terminal
from lvstui.console.terminal.key_queue import KeyByKey
from lvstui.console.terminal.textual_private import CHANGED, WRITER, StripPiece
from lvstui.director.errors import LvsError
from lvstui.plain import plain_lines

_COLORS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}


_LOOKS = 1.0
"""Seconds between two checks whether the terminal is still there."""
_PATIENCE = 8.0
"""The longest time in seconds that leaving on a signal may take."""


class _Plainly:
    """A stream that drops all control sequences."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(plain_lines(text))

    def flush(self) -> None:
        self._file.flush()


class DifferApp(KeyByKey):
    """Textual's App with a shadow of the terminal behind its display step. `themes`: the folders of its themes."""

    def __init__(self, themes: Iterable[Path], ascii_only: bool = False) -> None:
        super().__init__()
        self.themes = theme.load(themes)
        self._read_with = ""
        """The theme with which the style sheets are read at the start."""
        if self.driver_class is LinuxDriver and WRITER not in CHANGED:
            self.driver_class = Terminal
        else:
            alternate_screen.leave()  # Textual's own driver enters it itself
        self.ended_by = 0
        """The signal that ended it, 0 for none."""
        self._leaves = False
        self._cut: LvsError | None = None
        self._shadow = Shadow()
        errors = sys.__stderr__
        if errors is not None and not errors.isatty():
            # Textual keeps from the screen what is printed; a file is to have it.
            self.keep_errors(errors)
        self._ascii = ascii_only or only_ascii(sys.__stdout__)
        # A traceback of Textual's holds texts as they came.
        self.error_console = ErrorConsole(file=cast(IO[str], _Plainly(sys.stderr)), color_system=None, highlight=False)

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self._end, number)
            self.set_interval(_LOOKS, self._look_after)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.DEFAULTS

    def dress(self, wanted: str) -> tuple[str, ...]:
        """Wears the theme of this name from the start, "" for the one that suits the terminal. Returns what is wrong
        with the themes, one line each."""
        for theme_read in self.themes.by_name.values():
            self.register_theme(theme_read)
        chosen, complaints = theme.choose(self.themes, wanted, self.no_color)
        self.theme = chosen
        self.stylesheet.set_variables(self.get_css_variables())
        self._read_with = chosen
        return complaints

    def refresh_css(self, animate: bool = True) -> None:
        """Textual reads its style sheets once more for the theme with which it starts, though they were read with
        it."""
        known, self._read_with = self._read_with == self.theme, ""
        if not known:
            super().refresh_css(animate)

    async def finish(self) -> LvsError | None:
        """Comes to an end with what may not be cut off, before a signal or ^C ends the app. Returns what was not done
        for that reason. Here there is nothing."""
        return None

    def action_leave(self) -> None:
        self._leave(0)

    def settle(self) -> None:
        """Ends this process by the signal that ended the app, if one did, so that its parent can tell. Raises LvsError
        for what ^C has cut off."""
        if self.ended_by:
            signal.signal(self.ended_by, signal.SIG_DFL)
            os.kill(os.getpid(), self.ended_by)
        if self._cut is not None:
            raise self._cut

    def action_redraw(self) -> None:
        """Paints everything again, for a terminal to which another program has written."""
        self._shadow.forget()
        self.refresh(layout=True)
        self.screen.refresh()

    def on_resize(self, event: Resize) -> None:
        """Paints everything again, even if the size is unchanged: a terminal that shrank and grew back quickly has cut
        off part of what it showed, and Textual, which sees no change, would draw nothing."""
        if isinstance(self.terminal, Terminal) and (size := self.terminal.overtaken(event.size)) is not None:
            self.post_message(Resize(size, size))
        self._shadow.forget()
        if self.screen_stack:
            self.screen.refresh()

    def draw(self, pieces: Iterable[StripPiece]) -> None:
        if not self._behind():
            self._draw(pieces)

    def overdrawn(self) -> None:
        self._shadow.forget()

    def _draw(self, drawn: Iterable[StripPiece]) -> None:
        self._shadow.resize(*self.size)
        # Textual's own answer to NO_COLOR is shades of grey, and black on black where a theme says "default".
        known = _COLORS.get(self.console.color_system or "", ColorSystem.STANDARD)
        output = self._shadow.draw(drawn, None if self.no_color else known)
        if output:
            self.send(output.translate(ASCII) if self._ascii else output)

    def _behind(self) -> bool:
        """Whether the terminal has not yet taken what was written. Then nothing is drawn; when it has, everything that
        differs is drawn."""
        if not isinstance(self.terminal, Terminal):
            return False
        loop = asyncio.get_running_loop()

        def drained() -> None:
            with suppress(RuntimeError):  # the console has been left meanwhile
                loop.call_soon_threadsafe(self.call_later, self._catch_up)

        return self.terminal.behind(drained)

    def _catch_up(self) -> None:
        """Draws the present screen."""
        if self.draws and not self._behind():
            self._draw(self.everything())

    def _look_after(self) -> None:
        """Leaves if the terminal is gone and no signal came: a program under sudo or in a job of another session gets
        no hang-up."""
        if isinstance(self.terminal, Terminal) and self.terminal.gone:
            self._end(signal.SIGHUP)

    def _end(self, number: int) -> None:
        """Leaves on a signal, and restores the terminal; if that takes too long, without restoring it."""
        if not self.ended_by:
            self.ended_by = number
            last = threading.Timer(_PATIENCE, os._exit, (128 + number,))
            last.daemon = True
            last.start()
            self._leave(128 + number)

    def _leave(self, code: int) -> None:
        """Leaves when what may not be cut off is over; asked a second time, at once."""
        if self._leaves:
            self.exit(code)
            return
        self._leaves = True

        async def leave() -> None:
            try:
                self._cut = await self.finish()
            finally:
                self.exit(code)

        _: Worker[None] = self.run_worker(leave, group="leaving", exit_on_error=False)
