"""Since when services and servers are as they are, as far as this console has watched: followed from sweep to sweep."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.serving import Served, Tally
from lvstui.director.state import State

Key = ServiceKey | tuple[ServiceKey, ServerKey]
KINDS = ("down", "out", "removed", "full")
"""Why a server does not take new connections, in the order of Served.ill."""
WELL = "up"
_MOST = 2000
"""Recoveries that are remembered, the latest."""


class Stand(NamedTuple):
    """What a row is, and since when (seconds of the epoch): None where it was so when the console began to look."""

    kind: str
    epoch: float | None


class Watched(NamedTuple):
    """What was seen of services and servers since `began` (seconds of the epoch): each that is not as it should be, and
    those that are again. `odd` and `taken` are what the next sweep goes on from."""

    began: float
    stands: Mapping[Hashable, Stand] = MappingProxyType({})
    recovered: Mapping[Hashable, Stand] = MappingProxyType({})
    odd: Mapping[ServiceKey, Served] = MappingProxyType({})
    taken: float = 0.0

    def of(self, key: Hashable) -> Stand | None:
        """How a row stands; None for one that has been well for as long as somebody has looked."""
        return self.stands.get(key) or self.recovered.get(key)


def watched(state: State, tally: Tally, before: Watched | None) -> Watched:
    """What is known after one more sweep, which comes after `before`. A recording that was wound back begins anew."""
    now = state.taken
    if before is None or now < before.taken:
        return Watched(now, _stands(tally.odd, {}, None), {}, tally.odd, now)
    if tally.odd == before.odd:
        return before._replace(taken=now)
    stands = _stands(tally.odd, before.stands, now)
    well = {key: Stand(WELL, now) for key in before.stands if key not in stands}
    recovered = {key: one for key, one in (before.recovered | well).items() if key not in stands}  # type: ignore[operator]
    surplus = len(recovered) - _MOST
    if surplus > 0:
        recovered = dict(islice(recovered.items(), surplus, None))
    return Watched(before.began, stands, recovered, tally.odd, now)


def _stands(
    odd: Mapping[ServiceKey, Served], before: Mapping[Hashable, Stand], now: float | None
) -> Mapping[Hashable, Stand]:
    """Each service and server that is not as it should be; one that is as it was keeps its moment."""
    found: dict[Hashable, Stand] = {}
    for key, one in odd.items():
        _note(found, before, key, _kind(one), now)
        place = 0
        for kind in KINDS:
            number: int = getattr(one, kind)
            for server in one.ill[place : place + number]:
                _note(found, before, (key, server), kind, now)
            place += number
    return found


def _note(
    found: dict[Hashable, Stand], before: Mapping[Hashable, Stand], key: Hashable, kind: str, now: float | None
) -> None:
    last = before.get(key)
    found[key] = last if last is not None and last.kind == kind else Stand(kind, now)


def _kind(one: Served) -> str:
    """The worst of a service, without its number: one more server that is down begins nothing new."""
    if one.fails:
        return "DOWN"
    return next((kind for kind in (*KINDS, "drained") if getattr(one, kind)), WELL)
