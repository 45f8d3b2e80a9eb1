"""What a tick costs the screen, counted: rows, never times."""

from __future__ import annotations

import pytest

from lvstui.console.widgets.grid import Grid
from lvstui.director.model import ServiceKey
from lvstui.views.column import Row
from lvstui.views.services import ServicesView
from tests.bench.rows import Rows
from tests.console.stage import opened

HEIGHT = 24


async def test_a_tick_makes_no_more_rows_than_the_screen_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five hundred services, all of which change at each tick."""
    made: list[int] = []
    row, paint = ServicesView.row, Grid._paint

    def counts(view: ServicesView, index: int) -> Row[ServiceKey]:
        if made:
            made[-1] += 1
        return row(view, index)

    def paints(grid: Grid, everything: bool = False) -> None:
        made.append(0)
        paint(grid, everything)

    monkeypatch.setattr(ServicesView, "row", counts)
    monkeypatch.setattr(Grid, "_paint", paints)
    async with opened(Rows(500, 2), size=(80, HEIGHT), interval=0.1) as stage:
        await stage.until(lambda: len([rows for rows in made if rows]) >= 5)
    assert max(made) <= HEIGHT
