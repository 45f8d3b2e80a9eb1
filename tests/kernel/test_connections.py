"""Connections by where they come from, of files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.errors import Unavailable
from lvstui.director.probe import Origins
from lvstui.kernel.connections import origins

HEAD = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n"
ROW = "TCP C0A8500A 8CB2 C0A850C8 0050 C0A85066 0050 ESTABLISHED {:<6} {:>7}\n"


def table(folder: Path, *rows: str) -> str:
    name = folder / "ip_vs_conn_sync"
    name.write_text(HEAD + "".join(ROW.format(row, 899) for row in rows))
    return str(name)


def test_rows_are_counted_by_origin(tmp_path: Path) -> None:
    assert origins(table(tmp_path, *["LOCAL"] * 3, "SYNC")) == Origins(3, 1)
    assert origins(table(tmp_path)) == Origins(0, 0)


def test_a_large_table_is_not_read_whole(tmp_path: Path) -> None:
    name = table(tmp_path, *["SYNC"] * 5000)
    assert origins(name, most=1000) == Origins(0, 1000, False)
    assert origins(name, most=5000) == Origins(0, 5000)


def test_without_the_file_it_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        origins(str(tmp_path / "none"))
