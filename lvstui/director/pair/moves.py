"""The VRRP changes of two directors in one list, on one clock."""

from __future__ import annotations

from collections.abc import Iterable

from lvstui.director.state import State
from lvstui.values import NamedTuple

_KEPT = 200
"""The number of changes kept for one side, the latest ones."""


class Move(NamedTuple):
    """A change of state of an instance. `at`: seconds of the epoch on our clock; `side`: THIS or OTHER; `before`: ""
    where it was so at the first read."""

    at: float
    side: str
    instance: str
    before: str
    state: str


def followed(known: tuple[Move, ...], side: str, before: State | None, now: State, ahead: float) -> tuple[Move, ...]:
    """The moves of one side, extended by those in a State; the same tuple where there are none. `before`: the State
    before; `ahead`: how many seconds its clock is ahead of ours."""
    was = {one.instance.name: one for one in before.vrrp.instances} if before is not None else {}
    found = []
    for one in now.vrrp.instances:
        old = was.get(one.instance.name)
        if not one.state or (old is not None and old.state == one.state):
            continue
        told = one.since if old is None or one.since != old.since else None
        if old is None and told is None:
            continue  # how long it has been so is not known
        at = (told if told is not None else now.taken) - ahead
        found.append(Move(at, side, one.instance.name, old.state if old is not None else "", one.state))
    return (*known, *found)[-_KEPT:] if found else known


def together(*sides: Iterable[Move]) -> list[Move]:
    """The moves of all sides, the latest first."""
    return sorted((move for side in sides for move in side), reverse=True)
