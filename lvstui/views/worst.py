"""Trouble first: the default order of the tables of services and hosts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from lvstui.director.hosts import HostKey
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.values import TYPE_CHECKING, NamedTuple
from lvstui.views.place import Place
from lvstui.views.service_table import ServiceTable
from lvstui.views.share import MUCH

if TYPE_CHECKING:
    from lvstui.director.drift.all import Drifts

ADDRESS = "address"
"""The order of the addresses, by the name with which it is requested."""
_LOOKED_AT = 200
"""The most services for which each is checked for a skew after every sweep."""
_CALM = MUCH * 2 / 3
"""A pool that was skewed counts as skewed until its skew is less than this, so that rows do not move to and fro."""

Row = TypeVar("Row", bound=Hashable)

_DOWN, _DEGRADED, _FULL, _SKEWED, _DRAINED, _DRIFTS = range(6)
OF_SERVICES = ("DOWN", "degraded", "full", "skewed", "drained", "with drift")
OF_HOSTS = OF_SERVERS = ("down or out", "degraded", "full", "skewed", "drained", "with drift")
"""What rows of each rank are, in the order of the ranks."""


class Ranks(NamedTuple):
    """The rows with a problem and their ranks, the worst lowest. `of`: what they were computed from."""

    by_row: Mapping[Hashable, tuple[float, ...]] = MappingProxyType({})
    of: tuple[object, ...] = ()


NO_RANKS = Ranks()


def of_services(table: ServiceTable, tally: Tally | None, drifts: Drifts | None, before: Ranks = NO_RANKS) -> Ranks:
    """DOWN, some down, some full, skewed, drift. `before`: the ranks of the last sweep; they are kept while nothing
    differs."""
    of = (tally, drifts, table)
    if all(part is other for part, other in zip(of, before.of, strict=False)) and before.of:
        return before
    ranks: dict[Hashable, tuple[float, ...]] = {}
    if tally is None:
        return Ranks(of=of)
    for key, served in tally.odd.items():
        if served.fails:
            ranks[key] = (_DOWN,)
        elif served.degraded:
            gone = served.down + served.out + served.removed
            ranks[key] = (_DEGRADED if gone else _FULL, served.live / max(served.configured or 1, 1))
    if len(table.keys) <= _LOOKED_AT:
        for key in table.keys:
            skew = table.skew(key) if key not in ranks else None
            odd = tally.of(key)
            drained = odd is not None and odd.drained  # their connections are where no weight is, and that is meant
            if skew is not None and not drained and skew > (_CALM if before.by_row.get(key) == (_SKEWED,) else MUCH):
                ranks[key] = (_SKEWED,)
    for key in drifts.by_service if drifts is not None else ():
        ranks.setdefault(key, (_DRIFTS,))
    return Ranks(before.by_row if ranks == before.by_row else ranks, of)


def of_hosts(states: Mapping[HostKey, str], drifting: Collection[HostKey]) -> Mapping[Hashable, tuple[float, ...]]:
    """First hosts of which no server serves, then those of which some do not, full ones, drained ones, and those with a
    drift. `states`: the words for those that are not well."""
    ranks: dict[Hashable, tuple[float, ...]] = {}
    for key, word in states.items():
        some = word[:1].isdigit()
        ranks[key] = (
            _DRAINED if "drained" in word else _FULL if "full" in word else _DEGRADED if some else _DOWN,
            float(some),
        )
    for key in drifting:
        ranks.setdefault(key, (_DRIFTS,))
    return ranks


def of_servers(state: State, key: ServiceKey, tally: Tally | None) -> Mapping[ServerKey, tuple[float, ...]]:
    """The servers of a service that take no new connections: those that are down or out, those that are full, those
    that are drained."""
    served = tally.of(key) if tally is not None else None
    pool = state.servers(key)
    if served is None or pool is None:
        return {}
    drained = [server.key for server in pool.servers() if not server.weight] if served.drained else []
    lost = served.down + served.out + served.removed
    kinds = (*(_DOWN for _ in served.ill[:lost]), *(_FULL for _ in served.ill[lost:]), *(_DRAINED for _ in drained))
    ranks: dict[ServerKey, tuple[float, ...]] = {}
    for number, (server, kind) in enumerate(zip((*served.ill, *drained), kinds, strict=True)):
        ranks.setdefault(server, (kind, number))
    return ranks


def of_every_server(state: State, tally: Tally | None) -> Mapping[Place, tuple[float, ...]]:
    """The same over all services, by rank, and in one rank by service."""
    odd = tally.odd if tally is not None else {}
    return {Place(key, server): (rank[0],) for key in odd for server, rank in of_servers(state, key, tally).items()}


def unseen(
    ranks: Mapping[Row, tuple[float, ...]], place: Callable[[Row], int | None], seen: range, words: Sequence[str]
) -> str:
    """`2 DOWN`: how many rows that are not seen have the worst rank among those; "" where all of them are well.
    `place`: the position of a row; `words`: what rows of each rank are."""
    kinds = [int(rank[0]) for key, rank in ranks.items() if (at := place(key)) is not None and at not in seen]
    return f"{kinds.count(min(kinds))} {words[min(kinds)]}" if kinds else ""


def first(numbers: Sequence[int], ranks: Mapping[int, tuple[float, ...]]) -> Sequence[int]:
    """Row numbers, first those with a rank, then the others in their order."""
    if not ranks:
        return numbers
    led = sorted((number for number in numbers if number in ranks), key=lambda number: (ranks[number], number))
    return [*led, *(number for number in numbers if number not in ranks)]
