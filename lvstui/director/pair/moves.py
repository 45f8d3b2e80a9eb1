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


def followed(earlier: tuple[Move, ...], side: str, before: State | None, now: State, ahead: float) -> tuple[Move, ...]:
    """The moves of one side, extended by those in a State; the same tuple where there are none. `before`: the State
    before; `ahead`: how many seconds its clock is ahead of ours."""
    was = {status.instance.name: status for status in before.vrrp.instances} if before is not None else {}
    moves = []
    for new in now.vrrp.instances:
        old = was.get(new.instance.name)
        if not new.state or (old is not None and old.state == new.state):
            continue
        since = new.since if old is None or new.since != old.since else None
        if old is None and since is None:
            continue  # how long it has been so is not known
        at = (since if since is not None else now.taken) - ahead
        moves.append(Move(at, side, new.instance.name, old.state if old is not None else "", new.state))
    return (*earlier, *moves)[-_KEPT:] if moves else earlier


def together(*sides: Iterable[Move]) -> list[Move]:
    """The moves of all sides, the latest first."""
    return sorted((move for side in sides for move in side), reverse=True)
