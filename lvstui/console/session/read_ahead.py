"""The console's first read, which begins before the console is loaded."""

from __future__ import annotations

import threading
import time

from lvstui.director.source import Scope, Source
from lvstui.director.state import State

FIRST = Scope(sweep=True, vrrp=True, owner=True, facts=True)
"""What the first read brings: everything on the screen."""


class ReadAhead:
    """A read of `source` in a thread, from now on. `began`: when, in monotonic seconds."""

    def __init__(self, source: Source, ask: bool) -> None:
        """`ask`: keepalived is queried too."""
        self.source = source
        self.scope = FIRST._replace(ask=ask)
        self.began = time.monotonic()
        self._state: State | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._read, daemon=True, name="lvstui-first-read")
        self._thread.start()

    def _read(self) -> None:
        try:
            self._state = self.source.read(self.scope)
        except BaseException as error:  # handed on to whoever waits
            self._error = error

    def within(self, seconds: float) -> State | None:
        """The State, if it is there in so many seconds; None if it is not, or could not be read."""
        self._thread.join(seconds)
        return self._state

    def state(self) -> State:
        """Waits for the State. Raises what reading it raised."""
        self._thread.join()
        if self._state is None:
            assert self._error is not None
            raise self._error
        return self._state
