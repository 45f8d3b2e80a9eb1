"""A Source whose clock is compared with ours while it is read."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from lvstui.director.pair.point import SKEW
from lvstui.director.source import Scope, Source, Wrapper
from lvstui.director.state import State
from lvstui.values import NamedTuple


class Offset(NamedTuple):
    """How many seconds a director's clock is ahead of ours, plus or minus `error`: it was read at some moment between
    request and answer."""

    ahead: float
    error: float


class Clocked(Wrapper):
    """Passes everything on. The fastest of the last few reads gives the best offset; older reads do not count, because
    a clock may have been set since."""

    def __init__(self, source: Source, clock: Callable[[], float]) -> None:
        """`clock`: seconds of the epoch, ours."""
        super().__init__(source)
        self._clock = clock
        self._offsets: tuple[Offset, ...] = ()

    @property
    def offset(self) -> Offset:
        """The offset as far as it is known."""
        return min(self._offsets, key=lambda offset: offset.error, default=Offset(0.0, inf))

    def read(self, scope: Scope) -> State:
        before = self._clock()
        state = super().read(scope)
        after = self._clock()
        offset = Offset(state.taken - (before + after) / 2, abs(after - before) / 2)
        self._offsets = (*self._offsets[-_KEPT:], offset)
        return state


_KEPT = 7
"""Reads, besides the last, whose offset is kept."""


def skew(this: Offset, other: Offset) -> float | None:
    """How many seconds the other's clock is ahead of this one's. None where the error is too large to say whether the
    clocks agree."""
    ahead, error = other.ahead - this.ahead, other.error + this.error
    if abs(ahead) - error > SKEW:
        return ahead
    return 0.0 if abs(ahead) + error <= SKEW or error <= SKEW / 2 else None
