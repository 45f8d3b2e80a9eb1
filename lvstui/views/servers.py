"""The real servers of one virtual service, one row each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from lvstui.director.model import Forward, ServerKey, ServiceKey, server_text
from lvstui.director.rates import History, rates
from lvstui.director.state import Counters, Pool, PoolRows, ServerReading, State
from lvstui.views.column import Column, ColumnSet, Row
from lvstui.views.look import Look, keeps
from lvstui.views.number import UNKNOWN, short
from lvstui.views.traffic import TRAFFIC, rate_cells
from lvstui.views.words import forward

COLUMNS = (
    Column("name", "real server", 23, right=False),
    Column("forward", "forward", 7, right=False),
    Column("share", "share of active", 16, right=False, drop=6),
    Column("limits", "limits", 9, drop=5),
    Column("persistent", "persist", 7, drop=3),
    Column("weight", "weight", 10),
    *TRAFFIC,
)

SORTS = ("active", "inactive", "weight", "conns", "in")


NO_POOL = PoolRows(0.0, ())


class Place(NamedTuple):
    """What a row of this table is: a real server in its service."""

    service: ServiceKey
    server: ServerKey


NOTHING_DRAINED: Mapping[Place, int] = MappingProxyType({})


class ServersView:
    """The servers of the service that is looked into, or of the one selected. A pool is small enough to be sorted
    whole; it is decoded only when somebody looks at it."""

    sets = (ColumnSet("state", COLUMNS),)
    columns = COLUMNS
    complaint = ""

    def __init__(
        self,
        state: State,
        key: ServiceKey,
        look: Look,
        history: History,
        drained: Mapping[Place, int] = NOTHING_DRAINED,
    ) -> None:
        """`drained`: the weights that servers had before they were drained here."""
        self._state = state
        self._service = key
        self._history = history
        self._drained = drained
        self._pool: Pool = state.servers(key) or NO_POOL
        self._read = state.servers(key) is not None
        self._order = _order(self._pool, look)
        self._active = max(1, self._pool.load.active)

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        if not self._read:
            return "not read yet"
        return "no server passes the filter" if len(self._pool) else "no real servers: enter the service, a adds one"

    def key(self, index: int) -> Place:
        return Place(self._service, self._pool[self._order[index]].server.key)

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, Place) or key.service != self._service:
            return None
        number = find(self._pool, key.server)
        return self._order.index(number) if number is not None and number in self._order else None

    def row(self, index: int) -> Row[Place]:
        number = self._order[index]
        reading = self._pool[number]
        server, unknown = reading.server, self._state.unknown
        place = Place(self._service, server.key)
        known = "counters" not in unknown
        own = rates(self._series(number, server.key)) if known else None
        remembered = self._drained.get(place)
        weight = short(server.weight) if server.weight else f"0 was {remembered}" if remembered else "0 drained"
        limits = UNKNOWN if "thresholds" in unknown else f"{server.upper or 0}/{server.lower or 0}"
        cells = (
            server_text(server.key),
            forward(server) + (UNKNOWN if "tunnel" in unknown and server.forward == Forward.TUNNEL else ""),
            bar(reading.active / self._active, 10),
            "" if limits == "0/0" else limits,
            short(reading.persistent) if known else UNKNOWN,
            weight,
            short(reading.active),
            short(reading.inactive),
            *rate_cells(own, reading.rates, not known, server.forward != Forward.MASQ),
            short(reading.counters.connections) if known else UNKNOWN,
        )
        return Row(place, cells, "" if server.weight else "drained")

    def _series(self, number: int, key: ServerKey) -> list[tuple[float, Counters]]:
        """What the history holds of a server; it mostly stands where it stands now."""
        series = []
        for sample in self._history:
            pool = sample.pools.get(self._service)
            if pool is None:
                continue
            there = number if number < len(pool) and pool[number].server.key == key else find(pool, key)
            if there is not None:
                series.append((pool.at, pool[there].counters))
        return series


def find(pool: Pool, key: ServerKey) -> int | None:
    """Where a real server stands in its pool, without decoding the others."""
    low, high = 0, len(pool)
    while low < high:
        middle = (low + high) // 2
        if pool[middle].server.key < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(pool) and pool[low].server.key == key else None


def bar(share: float, width: int) -> str:
    """A share between 0 and 1 as a line of so many cells and a percentage: `━━━━━╸     55%`."""
    halves = round(share * width * 2)
    text = "━" * (halves // 2) + "╸" * (halves % 2)
    return f"{text:<{width}} {share * 100:3.0f}%"


def _order(pool: Pool, look: Look) -> Sequence[int]:
    """Numbers of the servers to show, in the order to show them."""
    count = len(pool)
    if not look.sort and not look.filter:
        return range(count - 1, -1, -1) if look.reverse else range(count)
    rows = [(n, row) for n, row in enumerate(pool) if keeps(server_text(row.server.key), look.filter)]
    if look.sort:
        rows.sort(key=lambda pair: _worth(pair[1], look.sort), reverse=not look.reverse)
    elif look.reverse:
        rows.reverse()
    return [n for n, _ in rows]


def _worth(row: ServerReading, column: str) -> float:
    if column == "weight":
        return row.server.weight
    if column in ("active", "inactive"):
        return float(getattr(row, column))
    return row.rates.connections if column == "conns" else row.rates.in_bytes
