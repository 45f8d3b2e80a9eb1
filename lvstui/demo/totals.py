"""A whole world added up: exactly while it is small; a large one from the averages of its services, so that a tick of
ten thousand services costs the same as a tick of ten."""

from __future__ import annotations

from math import sin

from lvstui.demo.rows import RulePeriod, WorldServices, WorldSweep
from lvstui.demo.traffic import Moment, averages
from lvstui.director.state import Load, Rates, total
from lvstui.values import NamedTuple

LARGE = 500
"""The number of services from which the waves of single services are assumed to cancel out."""


class Totals(NamedTuple):
    """The averages of a scene; they change only with its rules."""

    load: Load
    rates: Rates


def averaged(scene: RulePeriod) -> Totals:
    """What all services of a scene carry on average."""
    loads, rates = zip(*(averages(scene.life(key)) for key in scene.keys), strict=True)
    return Totals(total(loads), Rates(*map(sum, zip(*rates, strict=True))))


def load_of(sweep: WorldSweep, totals: Totals | None, now: Moment) -> Load:
    """All pools of a sweep added up; `totals` are those of a large world."""
    if totals is None:
        return total(pool.load for pool in sweep.values())
    load, wave = totals.load, _wave(now)
    return load._replace(
        active=int(load.active * wave * now.level), inactive=int(load.inactive * wave * now.level**0.125)
    )


def traffic_of(services: WorldServices, totals: Totals | None, now: Moment) -> Rates:
    """The director's traffic; `totals` are those of a large world."""
    if totals is None:
        columns = tuple(zip(*(reading.rates for reading in services), strict=True))
        return Rates(*map(sum, columns)) if columns else Rates()
    wave = _wave(now) if now.carrying else 0.0
    return Rates(*(float(int(value * wave)) for value in totals.rates))


def _wave(now: Moment) -> float:
    return 1 + 0.03 * sin(now.counted / 9) + 0.01 * sin(now.counted / 1.7)
