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
_GONE = frozenset(KINDS[:3])
"""What a server that keepalived took out is called by what is known of it: another word for it is no change."""
_MOST = 2000
"""Recoveries that are remembered, the latest."""
_FIRST = 15.0
"""Seconds that keepalived may take to be found when a console begins to look: what it then tells was so before."""


class Stand(NamedTuple):
    """What a row is, and since when (seconds of the epoch): None where it was so when the console began to look.
    `missed`: it became so while nobody could tell, for what is configured was not known."""

    kind: str
    epoch: float | None
    missed: bool = False


class Watched(NamedTuple):
    """What was seen of services and servers since `began` (seconds of the epoch): each that is not as it should be, and
    those that are again. `odd`, `taken` and `blind` (what is configured was not known) are what the next sweep goes on
    from."""

    began: float
    stands: Mapping[Hashable, Stand] = MappingProxyType({})
    recovered: Mapping[Hashable, Stand] = MappingProxyType({})
    odd: Mapping[ServiceKey, Served] = MappingProxyType({})
    taken: float = 0.0
    blind: bool = False

    def of(self, key: Hashable) -> Stand | None:
        """How a row stands; None for one that has been well for as long as somebody has looked."""
        return self.stands.get(key) or self.recovered.get(key)


def watched(state: State, tally: Tally, before: Watched | None) -> Watched:
    """What is known after one more sweep, which comes after `before`. A recording that was wound back begins anew."""
    now, blind = state.taken, bool(tally.why)
    if before is None or now < before.taken or (before.blind and not blind and now - before.began < _FIRST):
        return Watched(now, _stands(tally.odd, {}, Stand("", None)), {}, tally.odd, now, blind)
    if tally.odd == before.odd and blind == before.blind:
        return before._replace(taken=now)
    # What a row becomes with what is known of it, it may have been before.
    since = Stand("", now) if blind == before.blind else Stand("", None, missed=True)
    stands = _stands(tally.odd, before.stands, since)
    well = {key: since._replace(kind=WELL) for key in before.stands if key not in stands}
    recovered = {key: one for key, one in (before.recovered | well).items() if key not in stands}  # type: ignore[operator]
    surplus = len(recovered) - _MOST
    if surplus > 0:
        recovered = dict(islice(recovered.items(), surplus, None))
    return Watched(before.began, stands, recovered, tally.odd, now, blind)


def _stands(
    odd: Mapping[ServiceKey, Served], before: Mapping[Hashable, Stand], since: Stand
) -> Mapping[Hashable, Stand]:
    """Each service and server that is not as it should be; one that is as it was keeps its moment."""
    found: dict[Hashable, Stand] = {}
    for key, one in odd.items():
        _note(found, before, key, _kind(one), since)
        place = 0
        for kind in KINDS:
            number: int = getattr(one, kind)
            for server in one.ill[place : place + number]:
                _note(found, before, (key, server), kind, since)
            place += number
    return found


def _note(
    found: dict[Hashable, Stand], before: Mapping[Hashable, Stand], key: Hashable, kind: str, since: Stand
) -> None:
    last = before.get(key)
    same = last is not None and (last.kind == kind or {last.kind, kind} <= _GONE)
    found[key] = (last if last is not None and same else since)._replace(kind=kind)


def _kind(one: Served) -> str:
    """The worst of a service, without its number: one more server that is down begins nothing new."""
    if one.fails:
        return "DOWN"
    return next((kind for kind in (*KINDS, "drained") if getattr(one, kind)), WELL)
