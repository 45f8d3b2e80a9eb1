"""A restore whose operator goes away in the middle of it, on a real kernel: by a signal, or with the terminal."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.lab.director import Director
from tests.lab.screen import PROMPT
from tests.lab.slowly import FEW, UNTIL_LEFT, Gate
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

RULES = ["-A -t 192.0.2.10:80 -s wrr", "-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3"]
SERVERS = [f"-a -t 192.0.2.11:80 -r 10.0.1.{number}:80 -g -w 1" for number in range(1, 30)]
WANTED = [*RULES, "-A -t 192.0.2.11:80 -s wrr", *SERVERS]
"""Thirty changes more."""
UNFINISHED = "was cut off; lvstui --resume finishes it, --rollback takes it back"
START = 180.0
MANY = 30
"""Times to send: more than there are."""


@pytest.fixture
def asked(director: Director) -> Director:
    """A director with a small table, and a larger one to be restored."""
    director.ipvsadm("-R", stdin="\n".join(RULES) + "\n")
    director.run(["tee", "/run/more.rules"], stdin="\n".join(WANTED) + "\n").ok()
    return director


@pytest.fixture
def gate(asked: Director) -> Gate:
    return Gate(asked)


RESTORE = ("--restore", "/run/more.rules", "--yes")


def in_the_middle(director: Director, gate: Gate, story: Callable[[], str]) -> None:
    """Lets the first few changes go, and waits until they are there."""
    gate.let(1)
    has(director, len(RULES) + FEW, "the restore has begun", story)


def has(director: Director, rules: int, what: str, story: Callable[[], str]) -> None:
    wait_until(lambda: len(director.rules()) == rules, what, story=story, interval=0.02)


def nothing_is_left(director: Director, rules: list[str] = RULES) -> None:
    assert sorted(director.rules()) == sorted(rules)
    assert director.lvstui("--list").stderr == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_takes_back_what_was_done(asked: Director, gate: Gate, number: int) -> None:
    job = asked.spawn(gate.argv(*RESTORE))
    in_the_middle(asked, gate, job.stderr)
    job.signal(number)
    gate.let(MANY)
    done = job.wait()
    assert done.code == 1 and "done before it taken back" in done.stderr, done
    nothing_is_left(asked)


def test_a_terminal_that_goes_away_takes_back_what_was_done(
    asked: Director, gate: Gate, terminal: Callable[..., Terminal]
) -> None:
    screen = terminal(asked.argv(gate.argv(*RESTORE)))
    in_the_middle(asked, gate, screen.written)
    screen.hang_up()
    gate.let(MANY)
    assert screen.wait_exit() == 1
    nothing_is_left(asked)


@pytest.mark.parametrize("verb", ["--resume", "--rollback"])
def test_what_is_killed_while_it_takes_back_is_finished_or_taken_back_later(
    asked: Director, gate: Gate, verb: str
) -> None:
    job = asked.spawn(gate.argv(*RESTORE))
    in_the_middle(asked, gate, job.stderr)
    job.signal(signal.SIGHUP)
    gate.let(2)
    has(asked, len(RULES) + 2 * FEW, "the batch under way is done", job.stderr)
    gate.let(3)
    has(asked, len(RULES) + FEW, "it takes back", job.stderr)
    job.signal(signal.SIGKILL)
    assert job.wait().code == -signal.SIGKILL
    assert len(asked.rules()) == len(RULES) + FEW
    assert UNFINISHED in asked.lvstui("--list").stderr
    refused = asked.lvstui("--do", "weight 10.0.0.1:80 4")
    assert refused.code == 1 and "comes first" in refused.stderr, refused
    done = asked.lvstui(verb, "--yes")
    assert done.code == 0, done
    nothing_is_left(asked, WANTED if verb == "--resume" else RULES)


def console(asked: Director, gate: Gate, terminal: Callable[..., Terminal], *words: str) -> Terminal:
    """A console in the middle of a restore."""
    screen = terminal(asked.argv(gate.argv(*words, "--fresh")), size=(100, 24))
    screen.wait_for("192.0.2.10:80", timeout=START)
    screen.send(":")
    screen.wait_for(PROMPT, timeout=START)
    screen.type("restore /run/more.rules")
    screen.send("Enter")
    screen.wait_for("y applies", timeout=START)
    screen.send("y")
    in_the_middle(asked, gate, screen.screen)
    return screen


@pytest.mark.parametrize("way", ["hang up", "TERM", "^C"])
def test_a_console_that_loses_its_operator_takes_back_what_was_done(
    asked: Director, gate: Gate, terminal: Callable[..., Terminal], way: str
) -> None:
    screen = console(asked, gate, terminal, UNTIL_LEFT)
    if way == "hang up":
        screen.hang_up()
    elif way == "TERM":
        asked.run(["kill", str(screen.pid())]).ok()
    else:
        screen.send("C-c")
    codes = {"hang up": 128 + signal.SIGHUP, "TERM": 128 + signal.SIGTERM, "^C": 1}
    assert screen.wait_exit() == codes[way]
    assert ("done before it taken back" in screen.screen()) is (way == "^C")
    nothing_is_left(asked)


def test_a_second_control_c_leaves_at_once(asked: Director, gate: Gate, terminal: Callable[..., Terminal]) -> None:
    screen = console(asked, gate, terminal)
    screen.send("C-c", "C-c")
    screen.wait_exit()
    assert len(asked.rules()) == len(RULES) + FEW
    assert asked.lvstui("--rollback", "--yes").code == 0
    nothing_is_left(asked)


def test_a_console_that_cannot_end_it_in_time_leaves_the_journal(
    asked: Director, gate: Gate, terminal: Callable[..., Terminal]
) -> None:
    screen = console(asked, gate, terminal)
    screen.hang_up()
    assert screen.wait_exit() == 128 + signal.SIGHUP
    assert len(asked.rules()) == len(RULES) + FEW
    assert UNFINISHED in asked.lvstui("--list").stderr
    done = asked.lvstui("--rollback", "--yes")
    assert done.code == 0, done
    nothing_is_left(asked)
