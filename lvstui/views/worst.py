"""Trouble first: the default order of the tables of services and hosts."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from types import MappingProxyType

from lvstui.director.hosts import HostKey
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.values import TYPE_CHECKING, NamedTuple
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

_DOWN, _DEGRADED, _FULL, _SKEWED, _DRAINED, _DRIFTS = range(6)


class Ranks(NamedTuple):
    """The rows with a problem and their ranks, the worst lowest. `of`: what they were computed from."""

    found: Mapping[Hashable, tuple[float, ...]] = MappingProxyType({})
    of: tuple[object, ...] = ()


NO_RANKS = Ranks()


def of_services(table: ServiceTable, tally: Tally | None, drifts: Drifts | None, before: Ranks = NO_RANKS) -> Ranks:
    """DOWN, some down, some full, skewed, drift. `before`: the ranks of the last sweep; they are kept while nothing
    differs."""
    of = (tally, drifts, table)
    if all(one is other for one, other in zip(of, before.of, strict=False)) and before.of:
        return before
    ranks: dict[Hashable, tuple[float, ...]] = {}
    if tally is None:
        return Ranks(of=of)
    for key, one in tally.odd.items():
        if one.fails:
            ranks[key] = (_DOWN,)
        elif one.degraded:
            gone = one.down + one.out + one.removed
            ranks[key] = (_DEGRADED if gone else _FULL, one.live / max(one.configured or 1, 1))
    if len(table.keys) <= _LOOKED_AT:
        for key in table.keys:
            skew = table.skew(key) if key not in ranks else None
            odd = tally.of(key)
            drained = odd is not None and odd.drained  # their connections are where no weight is, and that is meant
            if skew is not None and not drained and skew > (_CALM if before.found.get(key) == (_SKEWED,) else MUCH):
                ranks[key] = (_SKEWED,)
    for key in drifts.found if drifts is not None else ():
        ranks.setdefault(key, (_DRIFTS,))
    return Ranks(before.found if ranks == before.found else ranks, of)


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
    """The servers of a service that take no new connections, the worst first, then those that are drained."""
    one = tally.of(key) if tally is not None else None
    pool = state.servers(key)
    if one is None or pool is None:
        return {}
    drained = [server.key for server in pool.servers() if not server.weight] if one.drained else []
    return {server: (float(number),) for number, server in enumerate(dict.fromkeys([*one.ill, *drained]))}


def first(numbers: Sequence[int], ranks: Mapping[int, tuple[float, ...]]) -> Sequence[int]:
    """Row numbers, first those with a rank, then the others in their order."""
    if not ranks:
        return numbers
    led = sorted((number for number in numbers if number in ranks), key=lambda number: (ranks[number], number))
    return [*led, *(number for number in numbers if number not in ranks)]
