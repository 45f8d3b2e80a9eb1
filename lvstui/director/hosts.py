"""Real servers by host: each address with the sums over all services that have it, computed from a sweep.

Adding up fifty thousand rows takes a tenth of a second, so it happens in the reading thread, and only while somebody
looks. It works on a part of the table at a time, so that only that part is in memory twice.
"""

from __future__ import annotations

from _socket import AF_INET
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from lvstui.director.change import AddServer, DeleteServer, DeleteService, Flush
from lvstui.director.model import IPV4, IPV6, ServiceKey
from lvstui.director.rates import FEWEST, KEPT, rates
from lvstui.director.record import DONE, ROLLED_BACK, Record
from lvstui.director.state import Counters, Flow, Rates, State
from lvstui.values import NamedTuple

MISSED = 900.0
"""Seconds for which a host that lost some or all of its rules is still shown with the number it lost."""

_ROUNDED = 0.001
"""Seconds to which the audit log has its times."""
_PART = 4096
"""Services added up at a time."""


class HostKey(NamedTuple):
    """The key of a host: its address. A host may have many ports."""

    family: int
    address: bytes


class Host(NamedTuple):
    """An address over all services. `places`: the number of the service of each of its rules, ascending; a service with
    two of its ports appears twice. `live`: rules with a weight above 0. `missing`: rules that it had within the last
    quarter of an hour and no longer has, without those that somebody deleted with lvstui."""

    key: HostKey
    places: Sequence[int] = ()
    live: int = 0
    lightest: int = 0
    heaviest: int = 0
    active: int = 0
    inactive: int = 0
    persistent: int = 0
    counters: Counters = Counters()
    rates: Rates = Rates()
    missing: int = 0

    @property
    def services(self) -> int:
        """The number of services that have it."""
        return len(frozenset(self.places))


class Hosts(NamedTuple):
    """All hosts of one sweep, by key, in order of their addresses. `keys`: the services that `places` refers to;
    `unread`: how many of them were not read. `samples` and `most` are carried to the next sweep."""

    swept: float | None
    keys: Sequence[ServiceKey] = ()
    by_key: Mapping[HostKey, Host] = MappingProxyType({})
    unread: int = 0
    samples: tuple[tuple[float, Mapping[HostKey, Host]], ...] = ()
    most: Mapping[HostKey, tuple[int, float]] = MappingProxyType({})

    @property
    def at(self) -> float:
        """When they were read, in monotonic seconds."""
        return self.samples[-1][0] if self.samples else 0.0


def hosts(state: State, before: Hosts | None = None, records: Iterable[Record] = ()) -> Hosts:
    """The hosts of a State. `before`: the hosts of the sweep before, which give rates and missing rules; returned
    unchanged when there was no new sweep. `records`: the audit log, latest first, because what was deleted with lvstui
    is not missing."""
    if before is not None and before.swept == state.swept:
        return before
    by_key, unread = _added_up(state)
    at = state.at
    most, missing = _most(by_key, before.most if before is not None else {}, _deleted(records, state), at)
    for key, rules in missing.items():
        by_key[key] = by_key.get(key, Host(key))._replace(missing=rules)
    by_key = {key: by_key[key] for key in sorted(by_key)}
    earlier = before.samples if before is not None else ()
    young = sum(at - sample[0] <= KEPT for sample in earlier)
    return Hosts(
        state.swept, state.services.keys, by_key, unread, (*earlier[-max(young, FEWEST) :], (at, by_key)), most
    )


def host_rates(hosts: Hosts, key: HostKey) -> Rates | None:
    """The rates of a host, None while they are not known."""
    return rates([(at, host.counters) for at, by_key in hosts.samples if (host := by_key.get(key)) is not None])


def _added_up(state: State) -> tuple[dict[HostKey, Host], int]:
    by_address: dict[tuple[bytes, int], list[tuple[float, ...]]] = {}
    places: dict[tuple[bytes, int], list[int]] = {}
    numbered = iter(enumerate(state.services.keys))
    unread = 0
    while part := tuple(islice(numbered, _PART)):
        rows: dict[tuple[bytes, int], list[Flow]] = {}
        for number, service in part:
            pool = state.pools.get(service)
            if pool is None:
                unread += 1
                continue
            for flow in pool.flows():
                key = flow[0], flow[5]
                there = rows.get(key)
                if there is None:
                    rows[key] = [flow]
                    places.setdefault(key, []).append(number)
                else:
                    there.append(flow)
                    places[key].append(number)
        for key, flows in rows.items():
            _, weights, active, inactive, persistent, _, *stats = zip(*flows, strict=True)
            live = len(weights) - weights.count(0)
            sums = (live, min(weights), max(weights), *map(sum, (active, inactive, persistent, *stats)))
            by_address.setdefault(key, []).append(sums)
    made = {}
    for (padded, family), sums_of in by_address.items():
        key_of = HostKey(IPV4, padded[:4]) if family == AF_INET else HostKey(IPV6, padded)
        made[key_of] = _host(key_of, places[padded, family], sums_of)
    return made, unread


def _host(key: HostKey, places: Sequence[int], sums: list[tuple[float, ...]]) -> Host:
    """One host from the sums of the parts it was in."""
    lives, lightest, heaviest, *columns = zip(*sums, strict=True)
    active, inactive, persistent, *counters = map(int, map(sum, columns[:8]))
    rates = Rates(*map(sum, columns[8:]))
    return Host(
        key,
        places,
        int(sum(lives)),
        int(min(lightest)),
        int(max(heaviest)),
        active,
        inactive,
        persistent,
        Counters(*counters),
        rates,
    )


def _deleted(records: Iterable[Record], state: State) -> list[tuple[float, Counter[HostKey]]]:
    """How many rules of each host were deleted with lvstui within that time, and when, in monotonic seconds; the latest
    first."""
    deleted = []
    for record in records:
        at = state.at - (state.taken - record.epoch)
        if state.at - at > MISSED:
            break
        if record.result not in (DONE, ROLLED_BACK):
            continue
        match record.change:
            case DeleteServer(_, name):
                deleted.append((at, Counter((HostKey(name.family, name.address),))))
            case DeleteService() | Flush():
                servers = [change.server.key for change in record.inverse if isinstance(change, AddServer)]
                deleted.append((at, Counter(HostKey(name.family, name.address) for name in servers)))
    return deleted


def _most(
    hosts: Mapping[HostKey, Host],
    before: Mapping[HostKey, tuple[int, float]],
    deleted: Sequence[tuple[float, Counter[HostKey]]],
    at: float,
) -> tuple[dict[HostKey, tuple[int, float]], dict[HostKey, int]]:
    """The largest number of rules that each host had recently, with the time at which it last had them; and how many
    are missing of it. Rules that were deleted with lvstui since are not."""
    most, missing = {key: (len(host.places), at) for key, host in hosts.items()}, {}
    for key, (rules, when) in before.items():
        now = most.get(key, (0, at))[0]
        if at - when <= MISSED and rules > now:
            left = rules - now - sum(of[key] for then, of in deleted if then >= when - _ROUNDED)
            if left > 0:
                most[key], missing[key] = (rules, when), left
    return most, missing
