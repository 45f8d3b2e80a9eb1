"""--watch: the table, then what changes, once each."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lvstui import cli
from lvstui.director.change import EditServer
from lvstui.director.errors import Unavailable
from lvstui.director.model import Server
from lvstui.director.source import Scope
from lvstui.director.state import Load, Rates, State, Vrrp
from lvstui.store.recording import Recording
from lvstui.store.replay import Replay
from lvstui.store.tape import TapeWriter
from lvstui.verbs import watch
from tests.demo.worlds import VIP, WEB1, Director
from tests.store.test_tape import recorded, written
from tests.verbs.fake import Fake, done
from tests.verbs.test_do import TABLE

TICK = 2.5


class Story(Fake):
    """A step is done before each read but the first. After the last the operator has seen enough."""

    def __init__(self, *steps: Callable[[Story], None]) -> None:
        super().__init__(TABLE)
        self.steps = list(steps)
        self.more: dict[str, Any] = {}
        self.hour = 0.0
        self.fails = ""
        self.closed = False

    def read(self, scope: Scope) -> State:
        if self.scopes:
            if not self.steps:
                raise KeyboardInterrupt
            self.hour += TICK
            self.steps.pop(0)(self)
        state = super().read(scope)
        if self.fails:
            raise Unavailable("read", self.fails)
        return state._replace(taken=state.taken + self.hour, **self.more)

    def close(self) -> None:
        self.closed = True


def nothing(story: Story) -> None:
    pass


def rules(old: str, new: str) -> Callable[[Story], None]:
    """The table's text becomes another."""

    def step(story: Story) -> None:
        assert old in story.text
        story.rules = Fake(story.text.replace(old, new)).rules

    return step


def with_(**fields: Any) -> Callable[[Story], None]:
    return lambda story: story.more.update(fields)


def fails(why: str) -> Callable[[Story], None]:
    return lambda story: setattr(story, "fails", why)


def watched(story: Story) -> list[str]:
    """The lines after the table, without their times."""
    slept: list[float] = []
    text = ""
    with pytest.raises(KeyboardInterrupt):
        for part in watch.run(story, TICK, slept.append):
            text += str(part)
    assert set(slept) == {TICK} and story.closed
    lines = text.splitlines()
    assert lines[0].startswith("lvs1") and "10.0.0.1:443" in text
    timed = [line for line in lines if re.match(r"\d\d:\d\d:\d\d  ", line)]
    assert lines[-len(timed) :] == timed
    return [line[10:] for line in timed]


def test_an_unchanged_table_is_printed_once() -> None:
    assert watched(Story(*[nothing] * 40)) == ["2 services"]


def test_each_change_is_a_line() -> None:
    assert watched(
        Story(
            rules("-r 10.0.0.2:80 -g -w 3", "-r 10.0.0.2:80 -g -w 0"),
            nothing,
            rules("-s wrr\n-a -t 192.0.2.1:80", "-s wlc\n-a -t 192.0.2.1:80"),
            rules("-a -t 192.0.2.1:443 -r 10.0.0.1:443 -g -w 1\n", ""),
            rules("-A -t 192.0.2.1:443 -s wrr\n", "-A -u 192.0.2.9:53 -s rr\n"),
        )
    ) == [
        "2 services",
        "weight 3 -> 0: 10.0.0.2:80 of tcp 192.0.2.1:80",
        "scheduler wrr -> wlc: tcp 192.0.2.1:80",
        "10.0.0.1:443 removed from tcp 192.0.2.1:443",
        "udp 192.0.2.9:53 added",
        "tcp 192.0.2.1:443 removed",
    ]


def test_many_changes_at_once_are_counted() -> None:
    lines = watched(Story(rules("-A -t 192.0.2.1:80", "".join(f"-A -u 192.0.2.7:{n} -s rr\n" for n in range(1, 31))
                                + "-A -t 192.0.2.1:80")))  # fmt: skip
    assert len(lines) == 22 and lines[-1] == "and 10 more changes; now 32 services"


def test_the_role_and_the_held_addresses() -> None:
    held = ("192.0.2.1", "192.0.2.2")
    assert watched(
        Story(with_(vrrp=Vrrp("MASTER", held, True)), nothing, with_(vrrp=Vrrp("BACKUP", (), True)), nothing)
    ) == [
        "2 services",
        "VRRP MASTER, holds 192.0.2.1, 192.0.2.2",
        "VRRP MASTER -> BACKUP, no longer holds 192.0.2.1, 192.0.2.2",
    ]


def test_totals_are_printed_once_a_minute_and_only_if_they_changed() -> None:
    load, traffic = Load(3, 2, 4, 12_345, 50), Rates(connections=290)
    steps = [with_(load=load, traffic=traffic, owner=""), *[nothing] * 60]
    assert watched(Story(*steps)) == [
        "2 services",
        "2 services, 2 of 3 servers live, 12.3K active, 50 inactive, 290 new a second",
    ]


def test_a_failing_read_is_reported_once_and_again_when_it_works() -> None:
    assert watched(Story(nothing, fails("no answer"), nothing, nothing, fails(""), nothing)) == [
        *("2 services", "STALE: no answer", "read again"),
    ]


def test_a_new_note_is_printed() -> None:
    frozen = "run_estimation=0: counters and rates stand still"
    assert watched(Story(nothing, with_(notes=(frozen,)), nothing)) == ["2 services", frozen]


def test_without_ipvs_it_says_so_and_leaves() -> None:
    story = Story()
    story.fails = "this kernel has no ip_vs loaded"
    with pytest.raises(Unavailable):
        next(watch.run(story, 1.0))
    assert story.closed


def test_a_recording_is_printed_without_waiting(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    director = Director()
    recorded(path, director, 3)
    director.world.send([EditServer(VIP, Server(WEB1, weight=0))])
    recorded(path, director, 3)
    path.write_bytes(path.read_bytes()[:-3])
    _, text, (remark,) = done(watch.of(Replay(path)))
    assert "weight 3 -> 0: 192.168.80.102:80 of tcp 192.168.80.200:80" in text
    assert "are left out" in remark.text


def test_watch_can_record_what_it_reads(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    recording = Recording(Story(rules("-s wrr", "-s wlc"), nothing), TapeWriter(path))
    with pytest.raises(KeyboardInterrupt):
        for _ in watch.run(recording, TICK, lambda seconds: written(recording)):
            pass
    recording.close()
    assert len(list(Replay(path).states())) == 3


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--list", "--record", "x"], "--record works only with the console, --watch"),
        (["--do", "undo", "--replay", "x"], "--replay works only with the console, --watch"),
        (["--watch", "--replay", "x", "--record", "y"], "--replay and --record cannot be used together"),
        (["--watch", "--replay", "x", "--demo"], "--replay and --demo cannot be used together"),
        (["--watch", "--replay", "x", "--netns", "y"], "--replay and --netns cannot be used together"),
        (["--watch", "--replay", "/nonexistent"], "cannot be read: No such file"),
    ],
)
def test_options_that_exclude_each_other(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert why in capsys.readouterr().err


def test_watch_prints_at_once_and_ends_with_an_interrupt() -> None:
    words = ["env", "--default-signal=INT"]  # a shell ignores it in what it starts in the background
    words += [sys.executable, "-m", "lvstui", "--watch", "--demo", "--interval", "0.2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith("demo")
        while "servers live" not in line:
            line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=300)
        assert process.returncode == cli.INTERRUPTED
        assert errors == "" and "\x1b" not in rest
