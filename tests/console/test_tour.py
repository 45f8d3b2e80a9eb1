"""`:tour`: six steps, each in its view, and back; it changes nothing."""

from __future__ import annotations

from lvstui.director.model import RuleSet
from tests.console.stage import RULES, WEB, opened
from tests.memory import MemoryDirector


async def test_six_steps_lead_through_the_views_and_back() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("colon", *"tour", "enter")
        for number, (view, words) in enumerate(
            (
                ("services", "What is wrong, and since when"),
                ("services", "x drains a server or takes that back"),
                ("services", "P tries its port from here; A shows"),
                ("hosts", "2: each machine"),
                ("doctor", "5: what is wrong with this machine"),
                ("audit", "6: who changed what. u takes back the one under"),
            ),
            1,
        ):
            await stage.shows(f"{number} of 6: ", words)
            assert stage.app.view == view
            await stage.press("enter")
        await stage.until(lambda: " of 6: " not in stage.screen() and stage.app.view == "services")
        assert stage.app.look.inside is None and stage.app.main.key == WEB and not director.sent


async def test_esc_ends_it_and_the_keys_are_those_of_the_key_map() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("colon", *"tour", "enter")
        await stage.press("enter")
        await stage.shows("2 of 6: Inside a service")
        await stage.press("escape")
        await stage.until(lambda: " of 6: " not in stage.screen())
        assert stage.app.look.inside is None and "Inside a service" not in stage.screen()


async def test_without_a_service_there_is_nothing_to_show() -> None:
    async with opened(MemoryDirector(RuleSet())) as stage:
        await stage.press("colon", *"tour", "enter")
        await stage.shows("there is no service to show")
