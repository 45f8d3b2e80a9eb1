"""The real servers of one virtual service, one row each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from lvstui.director.model import ServerKey, ServiceKey, server_text
from lvstui.director.rates import History, server_rates
from lvstui.director.state import ServerReading, State
from lvstui.views.column import Column, Row
from lvstui.views.look import Look, keeps
from lvstui.views.number import UNKNOWN, short
from lvstui.views.services import rate_cells
from lvstui.views.words import forward

COLUMNS = (
    Column("name", "real server", 24, right=False),
    Column("forward", "forward", 7, right=False),
    Column("weight", "weight", 10),
    Column("active", "active", 6),
    Column("inactive", "inact", 6),
    Column("conns", "conn/s", 6),
    Column("in", "in B/s", 6),
    Column("out", "out B/s", 7),
    Column("in_packets", "in p/s", 6, from_width=120),
    Column("out_packets", "out p/s", 7, from_width=120),
    Column("persistent", "persist", 7, from_width=100),
    Column("limits", "limits", 9, from_width=130),
    Column("total", "conns", 7, from_width=110),
    Column("share", "share of active", 15, right=False, from_width=140),
)

SORTS = ("active", "inactive", "weight", "conns", "in")


class Place(NamedTuple):
    """What a row of this table is: a real server in its service."""

    service: ServiceKey
    server: ServerKey


class ServersView:
    """The servers of the service that is looked into, or of the one selected. A pool is small enough to be sorted
    whole; it is decoded only when somebody looks at it."""

    columns = COLUMNS

    def __init__(
        self,
        state: State,
        key: ServiceKey,
        look: Look,
        history: History,
        drained: Mapping[Place, int] = {},
        ascii_only: bool = False,
    ) -> None:
        """`drained`: the weights that servers had before they were drained here."""
        self._state = state
        self._service = key
        self._history = history
        self._drained = drained
        self._ascii = ascii_only
        self.pool = state.servers(key)
        rows = [row for row in self.pool or () if keeps(server_text(row.server.key), look.filter)]
        if look.sort:
            rows.sort(key=lambda row: _worth(row, look.sort), reverse=not look.reverse)
        elif look.reverse:
            rows.reverse()
        self._rows = rows
        self._active = max(1, sum(row.active for row in rows))

    def __len__(self) -> int:
        return len(self._rows)

    def key(self, index: int) -> Place:
        return Place(self._service, self._rows[index].server.key)

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, Place) or key.service != self._service:
            return None
        return next((i for i, row in enumerate(self._rows) if row.server.key == key.server), None)

    def row(self, index: int) -> Row:
        reading = self._rows[index]
        server, unknown = reading.server, self._state.unknown
        place = Place(self._service, server.key)
        rates = None if "counters" in unknown else server_rates(self._history, self._service, server.key)
        remembered = self._drained.get(place)
        weight = str(server.weight)
        if not server.weight:
            weight = f"0 (was {remembered})" if remembered else "0 drained"
        limits = UNKNOWN if "thresholds" in unknown else f"{server.upper or 0}/{server.lower or 0}"
        cells = (
            server_text(server.key),
            forward(server) + (UNKNOWN if "tunnel" in unknown and server.forward == 2 else ""),
            weight,
            short(reading.active),
            short(reading.inactive),
            *rate_cells(rates, "counters" in unknown, server.forward != 0),
            UNKNOWN if "counters" in unknown else short(reading.persistent),
            "" if limits == "0/0" else limits,
            UNKNOWN if "counters" in unknown else short(reading.counters.connections),
            bar(reading.active / self._active, 10, self._ascii),
        )
        return Row(place, cells, "drained" if not server.weight else "")


def bar(share: float, width: int, ascii_only: bool = False) -> str:
    """A share between 0 and 1 as a bar of so many cells and a percentage: `█████▌     55%`."""
    eighths = round(share * width * 8)
    whole = eighths // 8
    text = "#" * whole if ascii_only else "█" * whole + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
    return f"{text:<{width}} {share * 100:3.0f}%"


def _worth(row: ServerReading, column: str) -> float:
    if column == "weight":
        return row.server.weight
    if column in ("active", "inactive"):
        return float(getattr(row, column))
    return row.rates.connections if column == "conns" else row.rates.in_bytes
