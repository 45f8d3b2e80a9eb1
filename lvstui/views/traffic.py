"""The traffic columns that services and real servers share, and their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lvstui.director.state import Counters, Rates
from lvstui.values import Protocol, TypeVar
from lvstui.views.column import Column
from lvstui.views.field import Field
from lvstui.views.number import NOTHING, UNKNOWN, WAITING, full, short

ACTIVE = Column("active", "active", 6, exact=9, help="established connections, and opening ones")
INACTIVE = Column("inactive", "inact", 6, exact=9, help="connections that are closing, and all of UDP")
RATES = (
    Column("cps", "conn/s", 6, exact=8, help="new connections per second"),
    Column("in", "in B/s", 6, exact=13, help="bytes per second towards the servers"),
    Column("out", "out B/s", 7, exact=13, help="bytes per second back to the clients"),
    Column("in_pps", "in pk/s", 7, exact=11, help="packets per second towards the servers"),
    Column("out_pps", "out pk/s", 8, exact=11, help="packets per second back to the clients"),
)
TOTALS = (
    Column("conns", "conns", 7, exact=14, help="connections since the rule was made or zeroed"),
    Column("in_packets", "in pkts", 7, exact=17, help="packets towards the servers, as above"),
    Column("out_packets", "out pkts", 8, exact=17, help="packets back to the clients, as above"),
    Column("in_bytes", "in bytes", 8, exact=21, help="bytes towards the servers, as above"),
    Column("out_bytes", "out bytes", 9, exact=21, help="bytes back to the clients, as above"),
)
TREND = Column(
    "trend", "trend", 12, right=False, kind="", help="active connections of the last three minutes", faint=True
)
RATE_TREND = Column(
    "cps_trend", "conn/s trend", 12, right=False, kind="", help="conn/s of the last three minutes", faint=True
)

_RATE_ORDER = [
    Rates._fields.index(name) for name in ("connections", "in_bytes", "out_bytes", "in_packets", "out_packets")
]
"""The positions of the numbers of the rate columns in Rates."""


class _Cells(Protocol):
    """A row of a table, with its traffic columns as text."""

    @property
    def rates(self) -> tuple[str, ...]: ...

    @property
    def totals(self) -> tuple[str, ...]: ...


class _Counted(Protocol):
    """The numbers from which such a row is made."""

    @property
    def rates(self) -> Rates: ...

    @property
    def counters(self) -> Counters: ...


Row = TypeVar("Row", bound=_Cells)
Table = TypeVar("Table")


def traffic_fields(cells: type[Row], rows: Callable[[Table], Sequence[_Counted]]) -> Iterator[Field[Row, Table]]:
    """The columns of rates and of totals of a table that has these cells, made of these rows."""

    def rate(column: Column, place: int, index: int) -> Field[Row, Table]:
        return Field(
            column, lambda row: row.rates[place], lambda table: [reading.rates[index] for reading in rows(table)]
        )

    def total(column: Column, place: int) -> Field[Row, Table]:
        return Field(
            column, lambda row: row.totals[place], lambda table: [reading.counters[place] for reading in rows(table)]
        )

    yield from (rate(column, n, _RATE_ORDER[n]) for n, column in enumerate(RATES))
    yield from (total(column, n) for n, column in enumerate(TOTALS))


def rate_cells(
    own: Rates | None, kernel: Rates, unknown: bool, routed: bool, exact: bool = False
) -> tuple[str, str, str, str, str]:
    """Connections, bytes in and out, packets in and out, per second. Until our own rates are known the kernel's slow
    averages are shown, with a tilde. Replies of servers with forwarding route or tunnel do not pass through here."""
    if unknown:
        return (UNKNOWN,) * 5
    rates, mark = (own, "") if own is not None else (kernel, "~")
    if own is None and not any(kernel):
        return (WAITING, WAITING, NOTHING if routed else WAITING, WAITING, NOTHING if routed else WAITING)
    number = full if exact else short
    connections, in_packets, out_packets, in_bytes, out_bytes = (mark + number(value) for value in rates)
    if routed:
        out_bytes = out_packets = NOTHING
    return connections, in_bytes, out_bytes, in_packets, out_packets


def total_cells(counters: Counters, unknown: bool, routed: bool, exact: bool) -> tuple[str, str, str, str, str]:
    """Connections, packets in and out, bytes in and out, since the rule was made or zeroed."""
    if unknown:
        return (UNKNOWN,) * 5
    number = full if exact else short
    connections, in_packets, out_packets, in_bytes, out_bytes = map(number, counters)
    if routed and not counters.out_packets:
        out_packets = out_bytes = NOTHING
    return connections, in_packets, out_packets, in_bytes, out_bytes
