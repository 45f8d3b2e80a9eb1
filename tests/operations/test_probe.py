"""Probes: leaving does not wait for them, and console and verb say the same."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from lvstui.demo import World
from lvstui.director.model import SyncDaemon
from lvstui.director.probe import ProbeResult, ProbeTarget, knocks
from lvstui.operations.probe import probe
from lvstui.operations.steps import LookUp, ShowLine
from lvstui.views.operator_names import NO_NAMES
from lvstui.views.servers import Place
from tests.console.probes import Tried
from tests.console.stage import ONE, RULES, TWO, WEB, opened, say
from tests.verbs.test_do import told


def test_probe__leaving_the_page_ends_it() -> None:
    tries = Tried()
    operation = probe(knocks([Place(WEB, ONE), Place(WEB, TWO)], None), NO_NAMES, tries)
    step = next(operation)
    assert isinstance(step, LookUp)
    step = operation.send(step.call())
    assert isinstance(step, ShowLine) and step.foot == "1 of 2 tried"
    try:
        operation.send(False)
    except StopIteration as end:
        assert len(end.value) == 1
    assert len(tries.knocked) == 1


def test_probe_from_a_script__an_interrupt_ends_it_at_once(tmp_path: Path) -> None:
    handlers: list[object] = []

    class Watched(Tried):
        def knock(self, knocks: Sequence[ProbeTarget]) -> Iterator[ProbeResult]:
            handlers.append(signal.getsignal(signal.SIGINT))
            yield from super().knock(knocks)

    before = signal.getsignal(signal.SIGINT)
    told(tmp_path, Watched(), "probe 10.0.0.1:80")
    assert handlers == [before]


async def test_sync_check_in_the_console__problems_of_a_daemon_are_named_as_in_a_script() -> None:
    rules = RULES._replace(sync=(SyncDaemon("backup", "eth0", 51),))
    async with opened(World(rules, seed=1), size=(120, 32)) as stage:
        await say(stage, "sync check")
        await stage.shows("backup daemon: MASTER, but only a backup daemon", "whose connections this director knows")
