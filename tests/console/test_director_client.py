"""Reads: one at a time, what a hanging or failing read does to the screen, and what is read."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lvstui.console.session import director_client
from lvstui.director.errors import Unavailable
from lvstui.director.model import RuleSet, Service, rules_from, service_key
from lvstui.director.source import Scope
from lvstui.director.state import State
from tests.console.stage import RULES, TWO, WEB, opened
from tests.memory import MemoryDirector


class Moody(MemoryDirector):
    """A director whose reads may fail or hang, and which tells how many were under way at once."""

    def __init__(self, rules: RuleSet = RULES) -> None:
        super().__init__(rules)
        self.trouble = ""
        self.gate = threading.Event()
        self.gate.set()
        self.scopes: list[Scope] = []
        self.most = self._now = 0

    def read(self, scope: Scope) -> State:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            self.gate.wait()
            self.scopes.append(scope)
            if self.trouble:
                raise Unavailable("IPVS", self.trouble)
            return super().read(scope)
        finally:
            self._now -= 1


class Metered(MemoryDirector):
    """A director whose reads wait for a permit each, once they are metered."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.metered = self.waits = False
        self.permits = threading.Semaphore(0)

    def read(self, scope: Scope) -> State:
        if self.metered:
            self.waits = True
            self.permits.acquire()
        return super().read(scope)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(director_client, "HANGS", 0.5)


async def test_a_read_that_hangs_marks_the_screen_stale_and_keeps_its_contents() -> None:
    director = Moody()
    async with opened(director, interval=0.05) as stage:
        director.gate.clear()
        await stage.shows("STALE", "192.0.2.1:80", "no answer to the read")
        director.gate.set()
        await stage.until(lambda: "STALE" not in stage.screen())
        assert director.most == 1


async def test_old_rows_are_dimmed_and_a_new_connection_can_be_made_beside_a_dead_shared_one() -> None:
    director = Moody()
    went: list[bool] = []

    def around() -> bool:
        went.append(True)
        director.trouble = ""
        return len(went) == 1

    async with opened(director, interval=0.05) as stage:
        grid = stage.app.tables.main
        row = grid.role_style("row")
        await stage.press("at")
        await stage.shows("this director is not read over ssh")
        stage.app.context.storage = stage.app.context.storage._replace(host="lvs2", around=around)

        def styles() -> set[object]:
            return {segment.style for y in range(grid.above + 1, grid.above + 2) for segment in grid.render_line(y)}

        assert row in styles()
        director.trouble = "no answer for 15 s"
        await stage.until(lambda: "STALE" in stage.screen() and row not in styles())
        await stage.press("at")
        await stage.until(lambda: went == [True])
        await stage.until(lambda: "STALE" not in stage.screen() and row in styles())
        await stage.press("at")
        await stage.shows("lvs2 is connected: there is nothing to go round")


@pytest.mark.parametrize("key", ["S", "R"])
async def test_a_full_read_that_hangs_marks_the_screen_stale_too(key: str) -> None:
    director = Moody()
    async with opened(director, interval=300.0, stored={Path("/snapshots/old.toml"): RuleSet()}) as stage:
        await stage.press(key)
        director.gate.clear()
        await stage.press("enter")
        await stage.shows("STALE", "no answer to the read")
        director.gate.set()
        await stage.until(lambda: "STALE" not in stage.screen() or len(stage.app.screen_stack) > 1)
        assert director.most == 1


async def test_the_console_can_be_left_while_a_read_hangs() -> None:
    director = Moody()
    async with opened(director, interval=0.05) as stage:
        director.gate.clear()
        await stage.until(lambda: director._now == 1)
        await stage.burst("q")
        await stage.until(lambda: stage.app.return_code == 0)
    director.gate.set()


async def test_a_read_that_fails_keeps_the_screen_and_says_why() -> None:
    director = Moody()
    async with opened(director, interval=0.05) as stage:
        director.trouble = "no IPVS any more"
        await stage.shows("no IPVS any more", "STALE", "192.0.2.1:80")
        director.trouble = ""
        await stage.until(lambda: "STALE" not in stage.screen() and stage.bottom == "")


async def test_a_first_read_that_fails_says_why() -> None:
    director = Moody()
    director.trouble = "no permission"
    async with opened(director) as stage:
        await stage.until(lambda: "no permission" in stage.bottom)


async def test_the_scope_is_what_is_on_the_screen() -> None:
    keys = [service_key(6, f"10.0.{n >> 8}.{n & 255}", 80) for n in range(300)]
    director = Moody(RuleSet(rules_from([(Service(key), []) for key in keys])))
    async with opened(director, interval=0.05) as stage:
        # Reads went on while the first of them was being laid out on the screen, and one may be under way.
        drawn = len(director.scopes) + 1
        await stage.until(lambda: len(director.scopes) > drawn + 3)
        await stage.until(lambda: not all(scope.sweep for scope in director.scopes[drawn:]))
        later = director.scopes[drawn:]
        in_sight = frozenset(stage.app.tables.keys(in_sight=True))
        assert in_sight == frozenset(keys[: len(in_sight)]) and 5 < len(in_sight) < 24
        assert all(scope.services == in_sight for scope in later)
        assert all(scope.vrrp == scope.sweep for scope in later)
        # What only a sweep reads stays from sweep to sweep.
        assert stage.app.state.load is not None
        await stage.press("enter")
        await stage.until(lambda: director.scopes[-1].services == {keys[0]})


async def test_a_server_that_goes_is_named_within_two_reads() -> None:
    director = Metered()
    async with opened(director, interval=0.05, size=(100, 30)) as stage:
        await stage.press("enter")
        await stage.shows("10.0.0.1:80", "10.0.0.2:80")
        director.metered = True
        await stage.until(lambda: director.waits)  # none is under way with the old table
        web = RULES.rules[WEB]
        director.replace(RuleSet({**RULES.rules, WEB: web._replace(servers={TWO: web.servers[TWO]})}))
        director.permits.release(2)
        try:
            await stage.shows("10.0.0.1:80  taken out of the table", "2/2 servers live")
        finally:
            director.permits.release(1000)


async def test_nothing_is_painted_under_a_page() -> None:
    director = Moody()
    async with opened(director, interval=0.05) as stage:
        await stage.press("question_mark")
        director.replace(RuleSet({WEB: RULES.rules[WEB]}))
        before = stage.app.main.rows
        reads = len(director.scopes)
        await stage.until(lambda: len(director.scopes) > reads + 3)
        assert stage.app.main.rows == before == 3
        await stage.press("escape")
        await stage.until(lambda: stage.app.main.rows == 1)


async def test_notes_are_shown_in_the_bottom_line() -> None:
    class Noted(MemoryDirector):
        def read(self, scope: Scope) -> State:
            return super().read(scope)._replace(notes=("run_estimation=0: counters stand still",))

    async with opened(Noted(RULES)) as stage:
        assert "run_estimation=0" in stage.bottom
