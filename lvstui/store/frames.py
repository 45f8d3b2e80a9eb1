"""State <-> the payload of a tape's frame: rules as JSON, numbers as columns of differences, all of it compressed.

A frame says what differs from the one before: which services have other rules, which fields of the State changed, and
for every row by how much its numbers grew. Rates are not kept: they are the counters' differences.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from operator import add, sub
from struct import Struct
from typing import Any, NamedTuple, Protocol, runtime_checkable

from lvstui.director.model import IPIP, Server, ServerKey, Service, ServiceKey, Tunnel
from lvstui.director.seen import Sweep, other_rules, swept
from lvstui.director.state import NO_POOLS, NO_SERVICES, Pool, State
from lvstui.store.plain import plain, typed
from lvstui.store.sound import sound

SERVICE, SERVER = 5, 8
"""Numbers of a row: the counters of a service; active, inactive, persistent and the counters of a server."""

_GAUGES = (0, 1, 2)
"""Columns of a server's numbers that fall as often as they rise."""
_AGAIN = 64
"""Frames after which one stands by itself: a seek reads so many at most."""
_LENGTHS = Struct(">III")
_MASK = 2**64 - 1
_LARGEST = 2**28
"""Bytes of a payload that are unpacked at most."""
_PASSING: Mapping[str, Any] = {
    "services": NO_SERVICES,
    "pools": NO_POOLS,
    "at": 0.0,
    "taken": 0.0,
    "swept": None,
    "read_only": "",
    "keeping": None,
}
"""Fields of a State that are kept otherwise, or not at all."""


@runtime_checkable
class Numbered(Protocol):
    """A pool that can tell its numbers without making rows."""

    def numbers(self) -> Iterable[Sequence[int]]:
        """For each server in the order of the keys: active, inactive, persistent and the five counters."""
        ...


class Rules(NamedTuple):
    """The rules of a picture: services in the order of their keys, the servers of each, and which row of the servers'
    numbers is the first of each."""

    keys: tuple[ServiceKey, ...]
    services: tuple[Service, ...]
    pools: tuple[tuple[Server, ...], ...]
    starts: tuple[int, ...]
    place: Mapping[ServiceKey, int]


class Picture(NamedTuple):
    """What a frame shows: a State without rows, the rules, and the numbers of all services and all servers in order."""

    state: State
    rules: Rules
    services: Sequence[int]
    servers: Sequence[int]


def rules(entries: Mapping[ServiceKey, tuple[Service, tuple[Server, ...]]]) -> Rules:
    keys = tuple(sorted(entries))
    pools = tuple(entries[key][1] for key in keys)
    starts, row = [], 0
    for pool in pools:
        starts.append(row)
        row += len(pool)
    place = {key: i for i, key in enumerate(keys)}
    return Rules(keys, tuple(entries[key][0] for key in keys), pools, tuple(starts), place)


NOTHING = Picture(State(0.0, 0.0, ""), rules({}), (), ())


class Encoder:
    """States of sweeps, one after the other -> frames."""

    def __init__(self) -> None:
        self._before: Sweep | None = None
        self._picture = NOTHING
        self._fields: dict[str, Any] = {}
        self._since = _AGAIN

    def encode(self, state: State) -> tuple[bool, bytes]:
        """The next frame: whether it stands by itself, and its payload."""
        now, self._since = swept(state), self._since + 1
        whole = self._before is None or self._since > _AGAIN
        if whole:
            self._since, self._picture, self._fields = 1, NOTHING, {}
        before = self._picture
        known = before.rules
        changed = set(state.services.keys) if whole or self._before is None else other_rules(self._before, now)
        if changed:
            known = _with(known, changed, state)
        picture = Picture(state._replace(**_PASSING), known, _services(state), _servers(state, known.keys))
        fields = {name: plain(value) for name, value in picture.state._asdict().items() if name not in _PASSING}
        head: dict[str, Any] = {
            "at": state.at,
            "state": {name: value for name, value in fields.items() if self._fields.get(name, self) != value},
        }
        if changed:
            found = [key for key in sorted(changed) if key in known.place]
            head["rules"] = [_entry(known, known.place[key]) for key in found]
            head["gone"] = [_key(key) for key in sorted(changed) if key not in known.place]
        moved = before if before.rules is known else rearranged(before, known)
        payload = _packed(head, _columns(picture.services, moved.services, SERVICE),
                          _columns(picture.servers, moved.servers, SERVER, _GAUGES))  # fmt: skip
        self._before, self._picture, self._fields = now, picture, fields
        return whole, payload


def decode(payload: bytes, before: Picture | None, taken: float) -> Picture:
    """The picture of a frame; `before` is None for one that stands by itself. Raises ValueError where the payload is
    not what an Encoder writes."""
    try:
        head, services, servers = _unpacked(payload)
        was = before or NOTHING
        known = was.rules
        if "rules" in head:
            entries = dict(zip(known.keys, zip(known.services, known.pools, strict=True), strict=True))
            for key in head["gone"]:
                del entries[_key_of(key)]
            for service, pool in map(_entry_of, head["rules"]):
                sound(service, texts=False)
                sound(pool, texts=False)
                entries[service.key] = service, pool
            known = rules(entries)
        moved = was if was.rules is known else rearranged(was, known)
        fields = {name: typed(value) for name, value in head["state"].items() if name in State._fields}
        state = was.state._replace(at=float(head["at"]), taken=taken, **fields)
        return Picture(
            state, known, _summed(services, moved.services, SERVICE), _summed(servers, moved.servers, SERVER, _GAUGES)
        )
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError, zlib.error, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


def rearranged(picture: Picture, wanted: Rules) -> Picture:
    """The numbers of a picture in the order of other rules; 0 for rows that it does not have."""
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


def _with(known: Rules, changed: Iterable[ServiceKey], state: State) -> Rules:
    entries = dict(zip(known.keys, zip(known.services, known.pools, strict=True), strict=True))
    for key in changed:
        reading, pool = state.services.find(key), state.pools.get(key)
        if reading is None:
            entries.pop(key, None)
        else:
            entries[key] = reading.service, tuple(pool.servers()) if pool is not None else ()
    return rules(entries)


def _services(state: State) -> list[int]:
    return [number for reading in state.services for number in reading.counters]


def _servers(state: State, keys: Iterable[ServiceKey]) -> list[int]:
    numbers: list[int] = []
    for key in keys:
        pool = state.pools.get(key)
        for row in _rows(pool) if pool is not None else ():
            numbers += row
    return numbers


def _rows(pool: Pool) -> Iterable[Sequence[int]]:
    if isinstance(pool, Numbered):
        return pool.numbers()
    return ((row.active, row.inactive, row.persistent, *row.counters) for row in pool)


def _columns(now: Sequence[int], before: Sequence[int], width: int, gauges: Sequence[int] = ()) -> bytes:
    """The differences, a column after the other, each as its lowest bytes, then its next, and so on: what is 0 all
    along takes no room once compressed."""
    parts = []
    for column in range(width):
        old = before[column::width]
        grown = list(map(sub, now[column::width], old)) if old else list(now[column::width])
        if column in gauges:
            grown = [(value << 1) ^ (value >> 63) for value in grown]
        elif grown and min(grown) < 0:
            grown = [value & _MASK for value in grown]
        data = array("Q", grown).tobytes()
        parts += [data[plane::8] for plane in range(8)]
    return b"".join(parts)


def _summed(data: bytes, before: Sequence[int], width: int, gauges: Sequence[int] = ()) -> list[int]:
    """The numbers again. Raises ValueError when there are not as many as rules."""
    rows, odd = divmod(len(data), width * 8)
    if odd or rows * width != len(before):
        raise ValueError(f"{len(data)} bytes for {len(before)} numbers")
    numbers = [0] * len(before)
    for column in range(width):
        raw = bytearray(rows * 8)
        for plane in range(8):
            raw[plane::8] = data[(column * 8 + plane) * rows :][:rows]
        grown = array("Q", bytes(raw)).tolist()
        if column in gauges:
            grown = [(value >> 1) ^ -(value & 1) for value in grown]
        found = list(map(add, before[column::width], grown))
        if found and max(found) > _MASK:
            found = [value & _MASK for value in found]
        numbers[column::width] = found
    return numbers


def _packed(head: Mapping[str, Any], *columns: bytes) -> bytes:
    text = json.dumps(head, separators=(",", ":")).encode()
    lengths = _LENGTHS.pack(len(text), *map(len, columns))
    return zlib.compress(b"".join((lengths, text, *columns)), 3)


def _unpacked(payload: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(payload, _LARGEST)
    if not unpacker.eof or len(data) < _LENGTHS.size:
        raise ValueError("the payload is not whole")
    text, services, servers = _LENGTHS.unpack_from(data)
    end = _LENGTHS.size + text
    if end + services + servers != len(data):
        raise ValueError("the payload is not as long as it says")
    head: dict[str, Any] = json.loads(data[_LENGTHS.size : end])
    return head, data[end : end + services], data[end + services :]


def _entry(known: Rules, number: int) -> list[Any]:
    service = known.services[number]
    servers = [
        [*_server_key(server.key), int(server.forward), server.weight, server.upper, server.lower, *server.tunnel]
        for server in known.pools[number]
    ]
    return [_key(service.key), list(service[1:]), servers]


def _entry_of(entry: Sequence[Any]) -> tuple[Service, tuple[Server, ...]]:
    key, rest, servers = entry
    return Service(_key_of(key), *rest), tuple(
        Server(ServerKey(family, bytes.fromhex(address), port), forward, weight, upper, lower, _tunnel(tunnel))
        for family, address, port, forward, weight, upper, lower, *tunnel in servers
    )


def _tunnel(values: Sequence[int]) -> Tunnel:
    tunnel = Tunnel(*values)
    return IPIP if tunnel == IPIP else tunnel


def _key(key: ServiceKey) -> list[Any]:
    return [key.fwmark, key.family, key.protocol, key.address.hex(), key.port]


def _key_of(values: Sequence[Any]) -> ServiceKey:
    fwmark, family, protocol, address, port = values
    return ServiceKey(fwmark, family, protocol, bytes.fromhex(address), port)


def _server_key(key: ServerKey) -> list[Any]:
    return [key.family, key.address.hex(), key.port]
