"""Things that happen at once in the console: two ramps, a cancel during a send, a slow snapshot, another program's
lock, leaving while something is under way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from lvstui.director.change import Change, EditServer
from lvstui.director.model import RuleSet, Server
from lvstui.director.source import UNNAMED, Outcome, Purpose
from lvstui.operations.lock import alone
from tests.console.stage import ONE, RULES, TWO, WEB, Stage, opened, say
from tests.memory import MemoryDirector

PATIENCE = 600.0


class Slow(MemoryDirector):
    """A director whose sends wait, once `gate` is closed, until it is opened again."""

    def __init__(self, rules: RuleSet) -> None:
        super().__init__(rules)
        self.gate = threading.Event()
        self.gate.set()
        self.waits = threading.Event()
        self.beside = 0
        self.most = 0

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        self.beside += 1
        self.most = max(self.most, self.beside)
        self.waits.set()
        assert self.gate.wait(PATIENCE)
        self.beside -= 1
        return super().send(changes, purpose)


def weights(director: MemoryDirector) -> list[int]:
    return [change.server.weight for change in director.sent if isinstance(change, EditServer)]


async def test_two_ramps__each_record_names_its_own(tmp_path: Path) -> None:
    async with opened(MemoryDirector(RULES), folder=tmp_path) as stage:
        await stage.press("enter", "space", "space")
        await say(stage, "ramp 6 1.5s")
        await stage.until(lambda: "apply?" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: not stage.under_way and len(stage.app.context.session.undos) == 2)
        log = stage.app.context.storage.audited
        assert log is not None
        records = [record for record in log.log.latest() if record.change is not None]
        assert len(records) == 6
        for record in records:
            assert isinstance(record.change, EditServer)
            assert record.title.startswith(f"ramp of 10.0.0.{record.change.server.key.address[-1]}:80 "), record.title


async def test_a_cancel_in_the_middle_of_a_send__the_step_is_completed() -> None:
    director = Slow(RULES)
    async with opened(director) as stage:
        await say(stage, "ramp 192.0.2.1:80 10.0.0.1:80 300 60s")
        await stage.until(lambda: "apply?" in stage.bottom)
        director.gate.clear()
        await stage.press("y")
        await stage.until(director.waits.is_set)
        await stage.burst("escape")
        assert stage.under_way
        director.gate.set()
        await stage.until(lambda: not stage.under_way)
        (weight,) = weights(director)
        await stage.shows(f"stopped: 10.0.0.1:80 stays at {weight}")
        assert director.rules.rules[WEB].servers[ONE].weight == weight
        assert len(stage.app.context.session.undos) == 1
        await stage.press("u")
        await stage.until(lambda: "-w 3" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: director.rules.rules == RULES.rules)
        assert director.most == 1


async def test_a_snapshot_before_a_change__changes_by_others_meanwhile_are_seen() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        keep = stage.app.context.storage.keep

        def slow(state: object) -> Path:
            web = director.rules.rules[WEB]
            changed = {**web.servers, ONE: web.servers[ONE]._replace(upper=500)}
            director.replace(RuleSet({**director.rules.rules, WEB: web._replace(servers=changed)}))
            return keep(state)  # type: ignore[arg-type]

        stage.app.context.storage = stage.app.context.storage._replace(keep=slow)
        await stage.press("enter", "w")
        await stage.type("7")
        await stage.press("enter", "y")
        await stage.until(lambda: "someone else changed this meanwhile; nothing was changed" in stage.bottom)
        assert director.sent == []
        assert director.rules.rules[WEB].servers[ONE] == Server(ONE, weight=3, upper=500)


async def test_a_restore_by_another_process__a_change_is_refused_at_once() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        with alone(stage.app.context.storage.paths):
            await stage.press("enter", "x", "enter", "y")
            await stage.until(lambda: "restore" in stage.bottom and "under way" in stage.bottom)
        assert director.sent == []


async def test_two_changes_at_once__they_are_sent_one_after_the_other() -> None:
    director = Slow(RULES)
    async with opened(director) as stage:
        await say(stage, "ramp 192.0.2.1:80 10.0.0.1:80 6 1s")
        await stage.until(lambda: "apply?" in stage.bottom)
        await stage.press("y", "enter", "down", "w")
        await stage.type("9")
        await stage.press("enter")
        await stage.until(lambda: "apply?" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: not stage.under_way and director.rules.rules[WEB].servers[TWO].weight == 9)
        assert director.most == 1
        assert director.rules.rules[WEB].servers[ONE].weight == 6


async def test_leaving_while_a_ramp_runs__asks_first(tmp_path: Path) -> None:
    async with opened(MemoryDirector(RULES), folder=tmp_path) as stage:
        await _ramping(stage)
        await stage.press("q")
        await stage.shows("a ramp is under way", "y leaves")
        await stage.press("n")
        assert stage.under_way and stage.app.is_running
        await stage.press("q", "y")
        await stage.until(lambda: not stage.app.is_running)


async def test_leaving_in_the_middle_of_a_send__waits_for_its_answer() -> None:
    director = Slow(RULES)
    async with opened(director) as stage:
        director.gate.clear()
        await stage.press("enter", "x", "enter")
        await stage.until(lambda: "apply?" in stage.bottom)
        await stage.press("y")
        await stage.until(director.waits.is_set)
        await stage.burst("q")
        assert stage.app.is_running
        director.gate.set()
        await stage.until(lambda: not stage.app.is_running)
        assert weights(director) == [0]


async def _ramping(stage: Stage) -> None:
    await say(stage, "ramp 192.0.2.1:80 10.0.0.1:80 300 60s")
    await stage.until(lambda: "apply?" in stage.bottom)
    await stage.press("y")
    await stage.until(lambda: bool(stage.under_way))
