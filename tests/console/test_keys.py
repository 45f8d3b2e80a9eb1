"""Keys that come in a burst, as a slow link delivers them, do what they would one by one."""

from __future__ import annotations

from textual.widgets import Input

from tests.console.stage import Stage, opened


def values(stage: Stage, *names: str) -> list[str]:
    return [stage.app.screen.query_one(f"#in-{name}", Input).value for name in names]


async def test_a_burst_into_a_form_lands_where_it_was_meant() -> None:
    async with opened() as stage:
        await stage.press("enter", "a")
        burst = [
            *"10.0.0.1",
            "tab",
            "ctrl+k",
            *"8080",
            "tab",
            "ctrl+a",
            "ctrl+k",
            *"masq",
            "tab",
            "ctrl+a",
            "ctrl+k",
            "7",
        ]
        await stage.burst(*["full_stop" if key == "." else key for key in burst])
        assert values(stage, "address", "port", "forward", "weight") == ["10.0.0.1", "8080", "masq", "7"]


async def test_a_burst_that_empties_and_types_again_keeps_what_was_typed() -> None:
    async with opened() as stage:
        await stage.press("enter", "a")
        await stage.burst("1", "2", "ctrl+a", "ctrl+k", "9", "8")
        assert values(stage, "address") == ["98"]


async def test_keys_go_on_after_one_whose_page_was_closed_under_it() -> None:
    async with opened() as stage:
        await stage.press("question_mark")
        await stage.burst("x", "down", "down", "enter")
        await stage.until(lambda: stage.app.look.inside is not None)
