"""A restore whose operator goes away in the middle of it, on a real kernel: by a signal, or with the terminal."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.lab.director import Director
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

RULES = ["-A -t 192.0.2.10:80 -s wrr", "-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3"]
SERVERS = [f"-a -t 192.0.2.11:80 -r 10.0.1.{number}:80 -g -w 1" for number in range(1, 30)]
WANTED = [*RULES, "-A -t 192.0.2.11:80 -s wrr", *SERVERS]
"""Thirty changes more."""
UNFINISHED = "was cut off; lvstui --resume finishes it, --rollback takes it back"
START = 180.0
QUICK, SLOW = 0.2, 3.0
"""Seconds for each three of the changes: a console waits eight seconds for the end of what it sends."""


@pytest.fixture
def asked(director: Director) -> Director:
    """A director with a small table, and a larger one to be restored."""
    director.ipvsadm("-R", stdin="\n".join(RULES) + "\n")
    director.run(["tee", "/run/more.rules"], stdin="\n".join(WANTED) + "\n").ok()
    return director


def slowly(director: Director, seconds: float, *words: str) -> list[str]:
    return [director.lab.python, "-m", "tests.lab.slowly", str(seconds), *words]


def restoring(director: Director, seconds: float = QUICK) -> list[str]:
    return slowly(director, seconds, "--restore", "/run/more.rules", "--yes")


def in_the_middle(director: Director, story: Callable[[], str]) -> int:
    """Waits until some of the rules are there, and returns how many."""
    wait_until(
        lambda: len(director.rules()) > len(RULES), "the restore has begun", timeout=60, story=story, interval=0.02
    )
    rules = len(director.rules())
    assert rules < len(WANTED)
    return rules


def nothing_is_left(director: Director, rules: list[str] = RULES) -> None:
    assert sorted(director.rules()) == sorted(rules)
    assert director.lvstui("--list").stderr == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_takes_back_what_was_done(asked: Director, number: int) -> None:
    job = asked.spawn(restoring(asked))
    in_the_middle(asked, job.stderr)
    job.signal(number)
    done = job.wait()
    assert done.code == 1 and "done before it taken back" in done.stderr, done
    nothing_is_left(asked)


def test_a_terminal_that_goes_away_takes_back_what_was_done(asked: Director, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(asked.argv(restoring(asked)))
    in_the_middle(asked, screen.written)
    screen.hang_up()
    assert screen.wait_exit() == 1
    nothing_is_left(asked)


@pytest.mark.parametrize("verb", ["--resume", "--rollback"])
def test_what_is_killed_while_it_takes_back_is_finished_or_taken_back_later(asked: Director, verb: str) -> None:
    job = asked.spawn(restoring(asked, seconds=0.5))
    most = in_the_middle(asked, job.stderr)
    job.signal(signal.SIGHUP)
    wait_until(lambda: len(asked.rules()) > most, "the batch under way is done", story=job.stderr, interval=0.02)
    most = len(asked.rules())
    wait_until(lambda: len(asked.rules()) < most, "it takes back", story=job.stderr, interval=0.02)
    job.signal(signal.SIGKILL)
    assert job.wait().code == -signal.SIGKILL
    assert len(RULES) < len(asked.rules()) < len(WANTED)
    assert UNFINISHED in asked.lvstui("--list").stderr
    refused = asked.lvstui("--do", "weight 10.0.0.1:80 4")
    assert refused.code == 1 and "comes first" in refused.stderr, refused
    done = asked.lvstui(verb, "--yes")
    assert done.code == 0, done
    nothing_is_left(asked, WANTED if verb == "--resume" else RULES)


def console(asked: Director, terminal: Callable[..., Terminal], seconds: float) -> Terminal:
    """A console in the middle of a restore."""
    screen = terminal(asked.argv(slowly(asked, seconds, "--fresh")), size=(100, 24))
    screen.wait_for("192.0.2.10:80", timeout=START)
    screen.send(":")
    screen.type("restore /run/more.rules")
    screen.send("Enter")
    screen.wait_for("y applies", timeout=START)
    screen.send("y")
    in_the_middle(asked, screen.screen)
    return screen


@pytest.mark.parametrize("way", ["hang up", "TERM", "^C"])
def test_a_console_that_loses_its_operator_takes_back_what_was_done(
    asked: Director, terminal: Callable[..., Terminal], way: str
) -> None:
    screen = console(asked, terminal, QUICK)
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


def test_a_second_control_c_leaves_at_once(asked: Director, terminal: Callable[..., Terminal]) -> None:
    screen = console(asked, terminal, SLOW)
    screen.send("C-c", "C-c")
    screen.wait_exit()
    assert len(RULES) < len(asked.rules()) < len(WANTED)
    assert asked.lvstui("--rollback", "--yes").code == 0
    nothing_is_left(asked)


def test_a_console_that_cannot_end_it_in_time_leaves_the_journal(
    asked: Director, terminal: Callable[..., Terminal]
) -> None:
    screen = console(asked, terminal, SLOW)
    screen.hang_up()
    assert screen.wait_exit() == 128 + signal.SIGHUP
    assert len(RULES) < len(asked.rules()) < len(WANTED)
    assert UNFINISHED in asked.lvstui("--list").stderr
    done = asked.lvstui("--rollback", "--yes")
    assert done.code == 0, done
    nothing_is_left(asked)
