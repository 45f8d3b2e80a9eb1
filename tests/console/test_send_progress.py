"""A slow send: the screen says what is being sent and how much is done, not that a read hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from lvstui.console.session import director_client
from lvstui.console.session.send_progress import Sending
from lvstui.director.change import Change
from lvstui.director.errors import Refused
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import State
from tests.console.stage import RULES, Stage, opened
from tests.memory import MemoryDirector

NEW = service_key(6, "192.0.2.9", 443)
SERVERS = [Server(server_key(f"10.0.{n >> 8}.{n & 255}", 443)) for n in range(1200)]
WANTED = RuleSet({**RULES.rules, **rules_from([(Service(NEW, "rr"), SERVERS)])})
STORED = {Path("/snapshots/big.toml"): WANTED}


class Slow(MemoryDirector):
    """A director that answers 400 changes each time it is let, and counts its reads."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.let = threading.Semaphore(0)
        self.reads = 0
        self.begun = False
        self.answered: Callable[[int], None] = lambda count: None

    def on_sent(self, call: Callable[[int], None]) -> None:
        self.answered = call

    def read(self, scope: Scope) -> State:
        self.reads += 1
        return super().read(scope)

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        self.begun = True
        outcomes: tuple[Outcome, ...] = ()
        for start in range(0, len(changes), 400):
            self.let.acquire()
            part = super().send(changes[start : start + 400])
            self.answered(len(part))
            outcomes += part
        return outcomes


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(director_client, "HANGS", 0.05)
    monkeypatch.setattr(director_client, "STEPS", 0.02)


def says(stage: Stage, words: str) -> bool:
    return words in stage.bottom


async def test_the_progress_of_a_send_is_shown() -> None:
    director = Slow()
    async with opened(director, interval=0.05, stored=STORED) as stage:
        await stage.press("R", "enter")
        await stage.until(lambda: "y applies" in stage.screen())
        await stage.press("y")
        await stage.until(lambda: "sending 0 of 1,201 changes" in stage.bottom)
        await stage.until(lambda: director.begun)
        reads = director.reads
        for answered in ("400", "800", "1,200"):
            director.let.release()
            await stage.until(partial(says, stage, f"sending {answered} of 1,201 changes"))
            assert "SENDING" in stage.screen() and "STALE" not in stage.screen() and " old" not in stage.screen()
        assert director.reads == reads, "nothing is read while it sends"
        director.let.release()
        await stage.until(lambda: "done: restore" in stage.bottom)
        # A read that takes longer than a twentieth of a second is called stale here, until it is there.
        over = ("SENDING", "STALE")
        await stage.until(
            lambda: "192.0.2.9:443" in stage.screen() and not any(word in stage.screen() for word in over)
        )


async def test_the_progress_of_many_changes_is_shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(director_client, "HANGS", 600.0)
    director = Slow()
    async with opened(director, interval=0.05, stored=STORED) as stage:
        await stage.press("R", "enter")
        await stage.until(lambda: "y applies" in stage.screen())
        await stage.press("y")
        await stage.until(lambda: "sending 0 of 1,201 changes" in stage.bottom)
        for _ in range(4):
            director.let.release()
        await stage.until(lambda: "done: restore" in stage.bottom)


async def test_a_refusal_is_shown_while_changes_are_taken_back() -> None:
    director = Slow()

    def refuse(change: Change) -> Refused | None:
        return Refused("ipvsadm -a", "no memory") if len(director.sent) == 1201 else None

    director.refuse = refuse
    async with opened(director, interval=0.05, stored=STORED) as stage:
        await stage.press("R", "enter")
        await stage.until(lambda: "y applies" in stage.screen())
        await stage.press("y")
        for _ in range(4):
            director.let.release()
        await stage.until(lambda: "taking back what was sent" in stage.bottom)
        assert "STALE" not in stage.screen()
        for _ in range(4):
            director.let.release()
        await stage.until(lambda: "no memory" in stage.bottom)
        assert director.rules.rules.keys() == RULES.rules.keys()


def test_the_time_without_an_answer_is_shown() -> None:
    clock = [0.0]
    sending = Sending(40_000, lambda: clock[0])
    sending.answered(12_000)
    assert sending.text == "sending 12,000 of 40,000 changes"
    clock[0] = 7.5
    assert sending.text == "sending 12,000 of 40,000 changes; no answer for 7s"
    sending.answered(1)
    assert sending.text == "sending 12,001 of 40,000 changes"
    assert Sending(1).text == "sending 0 of 1 change"
