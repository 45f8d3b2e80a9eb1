"""Virtual services on top of the bytes of the kernel's answer: a row is decoded when it is used.

The bytes belong to the State that holds these objects, and are never written again.
"""

from __future__ import annotations

from _collections_abc import Iterator, Mapping, Sequence
from _socket import AF_INET, ntohs
from struct import Struct

from lvstui.director.model import (
    IPV4,
    IPV6,
    Service,
    ServiceKey,
)
from lvstui.director.state import Counters, Rates, ServiceReading
from lvstui.kernel.ipvs.attributes import COUNTERS, RATES
from lvstui.kernel.ipvs.layout import HEADERS, MessageLayout, values_at
from lvstui.kernel.ipvs.layout import offsets as offsets_of
from lvstui.kernel.ipvs.rules import FAMILY, key_from, service_from, service_reading
from lvstui.values import NamedTuple, cached_property

_LENGTH = Struct("=I")
_MARK = 48
"""The bytes after the headers of a message that distinguish one service from another."""


class ServiceLayout:
    """The layout of services of one shape: with or without a fwmark, with or without an engine, and with one length of
    the scheduler's name."""

    def __init__(self, message: bytes) -> None:
        """Learns from one message. Raises ValueError when it is malformed; `ok` is False when the fast path does not
        know the layout."""
        self.layout = MessageLayout(message)
        self._fwmark = self.layout.has("fwmark")
        key = ("family", "fwmark") if self._fwmark else ("family", "protocol", "address", "port")
        engine = ("engine",) if self.layout.has("engine") else ()
        rule = (*key, "scheduler", *engine, "flags", "timeout", "netmask")
        kind = "stats" if self.layout.has("stats.cps") else "stats32"
        self._key = self.layout.struct(key)
        self._rule = self.layout.struct(rule)
        self._live = self.layout.struct((*rule, *(f"{kind}.{name}" for name in (*COUNTERS, *RATES))))
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
        return self._known_service(key, values, values[2 if self._fwmark else 4 :])

    def services(self, keys: Sequence[ServiceKey], data: memoryview, places: Sequence[int]) -> list[Service]:
        """The services with these keys, where the messages are all of this shape; `places`: where each one's is."""
        assert self._rule is not None
        new, known, first = tuple.__new__, self._known, 2 if self._fwmark else 4
        rows = list(self._rule.iter_unpack(data))
        services = []
        for key, place in zip(keys, places, strict=True):
            values = rows[place]
            alike = known.get((key[1], values[first:]))
            service = alike[1:] if alike is not None else self._known_service(key, values, values[first:])[1:]
            services.append(new(Service, (key, *service)))
        return services

    def _known_service(
        self, key: ServiceKey, values: tuple[int | bytes, ...], words: tuple[int | bytes, ...]
    ) -> Service:
        # Everything except the key is nearly the same for thousands of services.
        known = self._known.get((key.family, words))
        if known is None:
            known = self._known[key.family, words] = self._service(key, values)
        return tuple.__new__(Service, (key, *known[1:]))

    def reading(self, key: ServiceKey, data: memoryview, offset: int) -> ServiceReading:
        assert self._live is not None
        values = self._live.unpack_from(data, offset)
        service = self._known_service(key, values, values[2 if self._fwmark else 4 : -10])
        return ServiceReading(service, Counters(*values[-10:-5]), Rates(*values[-5:]))

    def _service(self, key: ServiceKey, values: tuple[int | bytes, ...]) -> Service:
        rest = iter(values[2 if self._fwmark else 4 :])
        scheduler = _text(next(rest))
        engine = _text(next(rest)) if self._engine else ""
        flags, timeout, netmask = (int(next(rest)) for _ in range(3))
        return service_from(key, scheduler, flags, timeout, netmask, engine)


class SortedServices(NamedTuple):
    """The set of services in sorted order, kept from dump to dump while it does not change."""

    marks: list[bytes]
    keys: tuple[ServiceKey, ...]
    numbers: Mapping[ServiceKey, int]
    places: list[int]


class ServiceLayouts:
    """The layouts of services learned so far, by message length. A length may have several."""

    def __init__(self) -> None:
        self._by_size: dict[int, list[ServiceLayout]] = {}

    def of(self, data: memoryview, offset: int) -> ServiceLayout | None:
        """The layout of the message at `offset`, learned now if it is new; None where it must be decoded the general
        way."""
        (size,) = _LENGTH.unpack_from(data, offset)
        message = data[offset : offset + size]
        known = self._by_size.setdefault(size, [])
        for shape in known:
            if shape.layout.fits(message):
                return shape if shape.ok else None
        shape = ServiceLayout(bytes(message))
        known.append(shape)
        return shape if shape.ok else None

    def of_all(self, data: memoryview) -> ServiceLayout | None:
        """The layout of all messages, when they share one."""
        shape = self.of(data, 0) if len(data) else None
        return shape if shape is not None and shape.layout.fit_all(data) else None


class PackedServices:
    """The virtual services on top of the bytes of their dump."""

    _order: SortedServices

    def __init__(self, data: memoryview, shapes: ServiceLayouts, before: PackedServices | None = None) -> None:
        """`before`: the services of the last dump, whose order is reused when the set of services is the same."""
        self._data = data
        self._shapes = shapes
        self._same = shapes.of_all(data)
        self._all: Sequence[int]
        # The first attributes of a message identify the service: the same bytes mean the same set.
        if self._same is not None:
            size = self._same.layout.size
            self._all = range(0, len(data), size)
            words, first = data.cast("I"), HEADERS // 4
            # Word by word over all of them: a tick compares ten thousand, and one is rarely new.
            marks = [b"", *(words[at :: size // 4].tobytes() for at in range(first, first + _MARK // 4))]
        else:
            self._all = offsets_of(data)
            marks = [bytes(data[o + HEADERS : o + HEADERS + _MARK]) for o in self._all]
        order: SortedServices | None = before._order if before is not None else None
        if order is None or order.marks != marks:
            order = self._sort(self._all, marks, order)
        self._order = order

    @property
    def keys(self) -> Sequence[ServiceKey]:
        return self._order.keys

    @property
    def index(self) -> Mapping[ServiceKey, int]:
        return self._order.numbers

    @cached_property
    def _offsets(self) -> list[int]:
        """Where each message starts, in the order of the keys."""
        return [self._all[place] for place in self._order.places]

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, index: int, /) -> ServiceReading:
        offset = self._all[self._order.places[index]]
        shape = self._shapes.of(self._data, offset)
        if shape is None:
            return service_reading(values_at(self._data, offset, "service"))
        return shape.reading(self._order.keys[index], self._data, offset)

    def __iter__(self) -> Iterator[ServiceReading]:
        shape = self._same
        if shape is None:
            return (self[i] for i in range(len(self)))
        rows = zip(self._order.keys, self._offsets, strict=True)
        return (shape.reading(key, self._data, offset) for key, offset in rows)

    def find(self, key: ServiceKey) -> ServiceReading | None:
        index = self._order.numbers.get(key)
        return None if index is None else self[index]

    def services(self) -> Sequence[Service]:
        if self._same is not None:
            return self._same.services(self._order.keys, self._data, self._order.places)
        data, of = self._data, self._shapes.of
        services = []
        for key, offset in zip(self._order.keys, self._offsets, strict=True):
            shape = of(data, offset)
            services.append(
                shape.service(key, data, offset)
                if shape is not None
                else service_reading(values_at(data, offset, "service")).service
            )
        return services

    def _sort(self, offsets: Sequence[int], marks: list[bytes], before: SortedServices | None) -> SortedServices:
        as_read = self._same.keys(self._data) if self._same is not None else [self._key(offset) for offset in offsets]
        places = sorted(range(len(as_read)), key=as_read.__getitem__)
        keys = tuple(as_read[place] for place in places)
        if before is not None and before.keys == keys:
            return before._replace(marks=marks, places=places)
        return SortedServices(marks, keys, {key: i for i, key in enumerate(keys)}, places)

    def _key(self, offset: int) -> ServiceKey:
        shape = self._shapes.of(self._data, offset)
        return key_from(values_at(self._data, offset, "service")) if shape is None else shape.key(self._data, offset)


def _text(value: int | bytes) -> str:
    assert isinstance(value, bytes)
    return value.partition(b"\0")[0].decode("utf-8", "replace")
