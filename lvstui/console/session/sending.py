"""The progress of a send: how much of it the kernel has answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from lvstui.director.change import Change
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope, Source
from lvstui.director.state import State
from lvstui.views.head import coarse

_LONG = 3.0
"""Seconds without an answer after which that is said."""


class Sending:
    """A Source through which so many changes are to go, and which knows how far they have come. Other threads read."""

    def __init__(self, source: Source, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._total = total
        self._clock = clock
        self._answered = 0
        self._refused = False
        self._moved = clock()

    @property
    def text(self) -> str:
        """`sending 12,000 of 40,000 changes`, and for how long nothing was answered."""
        waits = self._clock() - self._moved
        late = f"; no answer for {coarse(waits)}" if waits >= _LONG else ""
        if self._refused:
            return f"refused: taking back what was sent{late}"
        return f"sending {self._answered:,} of {self._total:,} change{'s' if self._total != 1 else ''}{late}"

    def answered(self, more: int) -> None:
        """So many more changes were answered."""
        self._answered, self._moved = self._answered + more, self._clock()

    def read(self, scope: Scope) -> State:
        state = self._source.read(scope)
        self._moved = self._clock()
        return state

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        self._moved, before = self._clock(), self._answered
        try:
            outcomes = self._source.send(changes, purpose)
        except Exception:
            self._refused = True  # whoever sends takes back what was done
            raise
        self._answered = max(self._answered, before + len(outcomes))  # not every source tells before it is done
        self._refused = self._refused or any(outcome.error is not None for outcome in outcomes)
        return outcomes

    def close(self) -> None:
        self._source.close()
