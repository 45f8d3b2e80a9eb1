"""The page of drift, by its key and by its command."""

from __future__ import annotations

from lvstui.config import Settings
from lvstui.demo import World
from lvstui.director.model import RuleSet
from lvstui.director.subject import Subject
from tests.console.stage import ONE, RULES, WEB, opened


async def test_a_change_by_hand_is_counted_and_reported() -> None:
    async with opened(World(RuleSet(RULES.rules)), size=(120, 30), interval=0.2) as stage:
        await stage.press("C")
        await stage.until(lambda: "no drift: " in stage.screen())
        await stage.press("enter", "w", "7", "enter", "y")
        await stage.until(lambda: "1 drift" in stage.screen())
        await stage.until(lambda: "weight not 3" in stage.screen())
        await stage.press("C")
        await stage.until(lambda: "configured 3" in stage.screen())
        assert "reload: stays" in stage.screen()
        await stage.press("x")
        await stage.press("colon", "d", "r", "i", "f", "t", "enter")
        await stage.until(lambda: "drift: 1 difference" in stage.screen())


async def test_the_page_of_a_row_has_the_operator_s_name() -> None:
    names: dict[Subject, str] = {WEB: "shop", ONE: "web1"}
    async with opened(World(RuleSet(RULES.rules)), interval=0.2, settings=Settings(names=names)) as stage:
        await stage.press("enter", "w", "7", "enter", "y")
        await stage.until(lambda: "1 drift" in stage.screen())
        await stage.press("C")
        await stage.until(lambda: " web1  drift: 1 difference" in stage.screen())
        await stage.press("x", "escape", "C")
        await stage.until(lambda: " shop  drift: 1 difference" in stage.screen())


async def test_a_long_line_continues_indented_below() -> None:
    async with opened(World(RuleSet(RULES.rules)), size=(60, 30), interval=0.2) as stage:
        await stage.press("enter", "w", "7", "enter", "y")
        await stage.until(lambda: "1 drift" in stage.screen())
        await stage.press("C")
        await stage.until(lambda: "reload: stays" in stage.screen())
        lines = stage.screen().splitlines()
        first = next(number for number, line in enumerate(lines) if "reload: stays" in line)
        at = len(lines[first]) - len(lines[first].lstrip())
        assert lines[first + 1][:at].isspace() and lines[first + 1][at].isalpha(), lines


async def test_without_a_keepalived_it_says_so() -> None:
    async with opened() as stage:
        await stage.press("C")
        await stage.until(lambda: "no keepalived programs this table" in stage.screen())
