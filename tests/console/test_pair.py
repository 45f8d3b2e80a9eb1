"""View 8: the other director beside this one, read at its own pace."""

from __future__ import annotations

import threading
import time

import pytest

from lvstui.console.session import director_client
from lvstui.director.errors import Stale, Unavailable
from lvstui.director.source import Scope, Source
from lvstui.director.state import State
from tests.console.stage import opened, say
from tests.director.pair.made import BACKUP, FAULTY, MASTER, instance
from tests.memory import MemoryDirector
from tests.rulesets import random_ruleset


class Other(MemoryDirector):
    """A director of which is read what a test says, or nothing while the way to it is cut."""

    def __init__(self, state: State) -> None:
        super().__init__(random_ruleset(1))
        self.state = state
        self.cut = False
        self.hangs: threading.Event | None = None
        self.closed = 0

    def read(self, scope: Scope) -> State:
        if self.hangs is not None:
            self.hangs.wait(120)
        if self.cut:
            raise Stale("lvs2", "the link is lost", "it is tried again")
        return self.state._replace(taken=time.time())

    def close(self) -> None:
        self.closed += 1


async def test_a_pair_is_opened_by_name_and_has_a_tab_as_long_as_it_is_open() -> None:
    other, asked = Other(FAULTY), list[str]()

    def opener(name: str) -> Source:
        asked.append(name)
        return other

    async with opened(Other(MASTER), opener=opener) as stage:
        assert "8 pair" not in stage.screen()
        await stage.press("8")
        assert "no pair is open" in stage.bottom
        await say(stage, "pair lvs2")
        await stage.shows("if lvs2 took over now: 1 service would be missing", "8 pair")
        assert asked == ["lvs2"]
        await say(stage, "pair")
        await stage.shows("lvs2 is no longer read")
        assert stage.app.view == "services" and "pair" not in stage.screen() and other.closed == 1


async def test_if_no_other_director_can_be_opened_the_console_says_so() -> None:
    async with opened(Other(MASTER)) as stage:
        await say(stage, "pair lvs2")
        await stage.shows("no other director can be opened from here")


async def test_a_change_on_one_side_is_named_at_the_next_read() -> None:
    other = Other(BACKUP)
    async with opened(Other(MASTER), opener=lambda name: other, pair="lvs2", interval=0.3) as stage:
        await stage.until(lambda: bool((reading := stage.app.peer.reading) and reading.compared))
        await stage.press("8")
        await stage.shows("if lvs2 took over now: equal", "nothing differs")
        other.state = BACKUP._replace(kernel="6.1.0")
        await stage.shows("1 thing differs", "6.12.0", "6.1.0", "8 pair 1")


async def test_things_that_are_equal_are_shown_on_request() -> None:
    async with opened(Other(MASTER), opener=lambda name: Other(BACKUP), pair="lvs2") as stage:
        await stage.until(lambda: bool((reading := stage.app.peer.reading) and reading.compared))
        await stage.press("8", "tab")
        await stage.shows("192.0.2.1 in VRID 51", "announced /32")
        assert stage.app.tables.rows > 10
        await stage.press("tab", "tab")
        await stage.shows("nothing differs")


async def test_changes_of_vrrp_on_both_are_in_one_list() -> None:
    other, this = Other(BACKUP), Other(MASTER)
    async with opened(this, opener=lambda name: other, pair="lvs2", interval=0.3) as stage:
        await stage.until(lambda: bool((reading := stage.app.peer.reading) and reading.compared))
        this.state = MASTER._replace(vrrp=MASTER.vrrp._replace(instances=(instance("FAULT", 100),)))
        await stage.until(lambda: len(stage.app.peer.reading.moves) == 3)  # type: ignore[union-attr]
        other.state = BACKUP._replace(vrrp=BACKUP.vrrp._replace(instances=(instance("MASTER", 99),)))
        await stage.press("8", "tab", "tab")
        await stage.shows(
            "MASTER -> FAULT", "BACKUP -> MASTER", "times are by the clock of lvs1; that of lvs2 is in step"
        )
        first = next(line for line in stage.screen().splitlines() if "->" in line)
        assert "BACKUP -> MASTER" in first, "the latest stands first"


async def test_the_last_state_stays_with_its_age_while_the_link_is_lost() -> None:
    other = Other(FAULTY)
    async with opened(Other(MASTER), opener=lambda name: other, pair="lvs2", interval=0.3) as stage:
        await stage.until(lambda: bool((reading := stage.app.peer.reading) and reading.compared))
        await stage.press("8")
        other.cut = True
        await stage.shows("lvs2 is", "s old: the link is lost", "if lvs2 took over now: 1 service would be missing")
        other.cut = False
        await stage.until(lambda: "s old" not in stage.screen())


async def test_the_line_follows_this_director_when_the_master_is_lost() -> None:
    """It takes over: the one that would take over next is the other."""
    other, this = Other(MASTER), Other(BACKUP)
    async with opened(this, opener=lambda name: other, pair="lvs1", interval=0.3) as stage:
        await stage.press("8")
        await stage.shows("if lvs2 took over now: ")
        other.cut = True
        await stage.shows("lvs1 is", "s old: the link is lost", "if lvs2 took over now: ")
        vrrp = BACKUP.vrrp._replace(role="MASTER", instances=(instance("MASTER", 99),))
        this.state = BACKUP._replace(vrrp=vrrp)
        await stage.shows("if lvs1 took over now: ")


async def test_another_director_that_hangs_delays_neither_keys_nor_this_director(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(director_client, "HANGS", 0.5)
    other, this = Other(FAULTY), Other(MASTER)
    other.hangs = threading.Event()
    try:
        async with opened(this, opener=lambda name: other, pair="lvs2", interval=0.3) as stage:
            await stage.press("8")
            await stage.shows("lvs2 is not read yet: no answer to the read", "lvs2 has not been read yet")
            this.state = MASTER._replace(host="renamed")
            await stage.shows("renamed")
            await stage.press("1")
            assert stage.app.view == "services"
            other.hangs.set()
            await stage.shows("8 pair 7")
    finally:
        other.hangs.set()


async def test_opening_another_director_is_tried_again_after_a_failure() -> None:
    tries = 0

    def opener(name: str) -> Source:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Unavailable("ssh lvs2", "Connection refused", "is sshd running there?")
        return Other(BACKUP)

    async with opened(Other(MASTER), opener=opener, pair="lvs2") as stage:
        await stage.press("8")
        await stage.shows("lvs2 is not read yet: Connection refused; is sshd running there?")
        await stage.shows("if lvs2 took over now: equal")
        assert tries == 2
