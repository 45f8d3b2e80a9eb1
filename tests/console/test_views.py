"""The views: their keys, what each remembers, and the way in and back."""

from __future__ import annotations

import re
from collections.abc import Hashable

from lvstui.director.hosts import HostKey
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key
from lvstui.views.servers import Place
from tests.bench.rows import Rows
from tests.console.stage import DNS, ONE, RULES, WEB, Stage, opened
from tests.memory import MemoryDirector

SECOND = HostKey(4, bytes((10, 0, 0, 2)))


def _at(stage: Stage) -> tuple[Hashable, str]:
    return stage.app.main.key, stage.app.look.sort


async def test_every_view_keeps_its_own_look_and_cursor() -> None:
    async with opened() as stage:
        await stage.press("down", "o")
        await stage.press("2", "down")
        assert _at(stage)[0] == SECOND
        assert stage.app.look.sort == ""
        await stage.press("1")
        assert _at(stage) == (DNS, "active")
        await stage.press("2")
        assert _at(stage) == (SECOND, "")


async def test_from_a_host_to_its_service_and_back() -> None:
    async with opened() as stage:
        await stage.press("2", "enter")
        assert "hosts > 10.0.0.1  up in 1 service" in stage.screen()
        await stage.press("enter")
        assert "hosts > TCP 192.0.2.1:80 > 10.0.0.1:80  up" in stage.screen()
        await stage.press("enter")
        assert "services > TCP 192.0.2.1:80" in stage.screen()
        assert _at(stage)[0] == Place(WEB, ONE)
        await stage.press("escape")
        assert "hosts > TCP 192.0.2.1:80 > 10.0.0.1:80  up" in stage.screen()
        await stage.press("1")
        assert _at(stage)[0] == WEB, "the level that was left is left"
        await stage.press("2", "enter", "2", "2", "enter", "enter", "enter")
        assert "services > TCP 192.0.2.1:80" in stage.screen()
        await stage.press("2", "1", "escape")
        assert _at(stage)[0] == WEB, "one who comes by a key goes one level up"
        await stage.press("2")
        assert "hosts > TCP 192.0.2.1:80 > 10.0.0.1:80  up" in stage.screen()
        await stage.press("escape")
        assert "hosts > 10.0.0.1" in stage.screen()
        await stage.press("2")
        assert _at(stage)[0] == HostKey(4, bytes((10, 0, 0, 1)))


async def test_going_back_keeps_the_filter_of_the_view() -> None:
    async with opened() as stage:
        await stage.press("slash", *"192.0", "enter", "down", "enter")
        assert stage.app.look.filter == ""
        await stage.press("escape")
        assert (stage.app.look.filter, stage.app.main.key) == ("192.0", DNS)


async def test_a_pause_stops_every_view() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, interval=0.05) as stage:
        await stage.press("p")
        director.replace(RuleSet())
        await stage.press("2")
        assert "PAUSED" in stage.screen()
        assert "10.0.0.3" in stage.screen()
        await stage.press("p")
        await stage.until(lambda: re.search("10.0.0.3 +gone", stage.screen()) is not None)


async def test_a_host_is_drained_if_some_of_its_rules_still_have_a_weight() -> None:
    rules = RuleSet(
        rules_from(
            [
                (Service(WEB), [Server(server_key("10.0.0.1", 80), weight=0), Server(server_key("10.0.0.2", 80))]),
                (Service(DNS), [Server(server_key("10.0.0.1", 53), 0)]),
            ]
        )
    )
    async with opened(MemoryDirector(rules)) as stage:
        await stage.press("2")
        assert "1 drained" in stage.screen()
        await stage.press("slash", *"drained", "enter")
        assert stage.app.main.rows == 1


async def test_keys_that_make_no_sense_for_a_host_do_nothing() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("2")
        for key in ("a", "d", "e", "s", "w", "z", "plus"):
            await stage.press(key)
            assert not stage.app.prompt.asking and len(stage.app.screen_stack) == 1, key
        assert director.sent == []


async def test_missing_views_are_not_offered() -> None:
    async with opened(size=(200, 60)) as stage:
        offered = stage.screen().split("\n")[-1]
        await stage.press("8")
        assert stage.app.tables.pane.id == "services"
        assert " 8 " not in offered and " 8 " not in stage.screen().split("\n")[2]


async def test_between_two_sweeps_the_hosts_stay() -> None:
    # A source that says of every read that it swept; the console asks for a sweep every two seconds.
    async with opened(Rows(300, 5), interval=0.02) as stage:
        await stage.press("2")
        await stage.until(lambda: stage.app.main.rows == 5)
        read = stage.app.director.state
        for _ in range(20):
            await stage.until(lambda before=read: stage.app.director.state is not before)  # type: ignore[misc]
            read = stage.app.director.state
            assert stage.app.main.rows == 5


async def test_ctrl_o_goes_back_through_the_places_visited() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("down", "enter")  # into the second service
        await stage.until(lambda: stage.app.tables.inside == DNS)
        await stage.press("2", "6")
        await stage.until(lambda: stage.app.tables.where.view == "audit")
        await stage.press("ctrl+o")
        await stage.until(lambda: stage.app.tables.where.view == "hosts")
        await stage.press("ctrl+o")
        await stage.until(lambda: stage.app.tables.inside == DNS)
        await stage.press("ctrl+o")
        await stage.until(lambda: stage.app.tables.inside is None and stage.app.tables.key == DNS)
        await stage.press("ctrl+o")
        await stage.shows("this is the first place")


async def test_a_key_that_does_not_work_here_says_where_it_works() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("K")
        await stage.shows("it does not work in this view", "in VRRP: 4")
        await stage.press("2", "s")
        await stage.shows("press Enter first")
