"""Real servers on top of the bytes of the kernel's answer: a row is decoded when it is used.

The bytes belong to the State that holds these objects, and are never written again.
"""

from __future__ import annotations

from _collections_abc import Collection, Iterable, Iterator, Mapping, Sequence
from _socket import AF_INET, ntohs
from itertools import pairwise
from struct import Struct
from sys import byteorder

from lvstui.director.model import (
    IPIP,
    IPV4,
    IPV6,
    Forward,
    Server,
    ServerKey,
    ServiceKey,
    Tunnel,
)
from lvstui.director.remembered import Memo, lines
from lvstui.director.state import Counters, Flow, Load, Pool, Rates, ServerReading, listed, total
from lvstui.kernel.ipvs.attributes import COUNTERS, RATES, TUNNEL
from lvstui.kernel.ipvs.layout import MessageLayout, offsets, values_at
from lvstui.kernel.ipvs.rules import server_reading
from lvstui.values import TYPE_CHECKING, Any, Final, cached_property

if TYPE_CHECKING:
    from lvstui.director.lazy_servers import Columns
    from lvstui.director.model import Rule
    from lvstui.director.remembered import Written
    from lvstui.director.state import Listed

_ALIKE: Final = ("forward", "weight", *TUNNEL, "upper", "lower")
"""Of a rule, what is the same for thousands of real servers."""
_RULE: Final = ("address", "port", *_ALIKE, "family")
_LIVE: Final = ("active", "inactive", "persistent", *(f"stats.{name}" for name in (*COUNTERS, *RATES)))
_PORTS: Final = Memo(ntohs)
_NETS: Final[Memo[bytes, str]] = Memo(lambda packed: f"{packed[0]}.{packed[1]}.{packed[2]}.")
_ENDS: Final = tuple(map(str, range(256)))
"""An IPv4 address as text is one of each."""
_FLOW: Final = ("address", "weight", *_LIVE[:3], "family", *_LIVE[3:])
"""In the order in which the kernel fills a destination (ip_vs_genl_fill_dest)."""


class DestLayout:
    """How this kernel lays out a real server."""

    def __init__(
        self, layout: MessageLayout, row: Struct, alike: Struct, live: Struct, key: Struct, load: Struct, flow: Struct
    ) -> None:
        self.layout = layout
        self.size = layout.size
        self.row = row
        self.live = live
        self.key = key
        self.load = load
        self.flow = flow
        address, port, last = (layout.positions[name] for name in ("address", "port", _ALIKE[-1]))
        end = last[0] + last[2]
        gap = port[0] - address[0] - 4
        self.text = Struct(f"={address[0]}x3sB{gap}x{end - port[0]}s{self.size - end}x")
        """Of an IPv4 address the first three bytes and the last, and the bytes from port to the end of the rule: they
        sort as the keys do."""
        self.columns = Struct(f"={address[0]}x4s{gap}x{end - port[0]}s{self.size - end}x")
        """The same with the address whole."""
        active, inactive = (layout.positions[name][0] for name in ("active", "inactive"))
        between, behind = inactive - active - 4, self.size - inactive - 4
        self.listed = Struct(f"={address[0]}x3sB{gap}x{end - port[0]}s{active - end}xI{between}xI{behind}x")
        """The text with active and inactive connections."""
        self._alike, self._rest = alike, layout.positions[_ALIKE[0]][0] - port[0]
        self.rule: Memo[bytes, Rule] = Memo(lambda data: _rule(*alike.unpack(data)))
        """Rules without their keys, by the bytes in which they lie."""

    @classmethod
    def learn(cls, message: bytes) -> DestLayout | None:
        """None when this kernel sends a layout that the fast path does not know (before 5.2: no tunnels)."""
        layout = MessageLayout(message)
        row = layout.struct(("address", "port", (_ALIKE[0], _ALIKE[-1]), "active", "inactive", "family"))
        alike, live = layout.inner(_ALIKE), layout.struct(_LIVE)
        key, load = layout.struct(("address", "port", "family")), layout.struct(("weight", "active", "inactive"))
        flow = layout.struct(_FLOW)
        if row is None or alike is None or live is None or key is None or load is None or flow is None:
            return None
        return cls(layout, row, alike, live, key, load, flow)

    def rules(self, data: memoryview) -> tuple[bytes, ...]:
        """The rules of many rows, one byte string for each of their words, for comparing only."""
        words, step = data.cast("I"), self.size // 4
        positions = (self.layout.positions[name] for name in _RULE)
        places = [start // 4 + word for start, _, length in positions for word in range((length + 3) // 4)]
        return tuple(words[place::step].tobytes() for place in places)

    def tails(self, written: Written) -> Memo[bytes, Any]:
        """What stands after the address of an IPv4 server, by the bytes from its port to the end of its rule."""
        remembered = written.known.get(self)
        if remembered is None:
            remembered = written.known[self] = Memo(
                lambda data: written.after[
                    int.from_bytes(data[:2], "big"), _rule(*self._alike.unpack(data[self._rest :]))
                ]
            )
        return remembered

    def all_ipv4(self, data: memoryview) -> bool:
        start = self.layout.positions["family"][0] + (byteorder == "big")
        return data[start :: self.size] == bytes((AF_INET,)) * (len(data) // self.size)

    def column(self, data: memoryview, name: str) -> memoryview:
        """One 32-bit value of every row, as a strided view."""
        start = self.layout.positions[name][0]
        return data.cast("I")[start // 4 :: self.size // 4]


def _rule(forward: int, weight: int, kind: int, port: int, checksum: int, upper: int, lower: int) -> Rule:
    method = forward & 7
    tunnelled = method == Forward.TUNNEL and (kind or port or checksum)
    return method, weight, upper, lower, Tunnel(kind, ntohs(port), checksum) if tunnelled else IPIP


class Uncounted(RuntimeError):
    """Somebody asked for counters of a sweep that was read without them. This is a bug in lvstui."""


class _Uncounted:
    """In the place of counters and rates that were not read. It has none, not even 0."""

    def __getattr__(self, name: str) -> Any:
        raise Uncounted(name)

    def __iter__(self) -> Iterator[float]:
        raise Uncounted


_NOT_READ: Final[Any] = _Uncounted()


class PackedPool:
    """The real servers of one service over the bytes of their dump."""

    __slots__ = ("_counted", "_data", "_layout", "_order", "_servers", "at")

    def __init__(self, at: float, data: memoryview, layout: DestLayout, counted: bool = True) -> None:
        """`counted`: it has counters and rates. Where it has none, `numbers` and `flows` raise Uncounted, and so does
        a row's counters and rates when it is asked for one."""
        self.at = at
        self._counted = counted
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
        if not self._counted:
            return ServerReading(server, active, inactive, persistent, _NOT_READ, _NOT_READ)
        return ServerReading(server, active, inactive, persistent, Counters(*stats[:5]), Rates(*stats[5:]))

    def __iter__(self) -> Iterator[ServerReading]:
        """All rows, decoded in one pass, as for printing a table."""
        if not self._counted:
            return (self[index] for index in range(len(self)))
        new, data = tuple.__new__, self._data
        rows = [
            new(ServerReading, (server, *live[:3], new(Counters, live[3:8]), new(Rates, live[8:])))
            for server, live in zip(self._decoded(), self._layout.live.iter_unpack(data), strict=True)
        ]
        rows.sort()
        return iter(rows)

    @property
    def load(self) -> Load:
        rows = list(self._layout.load.iter_unpack(self._data))
        if not rows:
            return Load(0, 0, 0, 0, 0)
        weights, active, inactive = zip(*rows, strict=True)
        return Load(len(rows), sum(map(bool, weights)), sum(weights), sum(active), sum(inactive))

    def servers(self) -> Sequence[Server]:
        rows = self._decoded()
        rows.sort()
        return rows

    # The whole table goes through here when it is compared, so values are made without their constructors
    # (tuple.__new__), and without a call for each row.

    def _decoded(self) -> list[Server]:
        """The rules in the kernel's own order."""
        new, rules, ports = tuple.__new__, self._layout.rule, _PORTS
        return [
            new(
                Server,
                (new(ServerKey, (IPV4, address[:4], ports[port]) if af == AF_INET else (IPV6, address, ports[port])),)
                + rules[alike],
            )
            for address, port, alike, _, _, af in self._layout.row.iter_unpack(self._data)
        ]

    def listed(self, written: Written) -> Sequence[Listed]:
        layout, data = self._layout, self._data
        if not layout.all_ipv4(data):
            return listed(self, written)
        return _listed(list(layout.listed.iter_unpack(data)), layout.tails(written))

    def lines(self, written: Written) -> list[str]:
        layout, data = self._layout, self._data
        if not layout.all_ipv4(data):
            return lines(self.servers(), written)
        return _lines(list(layout.text.iter_unpack(data)), layout.tails(written))

    def numbers(self) -> Iterable[Sequence[int]]:
        """Active, inactive, persistent and the counters of each server, in the order of the keys: the values that are
        recorded."""
        if not self._counted:
            raise Uncounted
        rows = list(self._layout.live.iter_unpack(self._data))
        return [rows[place][:8] for place in self._places()]

    def flows(self) -> Iterable[Flow]:
        if not self._counted:
            raise Uncounted
        return self._layout.flow.iter_unpack(self._data)

    def _places(self) -> list[int]:
        """Row numbers in the order of their keys; the kernel's own order is newest first."""
        if self._order is None:
            keys = [(family, address, ntohs(port)) for address, port, family in self._keys()]
            self._order = sorted(range(len(keys)), key=keys.__getitem__)
        return self._order

    def _keys(self) -> Iterator[tuple[bytes, int, int]]:
        return self._layout.key.iter_unpack(self._data)


# These two take the rows of a pool as their Struct unpacks them. A whole table goes through them when it is saved or
# printed, so nothing is called for a row.


def _lines(rows: list[tuple[bytes, int, bytes]], tails: Memo[bytes, str]) -> list[str]:
    rows.sort()
    nets, ends = _NETS, _ENDS
    return [f"{nets[net]}{ends[end]}{tails[rest]}" for net, end, rest in rows]


def _listed(rows: list[tuple[bytes, int, bytes, int, int]], tails: Memo[bytes, Any]) -> list[Listed]:
    rows.sort()
    nets, ends = _NETS, _ENDS
    return [(nets[net] + ends[end], tails[rest], active, inactive) for net, end, rest, active, inactive in rows]


class PoolSweep(Mapping[ServiceKey, Pool]):
    """Every pool of a table, in one buffer, in the order of the services' keys."""

    def __init__(
        self,
        at: float,
        index: Mapping[ServiceKey, int],
        data: memoryview,
        bounds: Sequence[int],
        layout: DestLayout | None,
        odd: Mapping[int, Pool],
        counted: bool = True,
    ) -> None:
        """`bounds[i]` to `bounds[i + 1]` are the bytes of pool `i`; `odd` has the pools that were decoded the general
        way; `counted`: as for PackedPool."""
        self.at = at
        self._index = index
        self._data = data
        self._bounds = bounds
        self._layout = layout
        self._odd = odd
        self.counted = counted

    def __getitem__(self, key: ServiceKey) -> Pool:
        i = self._index[key]
        odd = self._odd.get(i)
        if odd is not None:
            return odd
        if self._layout is None:
            return EmptyPool(self.at)
        return PackedPool(self.at, self._data[self._bounds[i] : self._bounds[i + 1]], self._layout, self.counted)

    def __contains__(self, key: object) -> bool:
        return key in self._index

    def __iter__(self) -> Iterator[ServiceKey]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def all_lines(self, keys: Sequence[ServiceKey], written: Written) -> Iterator[list[str]] | None:
        layout = self._alike(keys)
        if layout is None:
            return None
        rows, tails = list(layout.text.iter_unpack(self._data)), layout.tails(written)
        return (_lines(rows[start:end], tails) for start, end in self._pools(layout))

    def all_columns(self, keys: Sequence[ServiceKey], written: Written) -> Iterator[Columns] | None:
        from lvstui.director.lazy_servers import Columns  # a list need not have it

        layout = self._alike(keys)
        if layout is None:
            return None
        rows, tails = list(layout.columns.iter_unpack(self._data)), layout.tails(written)
        make, bounds = tuple.__new__, self._pools(layout)
        parts = (sorted(rows[start:end]) for start, end in bounds)
        return (make(Columns, ([address for address, _ in part], [tails[rest] for _, rest in part])) for part in parts)

    def all_listed(self, keys: Sequence[ServiceKey], written: Written) -> Iterator[Sequence[Listed]] | None:
        layout = self._alike(keys)
        if layout is None:
            return None
        rows, tails = list(layout.listed.iter_unpack(self._data)), layout.tails(written)
        return (_listed(rows[start:end], tails) for start, end in self._pools(layout))

    def _alike(self, keys: Sequence[ServiceKey]) -> DestLayout | None:
        """The layout of all servers, where they are all of IPv4 and of these services; otherwise None."""
        layout = self._layout
        if layout is None or self._odd or not layout.all_ipv4(self._data) or keys != tuple(self._index):
            return None
        return layout

    def _pools(self, layout: DestLayout) -> Iterable[tuple[int, int]]:
        """The rows of each pool, the first and the one after the last."""
        places = [bound // layout.size for bound in self._bounds]
        return pairwise(places)

    def differing(self, before: Mapping[ServiceKey, Pool]) -> Collection[ServiceKey] | None:
        """The services whose real servers have different rules than in `before`, or a different order. None when
        `before` is not a sweep with the same layout."""
        layout = self._layout
        if not isinstance(before, PoolSweep) or layout is None or layout is not before._layout:
            return None
        same = self._index is before._index and self._bounds == before._bounds
        old, new = before.rules, self.rules
        if same and old == new and not self._odd and not before._odd:
            return ()
        places = range(len(new)) if len(old[0]) != len(new[0]) else [n for n in range(len(new)) if old[n] != new[n]]
        keys = []
        for key, i in self._index.items():
            j = before._index.get(key)
            if j is None or i in self._odd or j in before._odd:
                keys.append(key)
                continue
            a, b = (bound * 4 // layout.size for bound in self._bounds[i : i + 2])
            c, d = (bound * 4 // layout.size for bound in before._bounds[j : j + 2])
            if b - a != d - c or any(new[n][a:b] != old[n][c:d] for n in places):
                keys.append(key)
        return keys

    @cached_property
    def rules(self) -> tuple[bytes, ...]:
        """The rules of all rows as they were received, for comparing."""
        return self._layout.rules(self._data) if self._layout is not None else ()

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

    def listed(self, written: Written) -> Sequence[Listed]:
        return ()

    def lines(self, written: Written) -> list[str]:
        return []

    def flows(self) -> Iterable[Flow]:
        return ()


def general_pool(data: bytes, family: int) -> list[ServerReading]:
    """Decodes real servers the general way, from messages with their headers."""
    view = memoryview(data)
    return [server_reading(values_at(view, offset, "dest"), family) for offset in offsets(view)]
