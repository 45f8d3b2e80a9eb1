"""A recording on the same screens: it stands, jumps, runs faster; nothing in it can be changed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lvstui.director.model import server_key
from lvstui.director.state import rules_of
from lvstui.store.replay import Replay
from tests.console.stage import Stage, opened
from tests.demo.worlds import VIP, Director
from tests.store.test_tape import Hours, recorded


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


async def test_the_masthead_tells_where_it_stands(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, clock, said):
        assert said() == "0:00/3:18" and "READ-ONLY" not in stage.screen()
        assert stage.bottom.startswith("a recording: p stands still")
        clock.now = 65.0
        stage.app.director.wake()
        await stage.until(lambda: said() == "1:05/3:18")


async def test_the_keys_jump(tmp_path: Path) -> None:
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


async def test_at_its_end_it_says_so(tmp_path: Path) -> None:
    async with played(tmp_path, steps=20) as (stage, _, said):
        await stage.press("right_curly_bracket")
        await stage.until(lambda: said() == "0:38/0:38 END")


async def test_it_stands_still_and_can_be_stepped_through(tmp_path: Path) -> None:
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


async def test_it_runs_faster(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, clock, said):
        await stage.press("full_stop", "full_stop", "full_stop")
        assert said() == "0:00/3:18 x8" and stage.bottom.startswith("8 seconds of the recording a second")
        clock.now = 5.0
        stage.app.director.wake()
        await stage.until(lambda: said() == "0:40/3:18 x8")
        await stage.press("comma")
        assert said() == "0:40/3:18 x4"


async def test_winding_back_forgets_what_is_yet_to_come(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, _, said):
        await stage.press("2", "right_curly_bracket", "right_square_bracket")
        await stage.press("left_curly_bracket")
        await stage.until(lambda: said() == "0:10/3:18")
        assert all(sample.at <= stage.app.state.at for sample in stage.app.director.history)
        assert "gone" not in stage.screen()


@pytest.mark.parametrize("key", ["a", "d", "e", "s", "z"])
async def test_nothing_can_be_changed(tmp_path: Path, key: str) -> None:
    async with played(tmp_path, steps=3) as (stage, *_):
        await stage.press(key)
        assert stage.bottom == "read-only: a recording"


async def test_a_snapshot_of_that_moment_can_be_saved(tmp_path: Path) -> None:
    async with played(tmp_path, steps=3) as (stage, *_):
        await stage.press("S", "enter")
        await stage.until(lambda: bool(stage.files.saved))
        (state,) = stage.files.saved.values()
        assert server_key("192.168.80.102", 80) in rules_of(state).rules[VIP].servers


async def test_the_views_show_it_as_they_show_a_director(tmp_path: Path) -> None:
    async with played(tmp_path, steps=20) as (stage, *_):
        await stage.press("enter")
        assert "192.168.80.102:80" in stage.screen()
        await stage.press("2")
        assert "192.168.80.104" in stage.screen()
        await stage.press("4")
        assert "MASTER" in stage.screen()


async def test_without_a_recording_the_keys_say_so() -> None:
    async with opened() as stage:
        await stage.press("left_square_bracket")
        assert stage.bottom.startswith("this key is for recordings")
