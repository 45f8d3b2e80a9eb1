"""`:tour`: six steps, each in its view, and back; it changes nothing."""

from __future__ import annotations

from pathlib import Path

from lvstui.config import Settings
from lvstui.director.model import RuleSet
from tests import screenshots
from tests.console.stage import RULES, WEB, opened
from tests.memory import MemoryDirector


async def test_six_steps_lead_through_the_views_and_back() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("colon", *"tour", "enter")
        for number, (view, words) in enumerate(
            (
                ("services", "What is wrong, and since when"),
                ("services", "x drains a server or takes its drain back"),
                ("services", "P tries its port from here; A shows"),
                ("hosts", "2 shows each machine"),
                ("doctor", "5 looks for known faults"),
                ("audit", "6 says who changed what. u takes back the change under"),
            ),
            1,
        ):
            await stage.shows(f"Tour, {number} of 6 ", words)
            assert stage.app.view == view
            await stage.press("enter")
        await stage.until(lambda: "Tour, " not in stage.screen() and stage.app.view == "services")
        assert stage.app.look.inside is None and stage.app.main.key == WEB and not director.sent
        await stage.shows("Now try it. ? has every key")


async def test_left_goes_back_a_step_and_esc_ends_the_tour() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("colon", *"tour", "enter")
        await stage.press("enter")
        await stage.shows("Tour, 2 of 6 ", "Inside a service")
        await stage.press("left")
        await stage.shows("Tour, 1 of 6 ")
        await stage.press("left")  # there is none before it
        await stage.press("enter")
        await stage.shows("Tour, 2 of 6 ")
        await stage.press("escape")
        await stage.until(lambda: "Tour, " not in stage.screen())
        assert stage.app.look.inside is None and "Inside a service" not in stage.screen()


async def test_a_newcomer_fixes_the_demo_with_the_help_of_the_first_line_and_the_tour(tmp_path: Path) -> None:
    """The whole of it, by the keys that the screen names."""
    clock = screenshots.Clock()
    with screenshots.fixed(clock):
        world, names = screenshots.opened_world("site", tmp_path, clock)
        async with opened(world, size=(80, 24), folder=tmp_path, settings=Settings(names=names), demo=True) as stage:
            await screenshots.passes(stage, clock, 4.0)
            await stage.shows("simulated: web3 is down, web2 drained. Enter, then x on web2 fixes that; :tour")
            await stage.press("colon", *"tour", "enter", "enter")
            await stage.shows("Tour, 2 of 6 ")
            assert "▌= 10.0.1.12:443" in stage.screen()  # where the drain is
            await stage.press("escape")
            await stage.shows("Now fix it: Enter, then x on web2 takes the drain back")
            await stage.press("enter", "g", "down", "x", "enter", "y")
            await stage.shows("done: undrain web2")
            await screenshots.passes(stage, clock, 4.0)
            await stage.shows("13/16 live")


async def test_without_a_service_there_is_nothing_to_show() -> None:
    async with opened(MemoryDirector(RuleSet())) as stage:
        await stage.press("colon", *"tour", "enter")
        await stage.shows("there is no service to show")
