"""A ramp: a weight brought to another in equal steps over a time."""

from __future__ import annotations

from lvstui.values import NamedTuple
from lvstui.views.servers import Place

_FASTEST = 0.5
"""The least number of seconds between two steps, so that the schedulers and the operator can follow."""


class RampStep(NamedTuple):
    """`after`: seconds from the start of the ramp at which the weight is due."""

    after: float
    weight: int


def steps(start: int, goal: int, seconds: float) -> tuple[RampStep, ...]:
    """The weights between `start` and `goal`, none twice, the last one `goal` when the time is over."""
    apart = abs(goal - start)
    number = min(apart, max(1, int(seconds / _FASTEST)))
    return tuple(
        RampStep(seconds * step / number, start + round((goal - start) * step / number))
        for step in range(1, number + 1)
    )


class Ramp(NamedTuple):
    """A ramp of one real server: from one weight to another within so many seconds."""

    place: Place
    start: int
    goal: int
    seconds: float

    @property
    def steps(self) -> tuple[RampStep, ...]:
        """When which weight is set."""
        return steps(self.start, self.goal, self.seconds)
