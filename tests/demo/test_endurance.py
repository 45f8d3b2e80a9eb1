"""A console's work tick after tick on the simulated director: nothing grows. `make soak` does a day of it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.demo.worlds import LOOK, Director
from tests.enduring import BOUND, Console, held

TICKS = int(os.environ.get("LVSTUI_TICKS", "1500"))
FULL = 1000
"""Ticks after which all that is remembered for a while is full: half an hour of it, two seconds each."""
SECONDS = 2.0
GROWS = 1.05


def test_nothing_grows_tick_after_tick(tmp_path: Path) -> None:
    director = Director(seed=7)
    console = Console(director.world, tmp_path)

    def ticks(count: int) -> tuple[int, int]:
        for _ in range(count):
            director.clock.now += SECONDS
            console.tick(LOOK)
        return held()

    blocks, descriptors = ticks(FULL)
    later, open_ = ticks(TICKS - FULL)
    assert later <= blocks * GROWS, f"{later:,} blocks of memory after {TICKS:,} ticks, {blocks:,} after {FULL:,}"
    assert open_ <= descriptors
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert sum(sizes) <= 3 * BOUND
