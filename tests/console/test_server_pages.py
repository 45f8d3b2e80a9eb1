"""The pages of a server and of a service: the way to them and back, and what their keys act on."""

from __future__ import annotations

from lvstui.config import Settings
from lvstui.director.model import Entry, RuleSet
from lvstui.views.opened import OpenedRow
from lvstui.views.place import Place
from lvstui.views.vrrp import InstanceKey
from tests.console.probes import Tried
from tests.console.stage import ONE, RULES, TWO, WEB, Stage, opened
from tests.console.test_goldens import Still, instances, world
from tests.memory import MemoryDirector


def _inside(stage: Stage) -> object:
    return stage.app.look.inside


async def test_enter_on_a_server_opens_its_page_and_escape_leads_back_to_it() -> None:
    async with opened() as stage:
        await stage.press("enter", "down", "enter")
        assert "services > TCP 192.0.2.1:80 > 10.0.0.2:80  up since before" in stage.screen()
        assert "weight  now 3" in stage.screen() and "Last changes" in stage.screen()
        assert "x drain" in stage.screen() and "virtual service" not in stage.screen()
        await stage.press("escape")
        assert stage.app.look.inside == WEB and stage.app.main.key == Place(WEB, TWO)


async def test_the_keys_of_a_page_act_only_on_its_server() -> None:
    director = Tried()
    async with opened(director) as stage:
        await stage.press("enter", "down", "enter", "w", *"5", "enter")
        assert "apply?" in stage.bottom and "10.0.0.2:80" in stage.bottom and "-w 5" in stage.bottom
        await stage.press("y")
        await stage.shows("weight  now 5")
        await stage.press("x", "enter", "y")
        await stage.shows("weight  now 0, 5 before the drain", "drained", "10.0.0.2:80")
        await stage.press("P")
        await stage.shows("0 of 1 open; any key goes back")
        await stage.press("escape")
        await stage.shows("tried", "from here: refused, after 0.4 ms")
        # Its server goes: no key is about the one beside it.
        entry = director.rules.rules[WEB]
        servers = {ONE: entry.servers[ONE]}
        director.replace(RuleSet({**director.rules.rules, WEB: Entry(entry.service, servers)}))
        stage.app.director.wake()
        await stage.shows("10.0.0.2:80  is gone")
        await stage.press("x")
        assert "apply?" not in stage.bottom and stage.app.main.key is None
        assert director.rules.rules[WEB].servers[ONE].weight == 3
        await stage.press("escape", "escape")
        assert stage.app.main.key == WEB


async def test_a_change_made_on_a_page_is_listed_there() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("enter", "enter", "x", *"disk swap", "enter", "y")
        await stage.shows(
            "drained since", "drained by ann with lvstui at", '"disk swap"', "x undrains it: weight 3 again"
        )
        await stage.shows("* ", 'drained, weight 3 -> 0 by ann: "disk swap"')


async def test_a_page_of_a_service_explains_it_and_enter_goes_into_it() -> None:
    async with opened() as stage:
        await stage.press("exclamation_mark")
        assert _inside(stage) == OpenedRow(WEB)
        assert "wrr: weighted round robin" in stage.screen() and "PgUp PgDn" in stage.screen()
        await stage.press("end")
        assert (
            "virtual_server 192.0.2.1 80" in stage.screen() or "persistence" in stage.screen() or "}" in stage.screen()
        )
        await stage.press("g", "s")
        assert "scheduler" in stage.bottom
        await stage.press("escape", "enter")
        assert _inside(stage) == WEB
        await stage.press("down", "exclamation_mark")
        assert _inside(stage) == OpenedRow(WEB)
        await stage.press("escape")
        assert _inside(stage) == WEB and stage.app.main.key == Place(WEB, TWO)


async def test_beside_a_wide_table_are_details_the_graph_and_the_latest_events() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, size=(160, 48)) as stage:
        for words in ("Active connections, 30 min", "Last changes", "Settings", "Events", "real server"):
            assert words in stage.screen(), words
        await stage.press("enter")
        assert "services > TCP 192.0.2.1:80  up" in stage.screen() and "10.0.0.1:80  up since before" in stage.screen()
        await stage.press("down")
        assert "10.0.0.2:80  up since before" in stage.screen()
        await stage.press("2")
        for words in ("10.0.0.1  up in 1 service", "Active connections, 30 min", "Last changes", "Events", "live"):
            assert words in stage.screen(), words
        await stage.press("enter")
        for words in ("hosts > 10.0.0.1", "10.0.0.1:80  up since before", "Last changes"):
            assert words in stage.screen(), words
        await stage.press("6")
        assert "Active connections" not in stage.screen()
    async with opened(director, size=(159, 48)) as stage:
        assert "Events" not in stage.screen() and "Active connections" not in stage.screen()


async def test_graphs_can_be_switched_off() -> None:
    async with opened(size=(160, 48), settings=Settings(graphs="off")) as stage:
        assert "Active connections" not in stage.screen() and "Settings" in stage.screen()


async def test_view_4_says_who_is_master_and_why() -> None:
    async with opened(Still(world()._replace(taken=40_000.0, vrrp=instances()))) as stage:
        await stage.press("4")
        assert "lvs1 has mixed roles: 2 instances MASTER, 1 instance FAULT" in stage.screen()
        assert "split brain: 192.0.2.3 (priority 90) is master too" in stage.screen()
        await stage.press("enter")
        assert isinstance(stage.app.look.inside, InstanceKey) and "has mixed roles" not in stage.screen()


async def test_a_page_writes_nothing_while_nothing_changes() -> None:
    async with opened(Still(world()), interval=0.05) as stage:
        await stage.press("enter", "enter")
        before, lines = stage.screen(), stage.app.tables._page._lines
        painted: list[object] = []
        stage.app.tables._page.refresh = lambda *regions, **_: painted.append(regions)  # type: ignore[assignment, method-assign]
        begun = stage.app.director.state
        await stage.until(lambda: stage.app.director._good > 0 and stage.app.director.state is not None)
        for _ in range(3):
            await stage.app.director.fresh()
            stage.app._arrived()
        assert begun is not None and not painted and stage.screen() == before
        assert stage.app.tables._page._lines == lines


async def test_a_filter_is_shown_above_the_events_of_a_wide_screen() -> None:
    async with opened(MemoryDirector(RULES), size=(160, 48)) as stage:
        await stage.press("2", "slash", *"10.0.0.3", "enter")
        await stage.shows("filter: 10.0.0.3", "Events")
