"""Waiting until drained servers have no connections left."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.commands.draining import DrainRemainder, place_text
from lvstui.director.errors import LvsError, NotDone
from lvstui.operations.steps import PRINTED, Operation, Say, read, sleep
from lvstui.views.servers import Place

LOOKS = 1.0
"""Seconds between two reads."""


def wait(
    places: Sequence[Place], seconds: float, what: str = "drain", otherwise: str = "it stays drained"
) -> Operation[DrainRemainder]:
    """Reports the connections that are left whenever their number changes, and returns when none are. A read that fails
    is repeated while there is time. `seconds` is the limit; `what` names the operation in errors; `otherwise` says what
    happens to the server when the time is up. Raises NotDone when the time is up, when someone else gave a server a
    weight again, and when nothing is left but of a server that someone else removed."""
    keys = frozenset(place.service for place in places)
    said = ""
    until = (yield from sleep(0)) + seconds
    while True:
        try:
            state = yield from read(keys, settings=True)
        except LvsError:
            now = yield from sleep(0)
            if now >= until:
                raise
            yield from sleep(min(LOOKS, until - now))
            continue
        left = DrainRemainder(places, state)
        if left.back:
            raise NotDone(
                place_text(left.back[0]), "someone else gave it a weight again while it was drained", "look again"
            )
        if left.empty and left.gone:
            why = "someone else removed it while it was drained, and whether it has connections left is not known"
            raise NotDone(place_text(left.gone[0]), why, "look on the server itself, or at lvstui's view 3")
        if left.empty:
            return left
        if left.text != said:
            said = left.text
            yield Say(said, PRINTED)
        now = yield from sleep(0)
        if now >= until:
            raise NotDone(what, f"{left.text} after {seconds:g} s; {otherwise}", left.advice)
        yield from sleep(min(LOOKS, until - now))
