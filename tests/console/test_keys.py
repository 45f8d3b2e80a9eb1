"""Keys that arrive in a burst, as over a slow link, do the same as one by one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, OptionList

from lvstui.console.actions import action_runner
from lvstui.console.pages.pages import PickPage
from lvstui.director.change import Change
from lvstui.director.source import UNNAMED, Outcome, Purpose
from tests.console.stage import RULES, Stage, opened
from tests.memory import MemoryDirector


def values(stage: Stage, *names: str) -> list[str]:
    return [stage.app.screen.query_one(f"#in-{name}", Input).value for name in names]


async def test_a_burst_of_keys_into_a_form_reaches_the_right_fields() -> None:
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
        wanted = ["10.0.0.1", "8080", "masq", "7"]
        await stage.until(lambda: values(stage, "address", "port", "forward", "weight") == wanted)


async def test_a_burst_that_clears_a_field_and_types_again_keeps_the_new_text() -> None:
    async with opened() as stage:
        await stage.press("enter", "a")
        await stage.burst("1", "2", "ctrl+a", "ctrl+k", "9", "8")
        await stage.until(lambda: values(stage, "address") == ["98"])


async def test_a_line_that_arrives_at_once_is_complete() -> None:
    async with opened() as stage:
        for opener, typed in (("colon", "weight"), ("slash", "web")):
            await stage.burst(opener, *typed)
            field = stage.app.screen.query_one("#field", Input)
            await stage.until(lambda field=field, typed=typed: field.value == typed)  # type: ignore[misc]
            await stage.press("escape")


async def test_a_line_is_complete_even_if_the_prompt_opens_slowly() -> None:
    async with opened() as stage:
        table = stage.app.focused
        assert table is not None
        had = table.on_event

        async def slow(event: events.Event) -> None:
            if isinstance(event, events.Key):
                await asyncio.sleep(1.0)
            await had(event)

        table.on_event = slow  # type: ignore[method-assign]
        await stage.burst("slash", *"active")
        field = stage.app.screen.query_one("#field", Input)
        await stage.until(lambda: field.value == "active")


async def test_keys_work_after_a_key_whose_page_was_closed() -> None:
    async with opened() as stage:
        await stage.press("question_mark")
        await stage.burst("escape", "down", "down", "enter")
        await stage.until(lambda: stage.app.look.inside is not None)


class Slow(MemoryDirector):
    """A director whose sends wait until they are let go."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.go = threading.Event()

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        self.go.wait(120)
        return super().send(changes, purpose)


async def test_keys_that_are_pressed_during_a_change_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `:` that is lost must not leave `delete...` behind it as keys that act."""
    monkeypatch.setattr(action_runner, "_HUSH", 1e9)  # however long the machine takes from key to key
    director = Slow()
    async with opened(director) as stage:
        await stage.press("enter", "plus")
        await stage.until(lambda: "y/N" in stage.bottom)
        await stage.press("y")
        await stage.press("colon")
        director.go.set()
        untaken = ": was pressed too early and was ignored: press it again"
        await stage.until(lambda: "done: " in stage.bottom and stage.bottom.endswith(untaken))
        await stage.press(*"dx")
        assert "y/N" not in stage.bottom and "apply" not in stage.bottom
        await stage.press("escape", "escape", "escape")
        assert stage.bottom.count("was pressed too early") == 1, "a key held down is not told three times"
        monkeypatch.setattr(action_runner, "_HUSH", 0.0)
        await stage.press("x")
        await stage.until(lambda: "why" in stage.bottom or "y/N" in stage.bottom)


async def test_text_after_tab_is_complete_whenever_it_arrives() -> None:
    async with opened() as stage:
        for turns in range(16):
            page = PickPage("restore", (Path("one"), Path("two")))
            await stage.app.push_screen(page)
            await stage.until(lambda page=page: isinstance(page.focused, OptionList))  # type: ignore[misc]
            stage.app.post_message(events.Key("tab", "\t"))
            for _ in range(turns):
                await asyncio.sleep(0)
            for letter in "/run":
                stage.app.post_message(events.Key("slash" if letter == "/" else letter, letter))
            field = page.query_one(Input)
            await stage.until(lambda field=field: field.value[-1:] == "n")  # type: ignore[misc]
            assert field.value == "/run", turns
            page.dismiss(None)
            await stage.settle()


async def test_a_page_without_files_accepts_a_path_at_once_and_after_tab() -> None:
    async with opened() as stage:
        for first in ((), ("tab",)):
            page = PickPage("restore", ())
            await stage.app.push_screen(page)
            await stage.until(lambda page=page: page.focused is not None)  # type: ignore[misc]
            await stage.burst(*first, *"here")
            assert page.query_one(Input).value == "here"
            page.dismiss(None)
            await stage.settle()


@pytest.mark.parametrize(
    ("before", "burst", "wanted"),
    [
        (("2", "slash", *"10.0.0.2"), ("enter", "X"), "drain 10.0.0.2"),
        (("2", "slash", *"10.0.0.2"), ("escape", "X"), "drain 10.0.0.2"),
        (("enter", "x"), ("enter", "n", "s"), "scheduler of"),
    ],
    ids=["enter", "escape", "a-key"],
)
async def test_a_key_right_behind_an_answer_is_for_the_table(
    before: tuple[str, ...], burst: tuple[str, ...], wanted: str
) -> None:
    """It came while the prompt was open, and was lost in it."""
    async with opened() as stage:
        for turns in range(8):
            await stage.press(*("full_stop" if key == "." else key for key in before))
            for key in burst:
                stage.app.post_message(events.Key(key, key if len(key) == 1 else None))
                for _ in range(turns):
                    await asyncio.sleep(0)
            await stage.until(lambda: wanted in stage.bottom)
            await stage.press("escape", "escape", "1")
            assert not stage.app.prompt.asking and not stage.app.look.filter and stage.app.look.inside is None
