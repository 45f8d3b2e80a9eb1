"""Every private name of Textual that the console uses, and plain Textual if one of them has changed. Textual may rename
what begins with `_` in any release. This module checks the shape of what it uses when it is loaded. Parts that are
unchanged are used; for the others Textual does its own work, and `lost` says at the start what that costs. No other
module names anything private (tests/console/test_private.py)."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any

import textual
from textual import events
from textual.app import App
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.strip import Strip

from lvstui.values import NamedTuple

TESTED = "8.2.8"
"""The release of Textual that the lock names."""

DISPLAY, WRITER, PASTES, KEYS = "display", "writer", "pastes", "keys"
LOSSES = {
    DISPLAY: "whole lines are sent instead of the cells that differ: a slow link feels it",
    WRITER: "a slow terminal holds up the keys",
    PASTES: "escape sequences in what is pasted act as keys: do not paste",
    KEYS: "keys typed in a burst may come in another order",
}
"""What is lost with each part, in words."""


class StripPiece(NamedTuple):
    """A strip and the position of its left end."""

    x: int
    y: int
    strip: Strip


def _module(name: str) -> Any:
    """A private module, None if it no longer exists."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_COMPOSITOR, _SEQUENCES = _module("textual._compositor"), _module("textual._ansi_sequences")


def _takes(function: Any, *names: str) -> bool:
    """Whether a function takes exactly these arguments."""
    try:
        return tuple(inspect.signature(function).parameters) == names
    except (TypeError, ValueError):
        return False


def changed() -> frozenset[str]:
    """The parts whose private names have changed."""
    key = events.Key("a", "a")
    compositor, sequences = _COMPOSITOR, _SEQUENCES
    whole = {
        DISPLAY: _takes(getattr(App, "_display", None), "self", "screen", "renderable")
        and _takes(getattr(App, "_handle_exception", None), "self", "error")
        and all(isinstance(getattr(sequences, name, None), str) for name in ("SYNC_START", "SYNC_END"))
        and all(isinstance(getattr(compositor, name, None), type) for name in ("CompositorUpdate", "InlineUpdate"))
        and _takes(getattr(compositor, "LayoutUpdate", None), "strips", "region")
        and _takes(getattr(compositor, "ChopsUpdate", None), "chops", "spans", "chop_ends")
        and _takes(getattr(getattr(compositor, "Compositor", None), "render_strips", None), "self", "size"),
        WRITER: _takes(getattr(linux_driver, "WriterThread", None), "file")
        and _names(LinuxDriver.__init__, "_file", "_writer_thread", "_in_band_window_resize")
        and _names(LinuxDriver.start_application_mode, "_writer_thread", "WriterThread"),
        PASTES: hasattr(linux_driver, "getincrementaldecoder")
        and _names(LinuxDriver.run_input_thread, "getincrementaldecoder"),
        KEYS: hasattr(key, "_stop_propagation") and _names(Message.stop, "_stop_propagation"),
    }
    if whole[DISPLAY]:
        whole[DISPLAY] = (
            _names(App.__init__, "_driver", "_batch_count", "_sync_available", "_capture_stderr")
            and _names(MessagePump.__init__, "_running", "_closed")
            and _names(Screen.__init__, "_compositor")
        )
    return frozenset(part for part, same in whole.items() if not same)


def _names(function: Any, *names: str) -> bool:
    """Whether a function sets or reads these attributes."""
    code = getattr(function, "__code__", None)
    return code is not None and set(names) <= set(code.co_names)


CHANGED = changed()


def lost() -> str:
    """What the console lacks on this release of Textual, "" for nothing."""
    if not CHANGED:
        return ""
    losses = "; ".join(words for part, words in LOSSES.items() if part in CHANGED)
    return f"Textual {textual.__version__} has changed inside: {losses}; pip install textual=={TESTED} fixes it"


def hindrance() -> str:
    """Why nobody would see the console, "" if they would: Textual's own driver draws to standard error."""
    lacks = WRITER in CHANGED and (sys.__stderr__ is None or not sys.__stderr__.isatty())
    return f"Textual {textual.__version__} draws to standard error, which is not a terminal" if lacks else ""


class UpdatingApp(App[int]):
    """Textual's App, which lets `draw` show what Textual would have drawn, if possible."""

    def draw(self, pieces: Iterable[StripPiece]) -> None:
        """Shows these pieces. The console's App implements it; Textual's metaclass allows no abstract method."""
        raise NotImplementedError

    def overdrawn(self) -> None:
        """Called when something else was written to the terminal."""

    @property
    def terminal(self) -> Any:
        """The driver that writes to the terminal, None before there is one."""
        return getattr(self, "_driver", None)

    @property
    def draws(self) -> bool:
        """Whether Textual would write an update now that is to go through `draw`."""
        if DISPLAY in CHANGED or self.is_headless:
            return False
        return self._running and not self._closed and not self._batch_count

    def everything(self) -> Iterator[StripPiece]:
        """The whole present screen."""
        lines = self.screen._compositor.render_strips()
        return (StripPiece(0, y, strip) for y, strip in enumerate(lines))

    def send(self, output: str) -> None:
        """Writes to the terminal, as one frame if the terminal supports frames."""
        if self._driver is not None:
            framed = f"{_SEQUENCES.SYNC_START}{output}{_SEQUENCES.SYNC_END}" if self._sync_available else output
            self._driver.write(framed)
            self._driver.flush()

    def keep_errors(self, file: IO[str]) -> None:
        """Redirects standard error to this file."""
        self._capture_stderr = file  # type: ignore[assignment]

    def _display(self, *update: Any) -> None:
        renderable = update[-1]
        ours = DISPLAY not in CHANGED and isinstance(renderable, _COMPOSITOR.CompositorUpdate)
        if not ours or isinstance(renderable, _COMPOSITOR.InlineUpdate) or not self.draws:
            super()._display(*update)
            if renderable is not None and not ours:
                self.overdrawn()
            return
        try:
            self.draw(_pieces(renderable))
        except Exception as error:
            self._handle_exception(error)
        finally:
            self.post_display_hook()


def _pieces(update: Any) -> Iterator[StripPiece]:
    """What an update of Textual's compositor would draw, in its order."""
    compositor = _COMPOSITOR
    if isinstance(update, compositor.LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for part in line:
                strip = part if isinstance(part, Strip) else Strip([part])
                yield StripPiece(x, y, strip)
                x += strip.cell_length
    elif isinstance(update, compositor.ChopsUpdate):
        for y, left, right in update.spans:
            for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if chop is not None and x <= right and end > left:
                    yield StripPiece(x, y, chop if end <= right else chop.crop(0, right - x))


class WritingDriver(LinuxDriver):
    """Textual's driver of a terminal, which writes to a chosen file with the writer that `install` set."""

    def write_to(self, file: IO[str] | None) -> None:
        self._file = file  # type: ignore[assignment]

    @property
    def writer(self) -> Any:
        """The thread that writes, None before there is one."""
        return self._writer_thread

    @property
    def told_its_size(self) -> bool:
        """Whether the terminal reports its size in its own stream."""
        return self._in_band_window_resize


def install(writer: type, decoder: type) -> None:
    """Makes Textual's driver write with this thread, and decode input with this decoder."""
    if WRITER not in CHANGED:
        linux_driver.WriterThread = writer  # type: ignore[attr-defined,assignment]
    if PASTES not in CHANGED:
        linux_driver.getincrementaldecoder = lambda encoding: decoder  # type: ignore[attr-defined,assignment]


def stopped(event: Message) -> bool:
    """Whether an event was stopped."""
    return event._stop_propagation
