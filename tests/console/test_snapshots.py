"""The snapshots on the screen: their contents beside the present table, restoring and deleting."""

from __future__ import annotations

from pathlib import Path

from lvstui.director.model import Entry, RuleSet, Server, Service, service_key
from lvstui.director.source import Scope
from lvstui.director.state import State
from tests.console.stage import DNS, ONE, RULES, WEB, opened
from tests.memory import MemoryDirector

OLD, EXAMPLE = Path("/snapshots/old.toml"), Path("/examples/nat.toml")
FTP = service_key(6, "192.0.2.9", 21)
WANTED = RuleSet(
    {
        WEB: Entry(Service(WEB, "wlc"), {ONE: Server(ONE, weight=9)}),
        DNS: RULES.rules[DNS],
        FTP: Entry(Service(FTP, "rr"), {}),
    }
)
STORED = {OLD: WANTED, EXAMPLE: RULES}


async def test_they_are_listed_with_kind_and_time() -> None:
    async with opened(stored=STORED) as stage:
        await stage.press("7")
        await stage.shows("old.toml", "nat.toml")
        lines = stage.screen().split("\n")
        assert lines[4].split()[1:3] == ["old.toml", "named"]
        assert lines[5].split()[:2] == ["nat.toml", "example"]


async def test_an_opened_snapshot_shows_what_restoring_it_would_do_now() -> None:
    async with opened(stored=STORED) as stage:
        await stage.press("7", "enter")
        await stage.shows("saved > old.toml   1 server deleted, 1 service deleted, 1 service changed", "removes")
        text = stage.screen()
        found = {line[:30].strip("▌ "): line.split()[-1] for line in text.split("\n")[4:] if line.strip()}
        assert "wrr -> wlc" in text and "weight 3 -> 9" in text
        assert found["TCP 192.0.2.1:80"] == "wlc" and found["10.0.0.1:80"] == "9"
        assert found["TCP 192.0.2.9:21"] == "adds"
        assert found["10.0.0.2:80"] == found["FWM 7"] == "removes"
        assert found["UDP 192.0.2.2:53"] == "ops"
        await stage.press("slash", *"removes", "enter")
        await stage.until(lambda: stage.app.main.rows == 2)
        await stage.press("escape", "escape")
        await stage.shows("old.toml", "nat.toml")


async def test_an_opened_snapshot_says_when_the_table_has_changed_since_it_was_compared() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, stored=STORED) as stage:
        await stage.press("7", "down", "enter")
        await stage.shows("nothing differs")
        director.replace(RuleSet({key: entry for key, entry in RULES.rules.items() if key != DNS}))
        stage.app.director.wake()
        await stage.shows("saved > nat.toml   the table has changed since: Esc, Enter compares again")
        await stage.press("escape", "enter")
        await stage.shows("saved > nat.toml   1 service added")


async def test_a_snapshot_that_equals_the_table_says_so() -> None:
    async with opened(stored=STORED) as stage:
        await stage.press("7", "down", "enter")
        await stage.shows("nothing differs")


async def test_the_snapshot_under_the_cursor_is_restored_after_its_plan_was_shown() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, stored=STORED) as stage:
        await stage.press("7", "R")
        await stage.shows("-A -t 192.0.2.9:21 -s rr")
        await stage.press("y")
        await stage.until(lambda: FTP in director.rules.rules)
        assert director.rules.rules == WANTED.rules


async def test_restoring_from_inside_one() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, stored=STORED) as stage:
        await stage.press("7", "enter", "R")
        await stage.until(lambda: len(stage.app.screen_stack) > 1)
        await stage.press("y")
        await stage.until(lambda: director.rules.rules == WANTED.rules)
        await stage.shows("saved > old.toml", "nothing differs")
        assert "removes" not in stage.screen() and "adds" not in stage.screen()


async def test_a_saved_snapshot_is_deleted_after_a_question_and_an_example_never() -> None:
    async with opened(stored=STORED) as stage:
        await stage.press("7", "d")
        await stage.shows(f"delete the file? y/N  {OLD}")
        await stage.press("n")
        await stage.until(lambda: not stage.app.runner.busy)
        assert OLD in stage.files.stored
        await stage.press("down", "d")
        await stage.shows("comes with the program")
        await stage.press("up", "d")
        await stage.shows(f"delete the file? y/N  {OLD}")
        await stage.press("y")
        await stage.until(lambda: OLD not in stage.files.stored)
        await stage.until(lambda: stage.app.main.rows == 1)


async def test_values_that_this_read_does_not_have_are_not_compared() -> None:
    class Poor(MemoryDirector):
        def read(self, scope: Scope) -> State:
            return super().read(scope)._replace(unknown=frozenset({"flags"}))

    async with opened(Poor(RULES), stored=STORED) as stage:
        await stage.press("7", "enter")
        await stage.shows("the difference is not known")
        assert "adds" not in stage.screen()


async def test_a_folder_that_is_not_used_is_named_at_the_start_and_in_the_view() -> None:
    why = "/s belongs to user 65534: chown"
    async with opened(stored={EXAMPLE: RULES}, refused=why) as stage:
        await stage.shows(f"snapshots are neither taken nor listed: {why}")
        await stage.press("7")
        await stage.shows(f"your snapshots are not listed: {why}", "nat.toml")
