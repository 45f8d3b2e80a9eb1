"""A console without a screen, for tests that look whether anything grows tick after tick."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from lvstui.director.rates import History, step
from lvstui.director.serving import tallied
from lvstui.director.source import Scope, Source
from lvstui.director.state import State
from lvstui.doctor.diagnosis import Diagnosis, diagnosed
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
from lvstui.store.who import who
from lvstui.views.past import Past

BOUND = 20_000
"""Bytes of the audit log, so that a test reaches them."""


class Console:
    """What a console does with each State, but paint it."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.log = Log(folder, system=False, bound=BOUND)
        self.source = Audited(source, self.log, who(), "console", folder.name, watching=True)
        self.history: History = ()
        self.past = Past()
        self.diagnosis: Diagnosis | None = None

    def tick(self, scope: Scope) -> State:
        """Raises the errors of the source."""
        state = self.source.read(scope)
        self.history = step(self.history, state, state.services.keys)
        self.past.sweep(state)
        self.diagnosis = diagnosed(state, tallied(state), before=self.diagnosis)
        return state


def held() -> tuple[int, int]:
    """The blocks of memory and the descriptors of this process."""
    gc.collect()
    return sys.getallocatedblocks(), len(os.listdir("/proc/self/fd"))
