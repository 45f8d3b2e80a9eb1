"""n and N go through the problems, and the row under the cursor keeps its colours."""

from __future__ import annotations

import re

import pytest

from lvstui.config.settings import WordsEntry
from lvstui.console import app
from lvstui.console.actions import problems
from lvstui.director.model import Server, Service, ServiceKey, server_key, service_key
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State, total
from lvstui.views.place import Place
from lvstui.views.vrrp import InstanceKey
from tests.console.stage import DEFAULTS, Stage, opened
from tests.console.test_goldens import Still, instances

UP, FULL, SKEWED, DOWN = (service_key(6, "192.0.2.1", port) for port in (80, 81, 82, 83))
FAR = InstanceKey("VI_far")


def site(*broken: ServiceKey) -> State:
    """Four services of two servers; those that are named are what their names say."""
    pools, readings = {}, []
    for key in (UP, FULL, SKEWED, DOWN):
        weight = 0 if key in broken and key == DOWN else 1
        one, two = (Server(server_key(f"10.0.0.{n}", key.port), weight=weight) for n in (1, 2))
        busy = 90 if key in broken and key == SKEWED else 50
        one = one._replace(upper=50 if key in broken and key == FULL else 0)
        rows = [ServerReading(one, busy, 0, 0, Counters(), Rates()), ServerReading(two, 50, 0, 0, Counters(), Rates())]
        pools[key] = PoolRows(0.0, rows)
        readings.append(ServiceReading(Service(key, "wrr"), Counters(), Rates()))
    if SKEWED in broken:
        row = pools[SKEWED][1]
        pools[SKEWED] = PoolRows(0.0, [pools[SKEWED][0], row._replace(active=10)])
    load = total(pool.load for pool in pools.values())
    return State(0.0, 0.0, "lvs1", ServiceRows(readings), pools, 0.0, load, owner="")


def at(stage: Stage) -> tuple[str, object, object]:
    return stage.app.tables.where.view, stage.app.look.inside, stage.app.main.key


async def test_the_cursor_starts_on_the_worst_service_and_stays_after_the_first_key() -> None:
    director = Still(site())
    async with opened(director) as stage:
        assert at(stage) == ("services", None, UP)
        director._state = site(FULL, DOWN)
        stage.app.director.wake()
        await stage.until(lambda: at(stage) == ("services", None, DOWN))
    director = Still(site())
    async with opened(director) as stage:
        await stage.press("E")
        director._state = site(FULL, DOWN)
        stage.app.director.wake()
        await stage.until(lambda: "n goes there" in stage.bottom)
        assert at(stage) == ("services", None, UP)


async def test_rows_that_are_not_seen_say_their_worst_problem() -> None:
    async with opened(Still(site(FULL, DOWN)), size=(80, 9)) as stage:
        await stage.press("g")
        assert re.search("2 of 4 shown, 2 below$", stage.screen(), re.MULTILINE), "the worst are seen"
        await stage.press("colon")
        await stage.type("sort address")
        await stage.press("enter")
        await stage.until(lambda: re.search("2 of 4 shown, 2 above, 1 full$", stage.screen(), re.MULTILINE) is not None)


async def test_a_service_opens_with_the_cursor_on_its_worst_server() -> None:
    """Its rows keep the order of their addresses; the first where nothing is wrong."""
    state = site(FULL)
    pool = state.pools[FULL]
    one, two = pool[0], pool[1]
    limited = one._replace(server=one.server._replace(upper=0)), two._replace(server=two.server._replace(upper=50))
    director = Still(state._replace(pools={**state.pools, FULL: PoolRows(0.0, limited)}))
    async with opened(director) as stage:
        await stage.press("enter")
        assert at(stage) == ("services", FULL, Place(FULL, two.server.key))
        assert list(stage.app.main.keys()) == [Place(FULL, one.server.key), Place(FULL, two.server.key)]
        await stage.press("escape", "down", "enter")
        assert at(stage) == ("services", UP, Place(UP, server_key("10.0.0.1", 80)))


async def test_problems_come_first_and_o_sorts_by_address() -> None:
    async with opened(Still(site(FULL, SKEWED, DOWN))) as stage:
        assert list(stage.app.main.keys()) == [DOWN, FULL, SKEWED, UP]
        assert at(stage) == ("services", None, DOWN)
        await stage.press("O")
        assert list(stage.app.main.keys()) == [UP, SKEWED, FULL, DOWN]
        await stage.press("O", "colon", *"sort address", "enter")
        assert list(stage.app.main.keys()) == [UP, FULL, SKEWED, DOWN]
        assert "by address" in stage.screen() and "VIRTUAL SERVICE" in stage.screen()
        for _ in range(len(stage.app.tables.sorts) + 1):
            await stage.press("o")
        assert list(stage.app.main.keys()) == [UP, FULL, SKEWED, DOWN], "the last one of those o leads through"


async def test_no_row_moves_while_the_operator_is_working(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "CALM", 3600.0)
    director = Still(site())
    async with opened(director) as stage:
        await stage.press("j")
        director._state = site(DOWN)
        stage.app.director.wake()
        await stage.shows("1 service DOWN")
        assert next(iter(stage.app.main.keys())) == UP and at(stage) == ("services", None, FULL)
        monkeypatch.setattr(app, "CALM", 0.0)
        await stage.press("s")
        stage.app.director.wake()
        await stage.settle()
        assert stage.app.prompt.asking and next(iter(stage.app.main.keys())) == UP
        await stage.press("escape", "escape")
        stage.app.director.wake()
        await stage.until(lambda: next(iter(stage.app.main.keys())) == DOWN)
        assert at(stage) == ("services", None, FULL), "the cursor stays with its row"


@pytest.mark.parametrize(("height", "words"), [(14, "and 1 more problem; n goes there"), (9, "2 below, 1 DOWN")])
async def test_a_problem_elsewhere_is_reported_and_the_cursor_stays(height: int, words: str) -> None:
    """By the bottom line; on a low screen, where the rows need its place, by the line below them."""
    async with opened(Still(site(FULL, DOWN)), (80, height)) as stage:
        await stage.press("colon", *"sort address", "enter", "g")
        await stage.shows(words)
        assert at(stage) == ("services", None, UP)


async def test_n_goes_from_one_problem_to_the_next_in_every_view_and_around() -> None:
    async with opened(Still(site(FULL, SKEWED, DOWN)._replace(vrrp=instances()))) as stage:
        await stage.press("G")
        assert "TCP 192.0.2.1:83: DOWN, 0/2 live, and 1 more problem; n goes there" in stage.bottom
        found = []
        for _ in range(6):
            await stage.press("n")
            found.append(at(stage))
        assert found[0] == ("services", None, DOWN)
        assert found[1] == ("vrrp", None, FAR)
        assert [key for pane, _, key in found if pane == "services"] == [DOWN, FULL, SKEWED, DOWN]
        await stage.press("N")
        assert at(stage) == ("services", None, SKEWED)
        assert "problem 5 of 5: TCP 192.0.2.1:82: skew 40%; the last one, n starts over" in stage.bottom
        await stage.press("N")
        assert at(stage) == ("services", None, FULL) and "problem 4 of 5: TCP 192.0.2.1:81: 1 full" in stage.bottom


async def test_n_leaves_the_opened_row_and_starts_with_the_worst() -> None:
    async with opened(Still(site(FULL, DOWN))) as stage:
        await stage.press("G", "enter", "n")
        assert at(stage) == ("services", None, DOWN)
        await stage.press("2", "n")
        assert at(stage) == ("services", None, DOWN)


async def test_with_a_filter_n_stays_within_its_rows() -> None:
    async with opened(Still(site(FULL, DOWN))) as stage:
        await stage.press("slash", *"full", "enter", "n")
        assert at(stage) == ("services", None, FULL) and "problem 1 of 1" in stage.bottom
        await stage.press("escape", "slash", *":80", "enter", "n")
        assert "no problems among the rows that pass the filter" in stage.bottom


async def test_if_all_is_well_n_says_so() -> None:
    async with opened(Still(site())) as stage:
        assert "all 8 servers live" in stage.screen() and stage.bottom == ""
        await stage.press("n")
        assert stage.bottom == "no problems: 8 of 8 servers live"


async def test_a_key_map_that_uses_n_for_something_else_keeps_it() -> None:
    settings = DEFAULTS._replace(keys={"drain": WordsEntry(("n",), "config.toml line 3")})
    async with opened(Still(site(DOWN)), settings=settings) as stage:
        assert "config.toml" not in stage.bottom
        await stage.press("n")
        assert "which server is to be drained?" in stage.bottom
        await stage.press("escape", "N")
        assert at(stage)[2] == DOWN


@pytest.mark.parametrize("theme", ["dark", "light", "ansi-dark", "mono"])
async def test_the_row_under_the_cursor_keeps_the_tone_of_state_and_live(theme: str) -> None:
    """The bar took every colour: a service that is DOWN looked like one that is up."""
    async with opened(Still(site(FULL, DOWN)), theme=theme) as stage:
        await stage.until(lambda: at(stage)[2] == DOWN)
        grid = stage.app.main
        line = next(y for y in range(grid.size.height) if ":83 " in grid.render_line(y).text)
        drawn = {segment.text.strip(): segment.style for segment in grid.render_line(line) if segment.text.strip()}
        assert drawn["DOWN"] == drawn["0/2"] == drawn["▼"] == grid.role_style("cursor-down")
        neutral = next(style for text, style in drawn.items() if text.startswith("100"))
        assert neutral == grid.role_style("cursor") != drawn["DOWN"] and "▌" in grid.render_line(line).text
        if theme == "mono":
            down = grid.role_style("cursor-down")
            assert grid.role_style("cursor").reverse and down.reverse and down.bold


async def test_full_skewed_down_and_drained_look_different() -> None:
    async with opened(Still(site(FULL, SKEWED, DOWN)), theme="dark") as stage:
        screen = stage.screen()
        for row in (
            "■ TCP 192.0.2.1:81 +1 full +<[0-9:]+ +1/2",
            "~ TCP 192.0.2.1:82 +skew 40% +2/2",
            "▼ TCP 192.0.2.1:83 +DOWN +<[0-9:]+ +0/2",
        ):
            assert re.search(row, screen), row


async def test_the_message_about_a_problem_goes_soon_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "_STANDS", 1.0)
    async with opened(Still(site(FULL))) as stage:
        await stage.press("n")
        assert "problem 1 of 1" in stage.bottom
        await stage.until(lambda: "problem" not in stage.bottom)
