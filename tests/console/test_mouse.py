"""The mouse does what one expects of it, where the console takes it."""

from __future__ import annotations

from tests.console.stage import DNS, WEB, Stage, opened

TABS, HEADS = 2, 3
"""Lines above the line of the views, and above the heads of the columns."""


def inside(stage: Stage) -> object:
    found: object = stage.app.look.inside
    return found


def order(stage: Stage) -> tuple[str, bool]:
    return stage.app.look.sort, stage.app.look.reverse


async def click(stage: Stage, word: str, button: int = 1, above: int = 0) -> None:
    """Clicks the first place on the screen, below so many lines, where a word stands."""
    lines = stage.screen().splitlines()
    y = next(n for n, line in enumerate(lines) if n >= above and word in line)
    await stage.pilot.click(offset=(lines[y].index(word), y), button=button)
    await stage.settle()


async def test_clicks_on_rows_titles_tabs_keys_and_badges_work() -> None:
    async with opened() as stage:
        await click(stage, "UDP 192.0.2.2:53")
        assert stage.app.main.key == DNS and inside(stage) is None, "the first click takes the cursor there"
        await click(stage, "UDP 192.0.2.2:53")
        assert inside(stage) == DNS, "the second one opens the row"
        await click(stage, "10.0.0.3:53", button=3)
        assert inside(stage) is None, "the right button leads back"

        await click(stage, "active", above=HEADS)
        assert order(stage) == ("active", False)
        await click(stage, "ACTIVE")
        assert order(stage) == ("active", True)
        await click(stage, "virtual service")
        assert order(stage) == ("address", False) and list(stage.app.main.keys())[:2] == [WEB, DNS]

        await click(stage, "2 hosts")
        assert stage.app.view == "hosts"
        await click(stage, "services", above=TABS)
        assert stage.app.view == "services"
        await click(stage, "conns", above=TABS)
        assert stage.app.view == "connections", "the name of a view does as much as its key"
        await click(stage, "1 services")
        await click(stage, "1 finding")
        assert stage.app.view == "doctor"
        await stage.press("1", "home")
        await click(stage, "Enter open")
        assert inside(stage) == WEB, "a key of the footer"


async def test_no_click_answers_a_question() -> None:
    async with opened() as stage:
        await stage.press("d")
        assert stage.app.prompt.asking
        for word in ("2 hosts", "TCP 192.0.2.1:80", "y yes", "Esc no", "active"):
            await click(stage, word)
        assert stage.app.prompt.asking and stage.app.view == "services" and stage.app.look.sort == ""


async def test_the_wheel_moves_three_rows() -> None:
    async with opened() as stage:
        stage.app.main.on_mouse_scroll_down()
        await stage.settle()
        assert stage.app.main.key != WEB
        stage.app.main.on_mouse_scroll_up()
        assert stage.app.main.key == WEB
