"""The progress of a send: how much of it the kernel has answered."""

from __future__ import annotations

import time
from collections.abc import Callable

from lvstui.director.transaction import Progress
from lvstui.views.head import coarse

_LONG = 3.0
"""Seconds without an answer after which the screen says so."""


class Sending(Progress):
    """Counts the answers to a send of so many changes, in the thread that sends. Other threads read `text`."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._clock = clock
        self._answered = self._sent = 0
        self._back = False
        self._moved = clock()

    @property
    def text(self) -> str:
        """`sending 12,000 of 40,000 changes`, and for how long there was no answer."""
        waits = self._clock() - self._moved
        late = f"; no answer for {coarse(waits)}" if waits >= _LONG else ""
        if self._back:
            return f"taking back what was sent{late}"
        return f"sending {self._answered:,} of {self._total:,} change{'s' if self._total != 1 else ''}{late}"

    def answered(self, more: int) -> None:
        """Adds to the number of changes that were answered."""
        self._answered, self._moved = self._answered + more, self._clock()

    def sent(self, count: int) -> None:
        self._sent, self._moved = self._sent + count, self._clock()
        self._answered = max(self._answered, self._sent)  # not every source reports before a batch is done

    def taking_back(self) -> None:
        self._back, self._moved = True, self._clock()
