"""Two directors, compared: what would be missing, unreachable or different if the one took over from the other."""

from __future__ import annotations

from lvstui.director.pair import files, machine, routers, services
from lvstui.director.pair.point import AMISS, DIFFERS, KINDS, UNKNOWN, Point, Side
from lvstui.values import NamedTuple


class Compared(NamedTuple):
    """All points, in the order in which they would be felt at a failover; those that are equal or expected only where
    they were asked for."""

    points: tuple[Point, ...] = ()

    @property
    def differences(self) -> tuple[Point, ...]:
        """What is not equal and should be, and what is amiss with a pair though it be equal."""
        return tuple(point for point in self.points if point.standing in (DIFFERS, AMISS))

    @property
    def unknown(self) -> tuple[Point, ...]:
        """What could not be compared."""
        return tuple(point for point in self.points if point.standing == UNKNOWN)

    @property
    def mirrored(self) -> Compared:
        """The same, seen from the other side."""
        return Compared(tuple(point.mirrored for point in self.points))


def compared(this: Side, other: Side, skew: float | None = None, whole: bool = False) -> Compared:
    """Compares what was read of two directors. `skew`: by how many seconds the other's clock is ahead, None where that
    is not known. `whole`: with what is equal, or expected to be other."""
    found = [
        *services.points(this, other, whole),
        *routers.points(this, other, whole),
        *machine.modules(this, other, whole),
        *machine.switches(this, other, whole),
        *machine.sync(this, other, whole),
        *files.points(this, other, whole),
        *machine.versions(this, other, whole),
        *machine.clocks(this, other, skew, whole),
    ]
    return Compared(tuple(sorted(found, key=lambda point: KINDS.index(point.kind))))
