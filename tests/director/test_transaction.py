"""Who follows a send hears how far it has come, and that what was done is taken back, however it ended."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lvstui.director import transaction
from lvstui.director.change import Change, DeleteService, EditServer, Flush
from lvstui.director.errors import LvsError, NotDone, Refused, Stale
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.source import UNNAMED, Outcome, Purpose
from lvstui.director.transaction import Progress, carry_out
from tests.memory import MemoryDirector

KEY = service_key(6, "192.0.2.1", 80)
SERVERS = [Server(server_key(f"10.0.0.{n}", 80), weight=1) for n in range(1, 6)]
RULES = RuleSet(rules_from([(Service(KEY), SERVERS)]))
CHANGES = [EditServer(KEY, server._replace(weight=7)) for server in SERVERS]


class Follower(Progress):
    """Notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[int | str] = []

    def sent(self, count: int) -> None:
        self.heard.append(count)

    def taking_back(self) -> None:
        self.heard.append("taking back")


class Breaking(MemoryDirector):
    """Breaks off in the second batch."""

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        if len(self.sent) == 2:
            super().send(changes, purpose)
            raise OSError(5, "the socket broke")
        return super().send(changes, purpose)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "BATCH", 2)


def test_progress__every_batch_is_reported() -> None:
    director, follower = MemoryDirector(RULES), Follower()
    carry_out(director, CHANGES, RULES, progress=follower)
    assert follower.heard == [2, 2, 1]


def test_progress__a_refusal_is_taken_back() -> None:
    director, follower = MemoryDirector(RULES), Follower()
    director.refuse = lambda change: Refused("ipvsadm", "no") if len(director.sent) == 4 else None
    with pytest.raises(Refused, match="3 changes done before it taken back"):
        carry_out(director, CHANGES, RULES, progress=follower)
    assert follower.heard == [2, 2, "taking back"] and director.rules == MemoryDirector(RULES).rules


def test_progress__what_a_broken_send_did_is_taken_back() -> None:
    director, follower = Breaking(RULES), Follower()
    with pytest.raises(LvsError, match="the socket broke"):
        carry_out(director, CHANGES, RULES, progress=follower)
    assert follower.heard == [2, "taking back"] and director.rules == MemoryDirector(RULES).rules


def test_progress__an_interrupted_send_is_taken_back() -> None:
    director, follower = MemoryDirector(RULES), Follower()
    with pytest.raises(NotDone, match="2 changes done before it taken back"):
        carry_out(director, CHANGES, RULES, interrupted=lambda: True, progress=follower)
    assert follower.heard == [2, "taking back"] and director.rules == MemoryDirector(RULES).rules


OTHER = service_key(6, "192.0.2.2", 80)
TWO = RuleSet({**RULES.rules, **rules_from([(Service(OTHER), SERVERS[:1])])})


class Lost(MemoryDirector):
    """Does what it is sent first, or nothing of it, and then breaks off; later sends are whole."""

    def __init__(self, error: Exception, does: bool = True) -> None:
        super().__init__(TWO)
        self._error: Exception | None = error
        self._does = does

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        error, self._error = self._error, None
        if error is None or self._does:
            outcomes = super().send(changes, purpose)
            if error is None:
                return outcomes
        raise error


def test_lost__a_deleted_service_comes_back() -> None:
    director = Lost(Stale("change", "no answer"))
    with pytest.raises(Refused, match="no answer; 6 changes done before it taken back"):
        carry_out(director, [DeleteService(KEY)], TWO)
    assert director.rules == MemoryDirector(TWO).rules


def test_lost__a_flushed_table_comes_back() -> None:
    director = Lost(Stale("change", "no answer"))
    with pytest.raises(Refused, match="taken back"):
        carry_out(director, [Flush()], TWO)
    assert director.rules == MemoryDirector(TWO).rules


def test_lost__a_change_by_somebody_else_to_another_service_stays() -> None:
    director = Lost(Stale("change", "no answer"))
    wanted = RuleSet({**RULES.rules, **rules_from([(Service(OTHER, "rr"), SERVERS[1:3])])})
    director.replace(wanted)
    with pytest.raises(Refused, match="1 change done before it taken back"):
        carry_out(director, CHANGES[:1], TWO)
    assert director.rules == MemoryDirector(wanted).rules


@pytest.mark.parametrize(
    ("error", "kind", "why"),
    [
        (OSError(5, "the socket broke"), NotDone, "the socket broke; nothing was changed"),
        (Stale("change", "no answer"), Stale, "no answer"),
    ],
)
def test_lost__if_nothing_was_done_the_error_says_so(error: Exception, kind: type[LvsError], why: str) -> None:
    director = Lost(error, does=False)
    with pytest.raises(kind) as caught:
        carry_out(director, CHANGES[:1], TWO)
    assert caught.value.why == why and director.sent == []
