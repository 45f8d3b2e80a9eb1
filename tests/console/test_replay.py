"""A recording on the same screens: it pauses, jumps, runs faster; nothing in it can be changed."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lvstui.director.change import Change, DeleteServer, EditServer
from lvstui.director.model import Server, server_key
from lvstui.director.state import rules_of
from lvstui.store.recording import Recording
from lvstui.store.replay import Replay
from lvstui.store.tape import TapeWriter
from tests.console.stage import Stage, opened
from tests.demo.worlds import LOOK, VIP, WEB1, WEB2, Director
from tests.store.test_tape import Hours, recorded, written


@asynccontextmanager
async def played(
    folder: Path, steps: int = 100, width: int = 120
) -> AsyncIterator[tuple[Stage, Hours, Callable[[], str]]]:
    """The console on a recording of so many sweeps two seconds apart; its clock; what the masthead says of it."""
    path = folder / "x.tape"
    recorded(path, Director(), steps)
    clock = Hours()
    async with opened(Replay(path, clock), size=(width, 30)) as stage:

        def said() -> str:
            found = re.search(r"REPLAY \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (.*?)\s*$", stage.screen().split("\n")[0])
            return found[1].strip() if found else stage.screen()

        yield stage, clock, said


async def test_the_masthead_shows_the_position(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, clock, said):
        assert said() == "0:00/3:18" and "READ-ONLY" not in stage.screen()
        assert stage.bottom.startswith("a recording: p pause")
        clock.now = 65.0
        stage.app.director.wake()
        await stage.until(lambda: said() == "1:05/3:18")


async def test_the_keys_jump_in_the_recording(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, clock, said):
        active = []
        for key, place in (
            *(("right_square_bracket", "0:10/3:18"), ("right_curly_bracket", "1:10/3:18")),
            *(("left_square_bracket", "1:00/3:18"), ("left_curly_bracket", "0:00/3:18")),
            *(("right_curly_bracket", "1:00/3:18"),),
        ):
            await stage.press(key)
            await stage.until(lambda place=place: said() == place)  # type: ignore[misc]
            active.append(stage.app.state.load)
        assert active[2] == active[4] != active[3]
        assert clock.now == 0.0


async def test_the_end_of_the_recording_is_shown(tmp_path: Path) -> None:
    async with played(tmp_path, steps=20) as (stage, _, said):
        await stage.press("right_curly_bracket")
        await stage.until(lambda: said() == "0:38/0:38 END")


async def test_a_recording_can_be_stopped_and_stepped_through(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, clock, said):
        await stage.press("p")
        clock.now = 50.0
        stage.app.director.wake()
        await stage.settle()
        assert "PAUSED" in stage.screen() and said().startswith("0:00/3:18")
        before = stage.app.state
        await stage.press("right_square_bracket")
        await stage.until(lambda: stage.app.state is not before)
        assert said().startswith("0:10/3:18")
        await stage.press("p")
        clock.now = 55.0
        stage.app.director.wake()
        await stage.until(lambda: said() == "0:15/3:18")


async def test_a_recording_can_be_played_faster(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, clock, said):
        await stage.press("full_stop", "full_stop", "full_stop")
        assert said() == "0:00/3:18 x8" and stage.bottom.startswith("playing 8 seconds of the recording per second")
        clock.now = 5.0
        stage.app.director.wake()
        await stage.until(lambda: said() == "0:40/3:18 x8")
        await stage.press("comma")
        assert said() == "0:40/3:18 x4"


async def test_winding_back_forgets_later_events(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, _, said):
        await stage.press("2", "right_curly_bracket", "right_square_bracket")
        await stage.press("left_curly_bracket")
        await stage.until(lambda: said() == "0:10/3:18")
        assert all(sample.at <= stage.app.state.at for sample in stage.app.director.history)
        assert "gone" not in stage.screen()


@pytest.mark.parametrize("key", ["a", "d", "e", "s", "z"])
async def test_a_recording_cannot_be_changed(tmp_path: Path, key: str) -> None:
    async with played(tmp_path, steps=3) as (stage, *_):
        await stage.press(key)
        assert stage.bottom == "read-only: a recording"


async def test_a_snapshot_of_that_moment_can_be_saved(tmp_path: Path) -> None:
    async with played(tmp_path, steps=3) as (stage, *_):
        await stage.press("S", "enter")
        await stage.until(lambda: bool(stage.files.saved))
        (state,) = stage.files.saved.values()
        assert server_key("192.168.80.102", 80) in rules_of(state).rules[VIP].servers


async def test_the_views_show_a_recording_like_a_director(tmp_path: Path) -> None:
    async with played(tmp_path, steps=20) as (stage, *_):
        await stage.press("enter")
        assert "192.168.80.102:80" in stage.screen()
        await stage.press("2")
        await stage.shows("192.168.80.104")
        await stage.press("4")
        await stage.shows("MASTER")


def eventful(path: Path, director: Director) -> list[float]:
    """Records a minute, in which a server goes and another is drained; the moments at which that is on the tape."""
    recording = Recording(director.world, TapeWriter(path))
    moments: list[float] = []
    changes: dict[int, Change] = {10: DeleteServer(VIP, WEB1), 20: EditServer(VIP, Server(WEB2, weight=0))}
    for step in range(30):
        director.clock.now += 2.0
        if step in changes:
            director.world.send([changes[step]])
        state = recording.read(LOOK)
        written(recording)
        moments += [state.taken] if step in changes else []
    recording.close()
    return moments


@asynccontextmanager
async def replayed(folder: Path) -> AsyncIterator[tuple[Stage, Replay, list[float]]]:
    moments = eventful(folder / "x.tape", Director())
    replay = Replay(folder / "x.tape", Hours())
    async with opened(replay, size=(100, 30)) as stage:
        yield stage, replay, moments


async def test_n_goes_to_the_next_event_and_shift_n_back(tmp_path: Path) -> None:
    async with replayed(tmp_path) as (stage, replay, moments):
        assert "n next event" in stage.screen() and "next problem" not in stage.screen()
        await stage.press("n")
        await stage.shows("event 1 of 3", "192.168.80.102:80 removed from tcp")
        assert replay.moment() == pytest.approx(moments[0], abs=0.01)
        assert WEB1 not in [row.server.key for row in stage.app.state.pools[VIP]]
        await stage.press("n")
        await stage.shows("event 2 of 3", "10.0.0.1:8080 removed from tcp")
        await stage.press("n")
        await stage.shows("event 3 of 3", "weight 1 -> 0: 192.168.80.103:80", "and 1 more event")
        await stage.press("n")
        await stage.shows("there is no later event; 3 events in all")
        assert replay.moment() == pytest.approx(moments[1], abs=0.01)
        await stage.press("N")
        await stage.shows("event 2 of 3")
        await stage.press("N")
        await stage.shows("event 1 of 3")
        await stage.press("N")
        await stage.shows("there is no earlier event")


async def test_the_audit_view_of_a_recording_lists_its_events_and_enter_goes_there(tmp_path: Path) -> None:
    async with replayed(tmp_path) as (stage, replay, moments):
        await stage.press("n", "6")
        await stage.shows("192.168.80.102:80 removed from", "weight 1 -> 0: 192.168.80.103:80")
        await stage.press("home", "enter")
        await stage.until(lambda: stage.app.view == "services")
        assert replay.moment() == pytest.approx(moments[1], abs=0.01) and stage.app.main.key == VIP
        await stage.press("enter")
        await stage.shows("since " + time.strftime("%T", time.localtime(moments[1])))


async def test_goto_accepts_a_time_of_day(tmp_path: Path) -> None:
    async with replayed(tmp_path) as (stage, replay, moments):
        for text, moment in ((time.strftime("%T", time.localtime(moments[1])), moments[1]),):
            await stage.press("colon", *f"goto {text}", "enter")
            await stage.until(lambda moment=moment: abs(replay.moment() - moment) <= 1.0)  # type: ignore[misc]
        wrong = time.strftime("%R", time.localtime(moments[1] + 7200))
        await stage.press("colon", *f"goto {wrong}", "enter")
        await stage.shows("the recording is from ")
        await stage.press("escape", "colon", *"goto 25:61", "enter")
        await stage.shows("is not a time of day")


async def test_a_time_of_day_means_nothing_to_a_director() -> None:
    async with opened() as stage:
        await stage.press("colon", *"goto 02:41", "enter")
        await stage.shows("this key works in recordings")


async def test_without_a_recording_its_keys_say_so() -> None:
    async with opened() as stage:
        await stage.press("left_square_bracket")
        assert stage.bottom.startswith("this key works in recordings")
