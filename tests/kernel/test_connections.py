"""Connections by where they come from, of files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.errors import Unavailable
from lvstui.director.probe import Origins
from lvstui.kernel.connections import origins

HEAD = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n"
ROW = "TCP C0A8500A 8CB2 C0A850C8 0050 C0A85066 0050 ESTABLISHED {:<6} {:>7}\n"
WEB = (6, bytes((192, 168, 80, 200)), 80)


def table(folder: Path, *rows: str) -> str:
    name = folder / "ip_vs_conn_sync"
    name.write_text(HEAD + "".join(ROW.format(row, 899) for row in rows))
    return str(name)


def test_rows_are_counted_by_origin(tmp_path: Path) -> None:
    assert origins(table(tmp_path, *["LOCAL"] * 3, "SYNC")) == Origins(3, 1, of={WEB: (3, 1)})
    assert origins(table(tmp_path)) == Origins(0, 0)


def test_each_server_is_counted_by_itself(tmp_path: Path) -> None:
    """A template of a firewall mark, IPv6, and a protocol that IPVS has no name for."""
    name = tmp_path / "ip_vs_conn_sync"
    six = "20010DB8000000000000000000000001"
    parts = ":".join(six[at : at + 4] for at in range(0, 32, 4)).lower()
    name.write_text(
        HEAD + "IP  C0A8500A 0000 00000007 0000 C0A85066 0000 NONE        SYNC       299\n"
        f"UDP {parts} 8CB2 {parts} 0035 {parts} 0035 UDP         LOCAL      299\n"
        "IP_99 C0A8500A 0000 C0A850C8 0000 C0A85066 0000 NONE        SYNC       299\n"
    )
    mark, dns, odd = (0, bytes((0, 0, 0, 7)), 0), (17, bytes.fromhex(six), 53), (99, WEB[1], 0)
    assert origins(str(name)) == Origins(1, 2, of={mark: (0, 1), dns: (1, 0), odd: (0, 1)})


def test_a_large_table_is_not_read_completely(tmp_path: Path) -> None:
    name = table(tmp_path, *["SYNC"] * 5000)
    assert origins(name, most=1000) == Origins(0, 1000, False, {WEB: (0, 1000)})
    assert origins(name, most=5000) == Origins(0, 5000, of={WEB: (0, 5000)})


def test_without_the_file_it_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        origins(str(tmp_path / "none"))
