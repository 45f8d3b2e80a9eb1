"""View 8 on 80 cells: of each row both values can be read, and which address it is about."""

from __future__ import annotations

import pytest

from lvstui.director.pair.compare import Compared
from lvstui.director.pair.point import Point
from lvstui.director.pair.takeover import DirectorNames
from lvstui.views.column import GUTTER, shown
from lvstui.views.look import Look
from lvstui.views.pair import PairReading, PairView
from tests.director.pair.test_compare import FAULTS

NAMES = DirectorNames("lvs1", "lvs2")
WEBS, WEB = "tcp 192.168.80.200:80", "192.168.80.102:80"
TOGETHER = (
    Point("service", "tcp 192.168.80.200:8080", "service", "wrr, 12 servers", "only configured", lacks="other"),
    Point("check", WEB, "check", "weight 3", "down by HTTP_GET", lacks="other", of=WEBS),
    Point("check", WEB, "check", "out by check or hand", "weight 100", lacks="this", of=WEBS),
    Point("vrrp", "VRID 51", "equal priorities", "100, at worst 49", "100"),
    Point("weight", WEB, "weight, configured", "100", "0", of=WEBS),
)
FILES = (
    *TOGETHER[4:5],
    Point("file", "keepalived.conf", "file", "as it runs", "newer than what runs"),
    Point("version", "kernel", "release", "6.12.0-28-amd64", "6.1.0-9-cloud-amd64"),
)


@pytest.mark.parametrize("points", [TOGETHER, FILES, *((point,) for _, point in FAULTS.values())])
def test_both_values_can_be_read_on_80_cells(points: tuple[Point, ...]) -> None:
    view = PairView(PairReading(NAMES, compared=Compared(points)), Look())
    columns = shown(view.columns, 80)
    assert [column.key for column in columns] == ["where", "what", "this", "other"]
    taken = sum(column.width for column in columns) + len(columns) - 1 + GUTTER + 1
    room = columns[0].width + 80 - taken
    assert taken <= 80
    for place, point in enumerate(points):
        where, *texts = view.row(place).cells
        assert all(len(text) <= column.width for text, column in zip(texts[1:], columns[2:], strict=True)), point
        assert min(len(where), len(WEB)) <= room
