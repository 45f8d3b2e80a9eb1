"""A Source whose sweeps are recorded in a separate thread, because writing a table of fifty thousand rows takes longer
than a tick may wait. An error of the tape ends the recording, never a read."""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty, Full, Queue

from lvstui.director.errors import NotDone
from lvstui.director.source import Scope, Source, Wrapper
from lvstui.director.state import State
from lvstui.store.frames import Encoder
from lvstui.store.tape import DIFFERENCE, KEY, TapeWriter

_PATIENCE = 10.0
"""Seconds to wait for the last write before the program exits."""


class Recording(Wrapper):
    """Passes on the reads of another source, and appends each sweep to a tape. A sweep that comes while the last one is
    still being written is left out."""

    def __init__(self, source: Source, tape: TapeWriter) -> None:
        super().__init__(source)
        self._tape = tape
        self._encoder = Encoder(keeping=True)
        self._waiting: Queue[State | None] = Queue(1)
        self._thread = threading.Thread(target=self._write, name="recording", daemon=True)
        self._thread.start()
        self.trouble = ""
        self.lacks = ""
        """What the recording is without, in words."""
        self._over = False

    def read(self, scope: Scope) -> State:
        if self._over:
            return super().read(scope)
        # Settings are read too, so that a snapshot saved from a recording is as complete as any other. It has counters.
        state = super().read(scope._replace(settings=True, uncounted=False) if scope.sweep else scope)
        if self.trouble:
            return state._replace(notes=(*state.notes, self.trouble))
        if self.lacks:
            state = state._replace(notes=(*state.notes, self.lacks))
        if scope.sweep:
            with suppress(Full):
                self._waiting.put_nowait(state)
        return state

    def close(self) -> None:
        """Writes the pending sweep, and closes the tape and the source."""
        self.finish()
        super().close()

    def finish(self) -> None:
        """Writes the pending sweep and closes the tape; the source stays in use."""
        self._over = True
        if self._thread.is_alive():
            with suppress(Full):
                self._waiting.put(None, timeout=_PATIENCE)
        self._thread.join(_PATIENCE)

    def _write(self) -> None:
        try:
            while (state := self._waiting.get()) is not None:
                whole, payload = self._encoder.encode(state)
                if lacking := self._encoder.lacking:
                    self.lacks = f"the recording is without {lacking}"
                self._tape.append(KEY if whole else DIFFERENCE, state.taken, payload)
        except NotDone as error:
            self._give_up(str(error))
        except Exception as error:
            # A bug here must not take the table off the screen.
            self._give_up(f"{type(error).__name__}: {error}")
        finally:
            self._tape.close()

    def _give_up(self, why: str) -> None:
        self.trouble = f"no longer recording: {why}"
        with suppress(Empty):
            self._waiting.get_nowait()  # makes room, so that no thread waits for it
