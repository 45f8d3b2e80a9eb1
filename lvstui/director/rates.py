"""Rates from counters: the traffic of a row per second over the last seconds, from the samples that a screen has kept.

The kernel updates its counters every two seconds, and its own rates are slow averages (ip_vs_est.c). So a rate here is
the difference between two moments, at least four seconds apart, at which the counters were seen to move or known to
stand still. Until there are two such moments the rate is unknown, None.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lvstui.director.model import ServiceKey
from lvstui.director.state import Counters, Pool, Rates, Services, State
from lvstui.values import NamedTuple

STILL = 2.9
"""Seconds without movement after which counters are known to stand still and not merely to wait for the kernel's next
update."""
SPAN = 3.9
"""The least number of seconds between the two moments: four, minus the jitter of a one-second tick."""
KEPT = 9.0
"""Seconds of samples that are enough to find two moments `SPAN` apart while counters move every two seconds."""

FEWEST = 6
"""Samples that are kept whatever their age, for a screen that reads less often."""

NO_RATES = Rates()


class RateSample(NamedTuple):
    """The part of a State that rates need: its services, and the pools that were read fresh for the screen."""

    at: float
    services: Services
    pools: Mapping[ServiceKey, Pool]


History = tuple[RateSample, ...]
"""Oldest first."""


def step(history: History, state: State, fresh: Collection[ServiceKey]) -> History:
    """The history with this State added and old samples dropped. `fresh` names the pools in scope."""
    pools = {key: pool for key in fresh if (pool := state.pools.get(key)) is not None}
    young = sum(state.at - sample.at <= KEPT for sample in history)
    return (*history[-max(young, FEWEST) :], RateSample(state.at, state.services, pools))


def service_rates(history: History, key: ServiceKey) -> Rates | None:
    """The rates of a virtual service, None while they are not known."""
    series = []
    for sample in history:
        reading = sample.services.find(key)
        if reading is not None:
            series.append((sample.at, reading.counters))
    return rates(series)


def rates(series: list[tuple[float, Counters]]) -> Rates | None:
    """Rates from (seconds, counters) pairs, oldest first."""
    if not series:
        return None
    last = 0  # the last movement
    known: list[int] = []  # the samples that had the kernel's current value
    for i in range(1, len(series)):
        if any(new < old for new, old in zip(series[i][1], series[i - 1][1], strict=True)):
            last, known = i, []  # zeroed, or the rule was re-created: start again
        elif series[i][1] != series[i - 1][1]:
            last = i
            known.append(i)
        elif series[i][0] - series[last][0] >= STILL:
            known.append(i)
    if series[-1][0] - series[last][0] >= SPAN:
        return NO_RATES
    earlier = [i for i in known if series[last][0] - series[i][0] >= SPAN]
    if not earlier:
        return None
    (t0, old), (t1, new) = series[earlier[-1]], series[last]
    return Rates(*((n - o) / (t1 - t0) for n, o in zip(new, old, strict=True)))
