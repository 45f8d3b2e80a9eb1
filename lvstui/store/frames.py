"""Encodes a State into the payload of a tape's frame, and back: rules as JSON, numbers as columns of differences, all
of it compressed.

A frame has the difference from the one before: services with other rules, changed fields of the State, and the growth
of the numbers of each row. Rates are not stored, because they are differences of the counters.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from operator import add, sub
from struct import Struct
from typing import Any, NamedTuple, Protocol, runtime_checkable

from lvstui.director.keeping import Keeping
from lvstui.director.model import IPIP, Server, ServerKey, Service, ServiceKey, Tunnel
from lvstui.director.seen import Sweep, other_rules, other_services, swept
from lvstui.director.state import NO_POOLS, NO_SERVICES, Pool, State
from lvstui.store.plain import fitted, made, plain
from lvstui.store.sound import sound

SERVICE, SERVER = 5, 8
"""The number of values in a row: the counters of a service; active, inactive, persistent and the counters of a
server."""

_GAUGES = (0, 1, 2)
"""The columns of a server's numbers that fall as often as they rise."""
_AGAIN = 64
"""A complete frame comes after this many frames, so a seek reads at most that many."""
_LENGTHS = Struct(">III")
_MASK = 2**64 - 1
_LARGEST = 2**27
"""The most bytes of rules and fields unpacked from one frame. The numbers are limited by the rows in the rules."""
_PASSING: Mapping[str, Any] = {
    "services": NO_SERVICES,
    "pools": NO_POOLS,
    "at": 0.0,
    "taken": 0.0,
    "swept": None,
    "read_only": "",
    "keeping": None,
}
"""The fields of a State that are stored in another way, or not at all."""
_STATED = frozenset(State._fields) - _PASSING.keys()
_KEEPING = 2**22
"""The most bytes of keepalived's configuration that are sent; a larger one is left out."""
_CONTAINERS = 2**20
_ROWS = 2**19
"""The most services and servers accepted."""


@runtime_checkable
class Numbered(Protocol):
    """A pool that has its numbers without making rows."""

    def numbers(self) -> Iterable[Sequence[int]]:
        """For each server in the order of the keys: active, inactive, persistent and the five counters."""
        ...


class Rules(NamedTuple):
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
    """Turns successive States into frames. `keeping`: include keepalived's configuration and check results."""

    def __init__(self, keeping: bool = False) -> None:
        self._before: Sweep | None = None
        self._services: Sequence[Service] = ()
        self._touched: set[ServiceKey] = set()
        self._picture = NOTHING
        self._fields: dict[str, Any] = {}
        self._since = _AGAIN
        self._keeping = _Keeping() if keeping else None

    def encode(self, state: State, among: Iterable[ServiceKey] | None = None) -> tuple[bool, bytes]:
        """Encodes the next frame: whether it is complete, and its payload. `among`: the services whose real servers
        were read, where it was not a sweep; the others are unchanged."""
        now, self._since = swept(state), self._since + 1
        whole = self._before is None or self._since > _AGAIN
        if whole:
            self._since, self._picture, self._fields = 1, NOTHING, {}
        before = self._picture
        known = before.rules
        changed = set(state.services.keys) if whole else self._changed(now, among)
        if changed:
            known = _with(known, changed, state)
        picture = Picture(state._replace(**_PASSING), known, _services(state), _servers(state, known.keys))
        fields = {name: plain(getattr(picture.state, name)) for name in State._fields if name in _STATED}
        if self._keeping is not None:
            fields |= self._keeping.fields(state.keeping)
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
        if among is None:
            self._before, self._touched = now, set()
        else:
            self._touched |= changed
        self._services, self._picture, self._fields = now.services, picture, fields
        return whole, payload

    def _changed(self, now: Sweep, among: Iterable[ServiceKey] | None) -> set[ServiceKey]:
        """The services that may have other rules than in the last frame."""
        if self._before is None:
            return set(now.state.services.keys)
        if among is None:
            return other_rules(self._before, now) | self._touched
        known = self._picture.rules
        changed = other_services(self._services, now.services)
        for key in among:
            pool, i = now.state.pools.get(key), known.place.get(key)
            if pool is not None and i is not None and tuple(pool.servers()) != known.pools[i]:
                changed.add(key)
        return changed


class _Keeping:
    """keepalived's configuration and check results as fields of a frame. Its parts are large and rarely change, so each
    is converted once while it is the same object."""

    def __init__(self) -> None:
        self._plain: dict[str, tuple[object, Any]] = {}

    def fields(self, keeping: Keeping | None) -> dict[str, Any]:
        found = {_MEANS: keeping is not None}
        if keeping is None:
            return found
        for name, value in zip(Keeping._fields, keeping, strict=True):
            if value != Keeping._field_defaults.get(name, self):
                found[f"{_MEANS}.{name}"] = self._part(name, value)
        if None in found.values():
            return {_MEANS: False}
        return found

    def _part(self, name: str, value: Any) -> Any:
        """None where it is too large."""
        known = self._plain.get(name)
        if known is None or known[0] is not value:
            part = plain(value)
            fits = not isinstance(value, tuple | Mapping) or len(json.dumps(part)) <= _KEEPING
            known = self._plain[name] = value, part if fits else None
        return known[1]


_MEANS = "keeping"


def decode(payload: bytes, before: Picture | None, taken: float, largest: int = _LARGEST) -> Picture:
    """Decodes a frame; `before` is None for a complete one. `largest`: the most bytes of rules and fields unpacked.
    Raises ValueError where the payload is not what an Encoder writes. Whatever it contains, the result has the types
    and ranges of its kinds (fitting.py), and no text with terminal controls."""
    try:
        unpacked = _Unpacked(payload, largest)
        head = unpacked.head
        was = before or NOTHING
        known = was.rules
        if "rules" in head:
            entries = dict(zip(known.keys, zip(known.services, known.pools, strict=True), strict=True))
            for key in head["gone"]:
                del entries[_key_of(key)]
            for service, pool in map(_entry_of, head["rules"]):
                entries[service.key] = service, pool
            known = rules(entries)
            if len(known.keys) + sum(map(len, known.pools)) > _ROWS:
                raise ValueError("it has too many rows")
        unpacked.expect(len(known.keys), sum(map(len, known.pools)))
        moved = was if was.rules is known else rearranged(was, known)
        said = dict(head["state"])
        fields = {name: fitted(State, name, value) for name, value in said.items() if name in _STATED}
        keeping = _kept(was.state.keeping, said) if was.state.keeping is not None or _MEANS in said else None
        state = was.state._replace(
            at=fitted(State, "at", head["at"]), taken=fitted(State, "taken", taken), keeping=keeping, **fields
        )
        return Picture(
            state,
            known,
            array("Q", _summed(unpacked.take(unpacked.services), moved.services, SERVICE)),
            array("Q", _summed(unpacked.last(unpacked.servers), moved.servers, SERVER, _GAUGES)),
        )
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError, zlib.error, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


def _kept(before: Keeping | None, said: Mapping[str, Any]) -> Keeping | None:
    """keepalived's configuration and check results, updated with the changed parts; the same object where none
    changed."""
    if said.get(_MEANS, before is not None) is not True:
        return None
    parts = {
        name: fitted(Keeping, name, said[f"{_MEANS}.{name}"]) for name in Keeping._fields if f"{_MEANS}.{name}" in said
    }
    if before is None:
        return Keeping(**parts)
    return before._replace(**parts) if parts else before


def rearranged(picture: Picture, wanted: Rules) -> Picture:
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
    """Encodes differences column by column, the lowest bytes of all values first, then the next: zeros take no room
    once compressed."""
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
    """Decodes the numbers. Raises ValueError when their count does not match the rules."""
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


class _Unpacked:
    """A payload that is unpacked only as far as its content has proved possible."""

    def __init__(self, payload: bytes, largest: int) -> None:
        """Raises ValueError, zlib.error."""
        self._unpacker = zlib.decompressobj()
        self._packed = payload
        text, self.services, self.servers = _LENGTHS.unpack(self.take(_LENGTHS.size))
        if text > largest:
            raise ValueError(f"its rules and fields are larger than {largest >> 20} MB")
        data = self.take(text)
        if data.count(b"[") + data.count(b"{") > _CONTAINERS:
            raise ValueError("it has too many parts")
        self.head = json.loads(data)
        if type(self.head) is not dict:
            raise ValueError("it has no head")

    def take(self, size: int) -> bytes:
        """The next bytes, just so many."""
        if not size:
            return b""
        data = self._unpacker.decompress(self._packed, size)
        self._packed = self._unpacker.unconsumed_tail
        if len(data) != size:
            raise ValueError("the payload is not whole")
        return data

    def expect(self, services: int, servers: int) -> None:
        """Checks that there are as many numbers as rows. Raises ValueError."""
        if (self.services, self.servers) != (services * SERVICE * 8, servers * SERVER * 8):
            raise ValueError("the payload is not as long as it says")

    def last(self, size: int) -> bytes:
        """The last bytes."""
        data = self.take(size)
        if self._unpacker.decompress(self._packed, 1) or not self._unpacker.eof:
            raise ValueError("the payload is not as long as it says")
        return data


def _entry(known: Rules, number: int) -> list[Any]:
    service = known.services[number]
    servers = [
        [*_server_key(server.key), int(server.forward), server.weight, server.upper, server.lower, *server.tunnel]
        for server in known.pools[number]
    ]
    return [_key(service.key), list(service[1:]), servers]


def _entry_of(entry: Sequence[Any]) -> tuple[Service, tuple[Server, ...]]:
    key, rest, servers = entry
    service: Service = made(Service, (_key_of(key), *rest))
    sound(service, texts=False)
    pool = tuple(map(_server_of, servers))
    sound(pool, texts=False)
    if len({server.key for server in pool}) != len(pool):
        raise ValueError("a server is twice in its service")
    return service, pool


_USUAL = [int, str, *([int] * 8)]
"""The types of a server with all its values."""


def _server_of(values: Sequence[Any]) -> Server:
    """A server with checked types; `sound` checks its ranges."""
    family, address, port, *numbers = values
    if list(map(type, values)) == _USUAL:
        forward, weight, upper, lower, *tunnel = numbers
        kind = Tunnel(*tunnel) if any(tunnel) else IPIP
        return Server(ServerKey(family, bytes.fromhex(address), port), forward, weight, upper, lower, kind)
    found: Server = made(
        Server, (_server_key_of(family, address, port), *numbers[:4], _tunnel(made(Tunnel, numbers[4:])))
    )
    return found


def _tunnel(tunnel: Tunnel) -> Tunnel:
    return IPIP if tunnel == IPIP else tunnel


def _key(key: ServiceKey) -> list[Any]:
    return [key.fwmark, key.family, key.protocol, key.address.hex(), key.port]


def _key_of(values: Sequence[Any]) -> ServiceKey:
    fwmark, family, protocol, address, port = values
    key: ServiceKey = made(ServiceKey, (fwmark, family, protocol, bytes.fromhex(address), port))
    if key.fwmark and key.address:
        raise ValueError("a firewall mark has an address")
    return key


def _server_key_of(family: Any, address: Any, port: Any) -> ServerKey:
    key: ServerKey = made(ServerKey, (family, bytes.fromhex(address), port))
    return key


def _server_key(key: ServerKey) -> list[Any]:
    return [key.family, key.address.hex(), key.port]
