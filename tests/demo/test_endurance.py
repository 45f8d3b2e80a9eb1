"""A console's work tick after tick on the simulated director: nothing grows. `make soak` does a day of it."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from lvstui.director.rates import History, step
from lvstui.director.serving import tallied
from lvstui.doctor.diagnosis import Diagnosis, diagnosed
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
from lvstui.store.who import who
from lvstui.views.past import Past
from tests.demo.worlds import LOOK, Director

TICKS = int(os.environ.get("LVSTUI_TICKS", "1500"))
FULL = 1000
"""Ticks after which all that is remembered for a while is full: half an hour of it, two seconds each."""
SECONDS = 2.0
BOUND = 20_000
"""Bytes of the audit log, so that a test reaches them."""
GROWS = 1.05


class Console:
    """What a console does with each State, but paint it."""

    def __init__(self, folder: Path) -> None:
        self.director = Director(seed=7)
        self.log = Log(folder, system=False, bound=BOUND)
        self.source = Audited(self.director.world, self.log, who(), "console", folder.name, watching=True)
        self.history: History = ()
        self.past = Past()
        self.diagnosis: Diagnosis | None = None

    def tick(self) -> None:
        self.director.clock.now += SECONDS
        state = self.source.read(LOOK)
        self.history = step(self.history, state, state.services.keys)
        self.past.sweep(state)
        self.diagnosis = diagnosed(state, tallied(state), before=self.diagnosis)


def held() -> tuple[int, int]:
    """The blocks of memory and the descriptors of this process."""
    gc.collect()
    return sys.getallocatedblocks(), len(os.listdir("/proc/self/fd"))


def test_nothing_grows_tick_after_tick(tmp_path: Path) -> None:
    console = Console(tmp_path)
    for _ in range(FULL):
        console.tick()
    blocks, descriptors = held()
    for _ in range(TICKS - FULL):
        console.tick()
    later, open_ = held()
    assert later <= blocks * GROWS, f"{later:,} blocks of memory after {TICKS:,} ticks, {blocks:,} after {FULL:,}"
    assert open_ <= descriptors
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert sum(sizes) <= 3 * BOUND
