"""The page of drift, by its key and by its command."""

from __future__ import annotations

from lvstui.demo import World
from lvstui.director.model import RuleSet
from tests.console.stage import RULES, opened


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
