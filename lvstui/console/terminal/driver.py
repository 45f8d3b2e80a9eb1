"""Writes bytes to the terminal in a thread with an observable queue, so that a slow, stopped or closed terminal does
not block the console. Textual's own writer buffers thirty pieces and then blocks the event loop: on a slow link keys
would wait for old frames, and with a closed terminal for ever. textual_private.py replaces it with ours."""

from __future__ import annotations

import os
import select
import shutil
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

from textual.geometry import Size

from lvstui.console.terminal import alternate_screen
from lvstui.console.terminal.paste import Decoder
from lvstui.console.terminal.textual_private import WritingDriver, install

if TYPE_CHECKING:
    from textual.app import App

_PATIENCE = 5.0
"""The longest time in seconds that leaving waits for the rest to be written."""


class TerminalWriter(threading.Thread):
    """Writes in the background, in order, and knows how much is still to be written."""

    def __init__(self, file: IO[str]) -> None:
        super().__init__(daemon=True, name="lvstui-writer")
        self._to = file
        self._texts: SimpleQueue[str | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._pending = 0
        self._drained: Callable[[], None] | None = None
        self.lost = False
        """Whether the terminal is gone; then everything that is written is dropped."""

    def write(self, text: str) -> None:
        with self._lock:
            self._pending += 1
        self._texts.put(text)

    def behind(self, drained: Callable[[], None]) -> bool:
        """Whether something is still to be written; if so, `drained` is called once when all is, in this thread."""
        with self._lock:
            if self._pending:
                self._drained = drained
            return bool(self._pending)

    def run(self) -> None:
        file = self._to.fileno()
        encoding = getattr(self._to, "encoding", None) or "utf-8"
        while (text := self._texts.get()) is not None:
            if not self.lost:
                self._put(file, text.encode(encoding, "replace"))
            with self._lock:
                self._pending -= 1
                drained = None if self._pending else self._drained
                if drained is not None:
                    self._drained = None
            if drained is not None:
                drained()

    def stop(self) -> None:
        """Waits until everything is written, but not for ever, because a terminal may be stopped."""
        self._texts.put(None)
        self.join(_PATIENCE)

    def _put(self, file: int, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(file, data) :]
            except BlockingIOError:
                select.select((), (file,), ())  # another program has left the terminal in that mode
            except OSError:
                self.lost = True
                return


install(TerminalWriter, Decoder)


class Terminal(WritingDriver):
    """Textual's driver, with that writer. It draws to standard output, which is a terminal (the command line checks
    that); Textual's own draws to standard error, which may be a file."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self.write_to(sys.__stdout__)

    def write(self, data: str) -> None:
        if data := alternate_screen.taken_over(data):
            super().write(data)

    def behind(self, drained: Callable[[], None]) -> bool:
        """Whether what was drawn before is still to be written; see Writer.behind."""
        writer = self.writer
        return isinstance(writer, TerminalWriter) and writer.behind(drained)

    def overtaken(self, known_size: Size) -> Size | None:
        """The terminal's size, if it is not the one that Textual knows. The next SIGWINCH may interrupt the handler of
        one that has just read the size; then the older size is reported last. A terminal that reports its size in its
        own stream does so in order."""
        size = Size(*shutil.get_terminal_size())
        return size if size != known_size and not self.told_its_size else None

    @property
    def gone(self) -> bool:
        """Whether the terminal is gone: hung up, or no longer writable."""
        if isinstance(self.writer, TerminalWriter) and self.writer.lost:
            return True
        poll = select.poll()
        poll.register(self.fileno, 0)
        return any(event & (select.POLLHUP | select.POLLNVAL) for _, event in poll.poll(0))
