"""Services and pools over the bytes the kernel answered with: a row is decoded when somebody looks at it.

The bytes belong to the State that holds these objects; nobody writes into them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from socket import AF_INET, ntohs
from struct import Struct
from typing import Final, NamedTuple

from lvstui.director.model import (
    IPIP,
    IPV4,
    IPV6,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    Tunnel,
)
from lvstui.director.state import Counters, Load, Pool, Rates, ServerReading, ServiceReading, total
from lvstui.kernel.ipvs.attributes import COMMAND, COUNTERS, RATES, TUNNEL, Values, decode
from lvstui.kernel.ipvs.layout import HEADERS, Layout
from lvstui.kernel.ipvs.rules import FAMILY, key_from, server_reading, service_from, service_reading

_STATS = (*COUNTERS, *RATES)
_RULE: Final = ("address", "port", "forward", "weight", *TUNNEL, "upper", "lower", "family")
_LIVE: Final = ("active", "inactive", "persistent", *(f"stats.{name}" for name in _STATS))
"""In the order in which the kernel fills a destination (ip_vs_genl_fill_dest)."""

_LENGTH = Struct("=I")


class DestLayout:
    """How this kernel lays out a real server."""

    def __init__(self, layout: Layout, rule: Struct, live: Struct, key: Struct, load: Struct) -> None:
        self.layout = layout
        self.size = layout.size
        self.rule = rule
        self.live = live
        self.key = key
        self.load = load

    @classmethod
    def learn(cls, message: bytes) -> DestLayout | None:
        """None when this kernel sends something else than the fast path knows (before 5.2: no tunnels)."""
        layout = Layout(message)
        structs = [layout.struct(names) for names in (_RULE, _LIVE, ("address", "port", "family"))]
        load = layout.struct(("weight", "active", "inactive"))
        rule, live, key = structs
        if rule is None or live is None or key is None or load is None:
            return None
        return cls(layout, rule, live, key, load)

    def column(self, data: memoryview, name: str) -> memoryview:
        """One 32-bit value of every row, as a strided view."""
        start = self.layout.found[name][0]
        return data.cast("I")[start // 4 :: self.size // 4]


class PackedPool:
    """The real servers of one service over the bytes of their dump."""

    __slots__ = ("_data", "_layout", "_order", "_servers", "at")

    def __init__(self, at: float, data: memoryview, layout: DestLayout) -> None:
        self.at = at
        self._data = data
        self._layout = layout
        self._order: list[int] | None = None
        self._servers: Sequence[Server] | None = None

    def __len__(self) -> int:
        return len(self._data) // self._layout.size

    def __getitem__(self, index: int, /) -> ServerReading:
        if self._servers is None:
            self._servers = self.servers()
        offset = self._places()[index] * self._layout.size
        active, inactive, persistent, *stats = self._layout.live.unpack_from(self._data, offset)
        server = self._servers[index]
        return ServerReading(server, active, inactive, persistent, Counters(*stats[:5]), Rates(*stats[5:]))

    def __iter__(self) -> Iterator[ServerReading]:
        return (self[i] for i in range(len(self)))

    @property
    def load(self) -> Load:
        rows = list(self._layout.load.iter_unpack(self._data))
        if not rows:
            return Load(0, 0, 0, 0, 0)
        weights, active, inactive = zip(*rows, strict=True)
        return Load(len(rows), sum(map(bool, weights)), sum(weights), sum(active), sum(inactive))

    def servers(self) -> Sequence[Server]:
        # The whole table goes through here when it is saved or compared, so values are made without their
        # constructors' detour (tuple.__new__) and without a call for each row.
        new = tuple.__new__
        rows = [
            new(
                Server,
                (
                    new(
                        ServerKey,
                        (IPV4, addr[:4], ntohs(port)) if family == AF_INET else (IPV6, addr, ntohs(port)),
                    ),
                    forward & 7,
                    weight,
                    upper,
                    lower,
                    new(Tunnel, (kind, ntohs(tunnel_port), checksum)) if kind or tunnel_port or checksum else IPIP,
                ),
            )
            for addr, port, forward, weight, kind, tunnel_port, checksum, upper, lower, family in (
                self._layout.rule.iter_unpack(self._data)
            )
        ]
        rows.sort()
        return rows

    def _places(self) -> list[int]:
        """Row numbers in the order of their keys; the kernel's own order is newest first."""
        if self._order is None:
            keys = [(family, address, ntohs(port)) for address, port, family in self._keys()]
            self._order = sorted(range(len(keys)), key=keys.__getitem__)
        return self._order

    def _keys(self) -> Iterator[tuple[bytes, int, int]]:
        return self._layout.key.iter_unpack(self._data)


class Sweep(Mapping[ServiceKey, Pool]):
    """Every pool of a table, in one buffer, in the order of the services' keys."""

    def __init__(
        self,
        at: float,
        index: Mapping[ServiceKey, int],
        data: memoryview,
        bounds: Sequence[int],
        layout: DestLayout | None,
        odd: Mapping[int, Pool],
    ) -> None:
        """`bounds[i]` to `bounds[i + 1]` are the bytes of pool `i`; `odd` holds pools that were decoded otherwise."""
        self.at = at
        self._index = index
        self._data = data
        self._bounds = bounds
        self._layout = layout
        self._odd = odd

    def __getitem__(self, key: ServiceKey) -> Pool:
        i = self._index[key]
        odd = self._odd.get(i)
        if odd is not None:
            return odd
        if self._layout is None:
            return EmptyPool(self.at)
        return PackedPool(self.at, self._data[self._bounds[i] : self._bounds[i + 1]], self._layout)

    def __iter__(self) -> Iterator[ServiceKey]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def load(self) -> Load:
        """All pools added up, column by column."""
        loads = [pool.load for pool in self._odd.values()]
        if self._layout is not None and len(self._data):
            weights, active, inactive = (
                self._layout.column(self._data, name).tolist() for name in ("weight", "active", "inactive")
            )
            live = len(weights) - weights.count(0)
            loads.append(Load(len(weights), live, sum(weights), sum(active), sum(inactive)))
        return total(loads)


class EmptyPool:
    """A service without real servers."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.load = Load(0, 0, 0, 0, 0)

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: int, /) -> ServerReading:
        raise IndexError(index)

    def __iter__(self) -> Iterator[ServerReading]:
        return iter(())

    def servers(self) -> Sequence[Server]:
        return ()


class ServiceLayout:
    """How this kernel lays out services of one shape: with or without a fwmark, with or without an engine, and by
    the length of the scheduler's name."""

    def __init__(self, message: bytes) -> None:
        """Raises ValueError when the message is malformed; `ok` is False when the fast path does not know it."""
        self.layout = Layout(message)
        self._fwmark = self.layout.has("fwmark")
        key = ("family", "fwmark") if self._fwmark else ("family", "protocol", "address", "port")
        engine = ("engine",) if self.layout.has("engine") else ()
        rule = (*key, "scheduler", *engine, "flags", "timeout", "netmask")
        kind = "stats" if self.layout.has("stats.cps") else "stats32"
        self._key = self.layout.struct(key)
        self._rule = self.layout.struct(rule)
        self._live = self.layout.struct((*rule, *(f"{kind}.{name}" for name in _STATS)))
        self._engine = bool(engine)
        self._known: dict[tuple[int, tuple[int | bytes, ...]], Service] = {}
        self.ok = None not in (self._key, self._rule, self._live)

    def key(self, data: memoryview, offset: int) -> ServiceKey:
        assert self._key is not None
        values = self._key.unpack_from(data, offset)
        if self._fwmark:
            return ServiceKey(values[1], FAMILY.get(values[0], IPV4), 0, b"", 0)
        if values[0] == 2:
            return ServiceKey(0, IPV4, values[1], values[2][:4], ntohs(values[3]))
        return ServiceKey(0, IPV6, values[1], values[2], ntohs(values[3]))

    def keys(self, data: memoryview) -> list[ServiceKey]:
        """The keys of messages that are all of this shape."""
        assert self._key is not None
        new, rows = tuple.__new__, self._key.iter_unpack(data)
        if self._fwmark:
            return [new(ServiceKey, (mark, FAMILY.get(af, IPV4), 0, b"", 0)) for af, mark in rows]
        return [
            new(ServiceKey, (0, IPV4, protocol, address[:4], ntohs(port)))
            if af == AF_INET
            else new(ServiceKey, (0, IPV6, protocol, address, ntohs(port)))
            for af, protocol, address, port in rows
        ]

    def service(self, key: ServiceKey, data: memoryview, offset: int) -> Service:
        assert self._rule is not None
        values = self._rule.unpack_from(data, offset)
        # All but the key is much the same for thousands of services.
        words = values[2 if self._fwmark else 4 :]
        known = self._known.get((key.family, words))
        if known is None:
            known = self._known[key.family, words] = self._service(key, values)
        return tuple.__new__(Service, (key, *known[1:]))

    def reading(self, key: ServiceKey, data: memoryview, offset: int) -> ServiceReading:
        assert self._live is not None
        values = self._live.unpack_from(data, offset)
        return ServiceReading(self._service(key, values), Counters(*values[-10:-5]), Rates(*values[-5:]))

    def _service(self, key: ServiceKey, values: tuple[int | bytes, ...]) -> Service:
        rest = iter(values[2 if self._fwmark else 4 :])
        scheduler = _text(next(rest))
        engine = _text(next(rest)) if self._engine else ""
        flags, timeout, netmask = (int(next(rest)) for _ in range(3))
        return service_from(key, scheduler, flags, timeout, netmask, engine)


class Order(NamedTuple):
    """The set of services as it was last sorted; kept from dump to dump while it does not change."""

    marks: list[bytes]
    keys: tuple[ServiceKey, ...]
    numbers: Mapping[ServiceKey, int]
    places: list[int]


class Shapes:
    """The layouts of services learned so far, by message length. A length may have several."""

    def __init__(self) -> None:
        self._by_size: dict[int, list[ServiceLayout]] = {}

    def of(self, data: memoryview, offset: int) -> ServiceLayout | None:
        """The layout of the message at `offset`, learned now if it is new; None where only the general way helps."""
        (size,) = _LENGTH.unpack_from(data, offset)
        message = data[offset : offset + size]
        known = self._by_size.setdefault(size, [])
        for shape in known:
            if shape.layout.fits(message, 1):
                return shape if shape.ok else None
        shape = ServiceLayout(bytes(message))
        known.append(shape)
        return shape if shape.ok else None

    def of_all(self, data: memoryview, count: int) -> ServiceLayout | None:
        """The layout of all `count` messages when it is one and the same."""
        shape = self.of(data, 0) if count else None
        if shape is None or len(data) != shape.layout.size * count or not shape.layout.fit_all(data):
            return None
        return shape


class PackedServices:
    """The virtual services over the bytes of their dump."""

    _order: Order

    def __init__(self, data: memoryview, shapes: Shapes, before: PackedServices | None = None) -> None:
        """`before`: the services of the dump before, whose order is kept when the set of services is the same."""
        self._data = data
        self._shapes = shapes
        offsets = _offsets(data)
        # The first attributes of a message tell which service it is: the same bytes mean the same set.
        marks = [bytes(data[o + HEADERS : o + HEADERS + 48]) for o in offsets]
        self._same = shapes.of_all(data, len(offsets))
        order: Order | None = before._order if before is not None else None
        if order is None or order.marks != marks:
            order = self._sort(offsets, marks, order)
        self._order = order
        self._offsets = [offsets[place] for place in order.places]

    @property
    def keys(self) -> Sequence[ServiceKey]:
        return self._order.keys

    @property
    def index(self) -> Mapping[ServiceKey, int]:
        return self._order.numbers

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, index: int, /) -> ServiceReading:
        offset = self._offsets[index]
        shape = self._shapes.of(self._data, offset)
        if shape is None:
            return service_reading(_values(self._data, offset))
        return shape.reading(self._order.keys[index], self._data, offset)

    def __iter__(self) -> Iterator[ServiceReading]:
        return (self[i] for i in range(len(self)))

    def find(self, key: ServiceKey) -> ServiceReading | None:
        index = self._order.numbers.get(key)
        return None if index is None else self[index]

    def services(self) -> Sequence[Service]:
        data, of = self._data, self._shapes.of
        found = []
        for key, offset in zip(self._order.keys, self._offsets, strict=True):
            shape = self._same or of(data, offset)
            found.append(
                shape.service(key, data, offset)
                if shape is not None
                else service_reading(_values(data, offset)).service
            )
        return found

    def _sort(self, offsets: list[int], marks: list[bytes], before: Order | None) -> Order:
        found = self._same.keys(self._data) if self._same is not None else [self._key(offset) for offset in offsets]
        places = sorted(range(len(found)), key=found.__getitem__)
        keys = tuple(found[place] for place in places)
        if before is not None and before.keys == keys:
            return before._replace(marks=marks, places=places)
        return Order(marks, keys, {key: i for i, key in enumerate(keys)}, places)

    def _key(self, offset: int) -> ServiceKey:
        shape = self._shapes.of(self._data, offset)
        return key_from(_values(self._data, offset)) if shape is None else shape.key(self._data, offset)


def general_pool(data: bytes, family: int) -> list[ServerReading]:
    """Real servers the general way, from messages with their headers."""
    view = memoryview(data)
    return [server_reading(_nest(view, offset, "dest"), family) for offset in _offsets(view)]


def _values(data: memoryview, offset: int) -> Values:
    return _nest(data, offset, "service")


def _nest(data: memoryview, offset: int, name: str) -> Values:
    (size,) = _LENGTH.unpack_from(data, offset)
    values = decode(COMMAND, bytes(data[offset + HEADERS : offset + size]))[name]
    assert isinstance(values, Mapping)
    return values


def _offsets(data: memoryview) -> list[int]:
    """Where each message starts."""
    offsets = []
    position, end, unpack = 0, len(data), _LENGTH.unpack_from
    while position < end:
        offsets.append(position)
        position += unpack(data, position)[0] + 3 & ~3
    return offsets


def _text(value: int | bytes) -> str:
    assert isinstance(value, bytes)
    return value.partition(b"\0")[0].decode("utf-8", "replace")
