"""Which columns are dropped on a narrow screen: one line for each table and set, the first to go on the left. Columns
that are not in the line always stay: the name of the row, its state, live or weight, and active connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.views.column import Column

DROPS: Mapping[str, str] = {
    "services state": "out_pps in_pps conns note trend options check drift weight out scheduler skew inactive in since"
    " cps",
    "services traffic": "cps_trend out_pps in_pps out in since cps",
    "services totals": "out_packets in_packets out_bytes in_bytes conns",
    "services limits": "since options scheduler persistence inactive limited upper full",
    "servers state": "out_pps in_pps conns note persistent trend forward check out inactive in drift share cps since",
    "servers traffic": "cps_trend out_pps in_pps out in cps since",
    "servers totals": "out_packets in_packets out_bytes in_bytes conns",
    "servers checks": "inactive drift since check",
    "servers limits": "forward used lower persistent upper inactive",
    "hosts state": "out_pps in_pps conns persistent weight services out in inactive why cps since",
    "hosts traffic": "out_pps in_pps inactive out in cps",
    "hosts totals": "rules out_packets in_packets out_bytes in_bytes conns",
    "host state": "in_pps conns out persistent forward inactive in cps port since",
    "host traffic": "out_pps in_pps inactive out in cps port",
    "host totals": "port out_packets in_packets out_bytes in_bytes conns",
    "host limits": "persistent used lower upper inactive port",
    "every state": "note forward drift out check in inactive cps since",
    "every traffic": "out_pps in_pps out in cps",
    "every totals": "out_packets in_packets out_bytes in_bytes conns",
    "every limits": "persistent used lower upper inactive",
    "vrrp": "vrid since interface master priority",
    "connections servers": "synced persistent inactive active left closing clients half",
    "connections clients": "synced left closing half places",
    "connections services": "synced left closing persistent inactive active places half",
    "connections states": "means clients",
    "connections bound": "data origin service",
    "connections one": "data origin service",
    "doctor": "since where",
    "pair": "",
    "directors": "why drift services",
    "audit": "command source result who kind",
    "snapshots": "folder size",
    "snapshot": "command called",
}


def ranked(columns: Sequence[Column], table: str) -> tuple[Column, ...]:
    """The columns, each with the rank at which it is dropped."""
    order = DROPS[table].split()
    ranks = {key: len(order) - place for place, key in enumerate(order)}
    return tuple(column._replace(drop=ranks.get(column.key, 0)) for column in columns)
