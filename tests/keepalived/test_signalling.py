"""The signal numbers that a running keepalived's own binary tells: once for each binary, with patience. What the real
one tells is tried in tests/lab/test_dumps.py and test_debian13.py."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from typing import cast

import pytest

from lvstui.director.errors import NotDone
from lvstui.keepalived import signalling
from lvstui.keepalived.binary import Binary, BinaryIdentity, Unfit
from lvstui.keepalived.dump import ask

FIRST: BinaryIdentity = (1, 7, 100, 5, 5)
REBUILT: BinaryIdentity = (1, 7, 100, 6, 6)


class Told:
    """A binary that tells these numbers, fails with this complaint, or (None) does not answer; it counts."""

    def __init__(self, identity: BinaryIdentity, *answers: tuple[int, str, str] | None) -> None:
        self.identity, self.answers = identity, list(answers)
        self.patience: list[float] = []

    def run(self, words: Sequence[str], patience: float) -> subprocess.CompletedProcess[str]:
        self.patience.append(patience)
        answer = self.answers.pop(0)
        if answer is None:
            raise Unfit(f"its binary does not answer within {patience:g} s")
        return subprocess.CompletedProcess(list(words), *answer)


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(signalling, "_signal_numbers", {})
    yield


def number(told: Told, name: str) -> tuple[int, str]:
    return signalling._number(cast(Binary, told), name)


def test_a_binary_is_asked_once_for_each_signal_and_again_after_an_upgrade() -> None:
    first = Told(FIRST, (0, "36\n", ""), (0, "10\n", ""))
    assert [number(first, name) for name in ("JSON", "DATA", "JSON", "DATA")] == [(36, ""), (10, "")] * 2
    assert [number(Told(FIRST), "JSON"), number(Told(REBUILT, (0, "38\n", "")), "JSON")] == [(36, ""), (38, "")]


def test_a_signal_number_without_an_answer_is_requested_again() -> None:
    busy = Told(FIRST, None, None, (0, "36\n", ""))
    with pytest.raises(NotDone, match="its binary does not answer within 30 s") as refused:
        number(busy, "JSON")
    assert not isinstance(refused.value, signalling.NoSuchSignal)
    assert number(busy, "DATA") == (
        10,
        "its binary does not answer within 30 s; SIGUSR1 was sent, which means DATA in every version",
    )
    assert number(busy, "JSON") == (36, "")
    assert min(busy.patience) >= 30


def test_a_build_without_a_signal_says_so() -> None:
    with pytest.raises(signalling.NoSuchSignal):
        number(Told(FIRST, (1, "", "Unknown sigfunc JSON\n")), "JSON")
    with pytest.raises(NotDone) as refused:  # that is no word on the signal
        number(Told(FIRST, (1, "", "Unable to read build config options file\n")), "JSON")
    assert not isinstance(refused.value, signalling.NoSuchSignal)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (signalling.NoSuchSignal("keepalived", "its binary does not report the signal JSON: Unknown sigfunc JSON"), ""),
        (
            NotDone("keepalived", "its binary does not answer within 30 s"),
            "keepalived is not asked for its counts: its binary does not answer within 30 s",
        ),
    ],
)
def test_the_reason_for_not_asking_is_reported(monkeypatch: pytest.MonkeyPatch, error: NotDone, said: str) -> None:
    def refuse(pid: int, name: str) -> str:
        raise error

    monkeypatch.setattr(ask, "send", refuse)
    assert ask._ask_for_json(7) == said


def test_a_process_that_does_not_handle_a_signal_yet_gets_none() -> None:
    """tests/lab/test_failover.py::test_a_killed_keepalived tries a real one: one that was just started survives."""
    before = signal.signal(signal.SIGUSR2, signal.SIG_DFL)
    try:
        assert not signalling._expected(os.getpid(), signal.SIGUSR2)
        signal.signal(signal.SIGUSR2, lambda *_: None)
        assert signalling._expected(os.getpid(), signal.SIGUSR2)
    finally:
        signal.signal(signal.SIGUSR2, before)
