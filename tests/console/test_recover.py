"""A restore that was cut off is reported when the console opens, and finished, taken back or left."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui import places
from lvstui.director.change import apply_all
from lvstui.director.plan import plan
from lvstui.director.recovery import undertaking
from lvstui.director.source import EVERYTHING
from lvstui.director.state import rules_of
from lvstui.formats import json
from lvstui.formats.contents import contents_of
from lvstui.formats.rule_files import parse
from lvstui.store import journal, notice
from lvstui.store.lock import locked
from lvstui.store.noticed import Notice
from tests.console.stage import RULES, opened
from tests.memory import MemoryDirector

WANTED = parse("-A -t 192.0.2.10:80 -s rr\n-A -t 192.0.2.77:80 -s rr\n-A -t 192.0.2.78:80 -s rr\n", "ipvsadm").rules


def cut_off(folder: Path) -> tuple[MemoryDirector, int]:
    """A director whose restore got one change far; how many there were."""
    now = rules_of(MemoryDirector(RULES).read(EVERYTHING))
    changes = plan(now, WANTED)
    begun = undertaking(changes, now)
    about = journal.About("new.rules", "/kept.toml", len(changes), 1795402386.0, "this boot")
    was, wanted = (json.write(contents_of(rules)) for rules in (begun.was, begun.wanted))
    folder.mkdir(parents=True, exist_ok=True)
    journal.begin(places.TablePaths(folder, folder, "").journal, about, was, wanted)
    return MemoryDirector(apply_all(changes[:1], now)), len(changes)


@pytest.mark.parametrize(("key", "words"), [("f", "finished"), ("b", "taken back")])
async def test_a_restore_that_was_cut_off_is_finished_or_taken_back(tmp_path: Path, key: str, words: str) -> None:
    director, count = cut_off(tmp_path)
    async with opened(director, (100, 30), folder=tmp_path) as stage:
        await stage.until(lambda: "was cut off, half done" in stage.screen())
        assert f"f  {count - 1} changes to finish it" in stage.screen()
        await stage.press(key)
        await stage.until(lambda: f"the restore of new.rules is {words}" in stage.bottom)
        rules = rules_of(director.read(EVERYTHING))
        goal = WANTED if key == "f" else rules_of(MemoryDirector(RULES).read(EVERYTHING))
        assert not plan(rules, goal)
        assert not stage.files.place.journal.exists()


async def test_a_restore_that_was_cut_off_can_be_left_for_later(tmp_path: Path) -> None:
    director, _ = cut_off(tmp_path)
    before = rules_of(director.read(EVERYTHING))
    async with opened(director, (100, 30), folder=tmp_path) as stage:
        await stage.until(lambda: "was cut off, half done" in stage.screen())
        await stage.press("escape")
        await stage.until(lambda: "was cut off" in stage.bottom)
        assert rules_of(director.read(EVERYTHING)) == before
        assert stage.files.place.journal.exists()


async def test_ctrl_c_at_the_question_about_a_restore_that_was_cut_off_leaves_at_once(tmp_path: Path) -> None:
    """The question is on a page, and the table's lock is held meanwhile: nothing is being changed."""
    director, _ = cut_off(tmp_path)
    async with opened(director, (100, 30), folder=tmp_path) as stage:
        await stage.until(lambda: "was cut off, half done" in stage.screen())
        await stage.burst("ctrl+c")
        await stage.until(lambda: not stage.app.is_running)
        assert stage.files.place.journal.exists()


async def test_a_restore_in_progress_is_not_reported_as_unfinished_and_excludes_ours(tmp_path: Path) -> None:
    director, _ = cut_off(tmp_path)
    stored = {Path("/s/x.toml"): WANTED}
    with locked(tmp_path / "run" / "restore.lock", "restore"):
        async with opened(director, (100, 30), folder=tmp_path, stored=stored) as stage:
            assert "cut off" not in stage.screen()
            await stage.press("R")
            await stage.press("enter")
            await stage.until(lambda: "another one is under way" in stage.bottom)


async def test_a_journal_that_cannot_be_read_is_one_line_and_the_console_opens(tmp_path: Path) -> None:
    (tmp_path / "restore.journal").write_text("{")
    async with opened(None, (100, 30), folder=tmp_path) as stage:
        await stage.until(lambda: "restore.journal is not a journal" in stage.bottom)
        await stage.until(lambda: "wrr" in stage.screen())


async def test_another_users_unfinished_restore_is_reported(tmp_path: Path) -> None:
    """It is theirs to finish: nothing is asked, and whoever may only look is told too."""
    theirs = tmp_path / "theirs" / "restore.journal"
    theirs.parent.mkdir()
    theirs.touch()
    told = Notice("ann", 1, 1795402386.0, "the restore of friday.toml", str(theirs), "this boot")
    notice.write(tmp_path / "run" / "restore.notice", told)
    async with opened(None, (100, 30), folder=tmp_path, stored={Path("/s/x.toml"): WANTED}) as stage:
        await stage.until(lambda: "the restore of friday.toml by ann, begun" in stage.bottom)
        await stage.press("R")
        await stage.press("enter")
        await stage.until(lambda: "and comes first" in stage.bottom)
