"""The most important line about a pair: what would happen if the other director took over now."""

from __future__ import annotations

from collections import Counter

from lvstui.director.pair.point import AMISS, CHECK, MODULE, OTHER, SERVER, SERVICE, SWITCH, SYNC, THIS, VRRP, Point
from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lvstui.director.pair.compare import Compared


class DirectorNames(NamedTuple):
    """The names of the two directors."""

    this: str
    other: str

    def of(self, side: str) -> str:
        return self.this if side == THIS else self.other


class Takeover(NamedTuple):
    """`text`: the answer; `grave`: something would be missing or unreachable; `equal`: nothing differs."""

    text: str
    grave: bool
    equal: bool


def taker(roles: tuple[str, str]) -> str:
    """The side that would take over: the other one, unless it is already master."""
    return THIS if roles[1] == "MASTER" and roles[0] != "MASTER" else OTHER


def takeover(comparison: Compared, names: DirectorNames, roles: tuple[str, str]) -> Takeover:
    """What would happen if the director that is not master took over now. `roles`: of this one and of the other."""
    side = taker(roles)
    name = names.of(side)
    points = comparison.differences
    lost = [point for point in points if point.lacks == side]
    words = [*_lost(lost, name)]
    rest = [point for point in points if point not in lost]
    differ, amiss = (
        [point for point in rest if point.standing != AMISS],
        [point for point in rest if point.standing == AMISS],
    )
    if differ:
        words.append(f"{_many(len(differ), 'thing')} differ{'s' if len(differ) == 1 else ''}")
    words += [f"{point.what} of {point.about}" for point in amiss[:1]]
    if len(amiss) > 1:
        words.append(f"{_many(len(amiss) - 1, 'more thing')} wrong")
    if not words:
        words = ["equal"]
    if unknown := len(comparison.unknown):
        words.append(f"{unknown} not known")
    return Takeover(f"if {name} took over now: {', '.join(words)}", bool(lost), not points)


def _lost(points: list[Point], name: str) -> list[str]:
    """What the new master would lack, the worst first."""
    counts = Counter(_sort(point) for point in points)
    words = []
    for sort, singular, some in (
        (SERVICE, "service would be missing", "services would be missing"),
        (SERVER, "server would be missing", "servers would be missing"),
        (CHECK, f"server cannot be reached from {name}", f"servers cannot be reached from {name}"),
        ("address", "address would be missing", "addresses would be missing"),
        (VRRP, "fault of VRRP there", "faults of VRRP there"),
        (MODULE, "scheduler is missing there", "schedulers are missing there"),
        (SWITCH, "switch is off there", "switches are off there"),
        (SYNC, "sync daemon is missing there", "sync daemons are missing there"),
    ):
        if counts[sort]:
            words.append(f"{counts[sort]} {singular if counts[sort] == 1 else some}")
    return words


def _sort(point: Point) -> str:
    return "address" if point.kind == VRRP and point.what == "address" else point.kind


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
