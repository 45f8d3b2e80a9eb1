"""The traffic columns that services and real servers share, and their cells."""

from __future__ import annotations

from lvstui.director.state import Rates
from lvstui.views.column import Column
from lvstui.views.number import NOTHING, UNKNOWN, WAITING, short

TRAFFIC = (
    Column("active", "active", 6),
    Column("inactive", "inact", 6),
    Column("conns", "conn/s", 6),
    Column("in", "in B/s", 6),
    Column("out", "out B/s", 7),
    Column("in_packets", "in pk/s", 7, drop=4),
    Column("out_packets", "out pk/s", 8, drop=4),
    Column("total", "conns", 7, drop=2),
)


def rate_cells(own: Rates | None, kernel: Rates, unknown: bool, routed: bool) -> tuple[str, str, str, str, str]:
    """Connections, bytes in and out, packets in and out, per second. Until our own rates are known the kernel's slow
    averages stand in, with a tilde. What leaves servers that are only routed or tunnelled to does not pass here."""
    if unknown:
        return (UNKNOWN,) * 5
    rates, mark = (own, "") if own is not None else (kernel, "~")
    if own is None and not any(kernel):
        return (WAITING, WAITING, NOTHING if routed else WAITING, WAITING, NOTHING if routed else WAITING)
    connections, in_packets, out_packets, in_bytes, out_bytes = (mark + short(value) for value in rates)
    if routed:
        out_bytes = out_packets = NOTHING
    return connections, in_bytes, out_bytes, in_packets, out_packets
