"""Orders to keepalived are sent under the lock, and only while what was shown is still true."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
from lvstui.director.errors import NotDone
from lvstui.director.source import EVERYTHING, UNNAMED, Purpose, Source
from lvstui.director.state import Vrrp
from lvstui.operations.keepalived import failover, reload
from lvstui.operations.lock import alone
from lvstui.operations.steps import YES, FailoverQuestion, Lock, ReadState, Reload, Say, SendOrder, Sleep, Unlock
from tests.console.stage import opened, say
from tests.console.test_keepalived import Kept, weighing


def answer(step: Any, source: Source) -> Any:
    """What a runner with nobody to ask would answer."""
    match step:
        case Reload() | FailoverQuestion():
            return YES
        case ReadState():
            return source.read(EVERYTHING)
        case SendOrder(order, purpose):
            assert isinstance(source, Kept)
            return source.order(order, purpose)
        case Sleep():
            return 0.0
        case Say() | Lock() | Unlock():
            return None
        case _:
            raise TypeError(step)


def test_reload__a_file_that_changes_while_the_question_is_open_is_not_loaded() -> None:
    director = Kept(weighing(7))
    operation = reload(patience=0)
    step: Any = next(operation)
    with pytest.raises(NotDone, match="changed meanwhile; nothing was sent"):
        while True:
            given = answer(step, director)
            if isinstance(step, Reload):
                director.file = weighing(0)
            step = operation.send(given)
    assert director.told == [KeepalivedOrder.TEST]


def test_failover__a_director_that_is_no_longer_master_when_you_answer_is_not_stopped() -> None:
    director = Kept()
    operation = failover("", patience=0)
    step: Any = next(operation)
    with pytest.raises(NotDone, match="it is master of nothing"):
        while True:
            given = answer(step, director)
            if isinstance(step, FailoverQuestion):
                director.vrrp = Vrrp("BACKUP", (), True)
            step = operation.send(given)
    assert director.told == [KeepalivedOrder.LOOK]


@pytest.mark.parametrize(("line", "asked", "key"), [("reload", "reload? y/N", "y"), ("failover", "Y hands over", "Y")])
async def test_a_restore_by_another_process__keepalived_gets_no_order(line: str, asked: str, key: str) -> None:
    director = Kept(weighing(7))
    async with opened(director) as stage:
        with alone(stage.app.context.storage.paths):
            await say(stage, line)
            await stage.shows(asked)
            await stage.press(key)
            await stage.until(lambda: "another one is under way" in stage.bottom)
        assert not any(order.changes for order in director.told)


class Slow(Kept):
    """Its keepalived takes its time to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.stops = threading.Event(), threading.Event()

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        if order is KeepalivedOrder.STOP:
            self.stops.set()
            assert self.gate.wait(60)
        return super().order(order, purpose)


async def test_failover__leaving_while_keepalived_stops_waits_until_that_is_logged(tmp_path: Path) -> None:
    director = Slow()
    async with opened(director, folder=tmp_path) as stage:
        await say(stage, "failover")
        await stage.shows("Y hands over")
        await stage.press("Y")
        await stage.until(director.stops.is_set)
        await stage.burst("q")
        assert stage.app.is_running
        director.gate.set()
        await stage.until(lambda: not stage.app.is_running)
        assert stage.app.context.storage.audited is not None
        assert "fail over VI_1" in [record.title for record in stage.app.context.storage.audited.log.latest()]
