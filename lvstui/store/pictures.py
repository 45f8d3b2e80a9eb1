"""Pictures: what a frame of a tape holds once it is decoded, and what an Encoder knows of the frame before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from lvstui.director.model import Server, Service, ServiceKey
from lvstui.director.state import Pool, State
from lvstui.values import NamedTuple

SERVICE, SERVER = 5, 8
"""The number of values in a row: the counters of a service; active, inactive, persistent and the counters of a
server."""


@runtime_checkable
class NumberedPool(Protocol):
    """A pool that has its numbers without making rows."""

    def numbers(self) -> Iterable[Sequence[int]]:
        """For each server in the order of the keys: active, inactive, persistent and the five counters."""
        ...


class PictureRules(NamedTuple):
    """The rules of a picture: services in the order of their keys, the servers of each, and the index of each service's
    first row among the servers' numbers."""

    keys: tuple[ServiceKey, ...]
    services: tuple[Service, ...]
    pools: tuple[tuple[Server, ...], ...]
    starts: tuple[int, ...]
    place: Mapping[ServiceKey, int]


class Picture(NamedTuple):
    """The decoded content of a frame: a State without rows, the rules, and the numbers of all services and servers in
    order."""

    state: State
    rules: PictureRules
    services: Sequence[int]
    servers: Sequence[int]


def rules(entries: Mapping[ServiceKey, tuple[Service, tuple[Server, ...]]]) -> PictureRules:
    keys = tuple(sorted(entries))
    pools = tuple(entries[key][1] for key in keys)
    starts, row = [], 0
    for pool in pools:
        starts.append(row)
        row += len(pool)
    place = {key: i for i, key in enumerate(keys)}
    return PictureRules(keys, tuple(entries[key][0] for key in keys), pools, tuple(starts), place)


NOTHING = Picture(State(0.0, 0.0, ""), rules({}), (), ())


def rearranged(picture: Picture, wanted: PictureRules) -> Picture:
    """The numbers of a picture in the order of other rules; 0 for missing rows."""
    known = picture.rules
    services: list[int] = []
    servers: list[int] = []
    for key, pool in zip(wanted.keys, wanted.pools, strict=True):
        i = known.place.get(key)
        if i is None:
            services += [0] * SERVICE
            servers += [0] * SERVER * len(pool)
            continue
        services += picture.services[i * SERVICE : (i + 1) * SERVICE]
        old, start = known.pools[i], known.starts[i]
        if len(old) == len(pool) and all(a.key == b.key for a, b in zip(old, pool, strict=True)):
            servers += picture.servers[start * SERVER : (start + len(pool)) * SERVER]
            continue
        places = {server.key: row for row, server in enumerate(old, start)}
        for server in pool:
            row = places.get(server.key)
            servers += [0] * SERVER if row is None else picture.servers[row * SERVER : (row + 1) * SERVER]
    return Picture(picture.state, wanted, services, servers)


def with_rules(rules_before: PictureRules, changed: Iterable[ServiceKey], state: State) -> PictureRules:
    """The rules with those that these services have now."""
    entries = dict(zip(rules_before.keys, zip(rules_before.services, rules_before.pools, strict=True), strict=True))
    for key in changed:
        reading, pool = state.services.find(key), state.pools.get(key)
        if reading is None:
            entries.pop(key, None)
        else:
            entries[key] = reading.service, tuple(pool.servers()) if pool is not None else ()
    return rules(entries)


def service_numbers(state: State) -> list[int]:
    """The numbers of all services, in order."""
    return [number for reading in state.services for number in reading.counters]


def server_numbers(state: State, keys: Iterable[ServiceKey]) -> list[int]:
    """The numbers of the real servers of these services, in order."""
    numbers: list[int] = []
    for key in keys:
        pool = state.pools.get(key)
        for row in _rows(pool) if pool is not None else ():
            numbers += row
    return numbers


def _rows(pool: Pool) -> Iterable[Sequence[int]]:
    if isinstance(pool, NumberedPool):
        return pool.numbers()
    return ((row.active, row.inactive, row.persistent, *row.counters) for row in pool)
