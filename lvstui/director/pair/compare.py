"""Compares two directors: what would be missing, unreachable or different if one took over from the other."""

from __future__ import annotations

from lvstui.director.pair import configurations, interface_switches, machine, routers, services
from lvstui.director.pair.authentication import NONE_COMPARED, Alike
from lvstui.director.pair.point import AMISS, DIFFERS, KINDS, UNKNOWN, Point, Side
from lvstui.values import NamedTuple


class Compared(NamedTuple):
    """All points, in the order of their effect at a failover; equal and expected ones only where they were asked
    for."""

    points: tuple[Point, ...] = ()

    @property
    def differences(self) -> tuple[Point, ...]:
        """The points that differ and should not, and those that are wrong for a pair even though equal."""
        return tuple(point for point in self.points if point.standing in (DIFFERS, AMISS))

    @property
    def unknown(self) -> tuple[Point, ...]:
        """The points that could not be compared."""
        return tuple(point for point in self.points if point.standing == UNKNOWN)

    @property
    def mirrored(self) -> Compared:
        """The same, seen from the other side."""
        return Compared(tuple(point.mirrored for point in self.points))


def compared(
    this: Side, other: Side, skew: float | None = None, whole: bool = False, alike: Alike = NONE_COMPARED
) -> Compared:
    """Compares two readings. `skew`: how many seconds the other's clock is ahead, None where that is not known.
    `whole`: include points that are equal or expected to differ. `alike`: which passwords are equal."""
    points = [
        *services.points(this, other, whole),
        *routers.points(this, other, whole, alike),
        *machine.modules(this, other, whole),
        *machine.switches(this, other, whole),
        *interface_switches.points(this, other, whole),
        *machine.sync(this, other, whole),
        *configurations.points(this, other, whole),
        *machine.versions(this, other, whole),
        *machine.clocks(this, other, skew, whole),
    ]
    return Compared(tuple(sorted(points, key=lambda point: KINDS.index(point.kind))))
