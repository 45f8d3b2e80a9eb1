"""Reads a sample of the connection table beside the screen, while the view that shows it is open, and stops the read
when that is left."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Coroutine
from functools import partial

from lvstui import log
from lvstui.console.session.threads import in_thread
from lvstui.director.connections import MORE, ReadLimits
from lvstui.director.errors import LvsError
from lvstui.director.source import Source, probes
from lvstui.director.state import State
from lvstui.values import TYPE_CHECKING
from lvstui.views.connection_words import UNSAMPLED, SampleReading

if TYPE_CHECKING:
    from lvstui.director.connection_summary import ConnectionSummary

_OLD = 30.0
"""Seconds after which the table is read again when the view is opened."""
_SOON = 0.05


class Sampler:
    """One read at a time. `state`: the rules that were read last, None before that. `beside` runs something beside the
    screen, `show` updates the screen."""

    def __init__(
        self,
        source: Source,
        state: Callable[[], State | None],
        beside: Callable[[Callable[[], Coroutine[None, None, object]], str], None],
        show: Callable[[], None],
    ) -> None:
        self.reading: SampleReading = UNSAMPLED
        self._source = source
        self._state = state
        self._beside = beside
        self._show = show
        self._step = 0
        self._read_at = 0.0
        self._stop: threading.Event | None = None

    def open(self) -> None:
        """Called when the view is opened: reads the table, unless that was done a moment ago."""
        old = time.monotonic() - self._read_at > _OLD
        if self._stop is None and (self.reading.summary is None or old):
            self._step = 0
            self._begin()

    def leave(self) -> None:
        """Called when the view is left: ends a read in progress."""
        if self._stop is not None:
            self._stop.set()
            self._stop = None
            self.reading = self.reading._replace(under_way=False)

    def read(self, more: bool = False) -> bool:
        """Reads again, more rows with `more`; returns False if it cannot read more."""
        whole = self.reading.summary is not None and self.reading.summary.sample.whole
        if more and (whole or self._step == len(MORE) - 1):
            return False
        self._step += more
        self.leave()
        self._begin()
        return True

    def _begin(self) -> None:
        stop = self._stop = threading.Event()
        self.reading = self.reading._replace(under_way=True, trouble="")
        self._beside(partial(self._sample, stop), "connections")

    async def _sample(self, stop: threading.Event) -> None:
        rows, seconds = MORE[self._step]
        added_up: ConnectionSummary | None = None
        trouble = ""
        while (state := self._state()) is None:  # without the rules every connection would seem to be lost
            await asyncio.sleep(_SOON)
            if self._stop is not stop:
                return
        try:
            added_up = await in_thread(_read, self._source, state, ReadLimits(rows, seconds), stop)
        except LvsError as error:
            trouble = f"{error.why}; {error.mend}" if error.mend else error.why
        except Exception as error:  # the console goes on, and says so
            log.failure("unexpected, in a read of the connection table")
            trouble = f"unexpected: {type(error).__name__}: {error}; {log.hint()}"
        if self._stop is not stop:
            return  # it was given up, or another has begun
        self._stop, self._read_at = None, time.monotonic()
        before = self.reading.summary if added_up is None else added_up
        self.reading = SampleReading(before, False, trouble, self._step < len(MORE) - 1)
        self._show()


def _read(source: Source, state: State, limits: ReadLimits, stop: threading.Event) -> ConnectionSummary:
    from lvstui.director.connection_summary import summary  # few look at single connections

    engines = any(service.engine for service in state.services.services())
    gc.unfreeze()
    try:
        sample = probes(source).connections(limits._replace(engines=engines), lambda: not stop.is_set())
        return summary(sample, state).counted()
    finally:
        # Python stops all threads while it looks for garbage. Among so many rows there is none: until the next read of
        # them it looks at what is made from now on.
        gc.freeze()
