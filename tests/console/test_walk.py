"""The way of a change from a key to the Source, as in docs/architecture.md: these modules hand it on, and no other."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CoroutineType, FrameType
from typing import Any

import lvstui
from lvstui.director.change import Change
from lvstui.director.source import UNNAMED, Outcome, Purpose
from tests.console.stage import RULES, opened
from tests.memory import MemoryDirector

HANDED_ON = {
    "console.actions.action_runner",
    "console.actions.edit",
    "console.editing.editor",
    "console.session.director_client",
    "console.session.threads",
    "director.transaction",
    "director.source",
    "store.audited",
}
"""Who waits for a change while it is sent. Others had their part before: the App and the key queue, the prompt, the
proposal, the operation and its question."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "architecture.md"


class Bottom(MemoryDirector):
    """A director that notes who waits for what it is sent."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.loop = asyncio.get_running_loop()
        self.waiting: set[str] = set()

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        frame: FrameType | None = sys._getframe().f_back
        while frame is not None:
            self._note(frame)
            frame = frame.f_back
        asyncio.run_coroutine_threadsafe(self._awaited(), self.loop).result()
        return super().send(changes, purpose)

    async def _awaited(self) -> None:
        for task in asyncio.all_tasks():
            at: Any = task.get_coro()
            while isinstance(at, CoroutineType):
                if at.cr_frame is not None:
                    self._note(at.cr_frame)
                at = at.cr_await

    def _note(self, frame: FrameType) -> None:
        name = str(frame.f_globals["__name__"])
        if name.startswith("lvstui."):
            self.waiting.add(name.removeprefix("lvstui."))


async def test_a_change_of_weight_passes_eight_modules_on_its_way_to_the_source() -> None:
    bottom = Bottom()
    async with opened(bottom) as stage:
        await stage.press("enter", "w")
        await stage.type("7")
        await stage.press("enter", "y")
        await stage.until(lambda: "done: weight" in stage.bottom)
    assert bottom.waiting == HANDED_ON


def test_the_document_walks_the_same_way_in_at_most_eighteen_modules() -> None:
    block = DOCUMENT.read_text().partition("    key      terminal/")
    block_lines = "".join(block[1:]).partition("\n\n")[0].splitlines()
    ways: dict[str, list[str]] = {}
    way = ""
    for line in block_lines:
        way = line[:13].strip() or way
        ways.setdefault(way, []).extend(
            re.findall(r"[a-z_]+(?:/[a-z_]+)*(?![a-z_/)-])", line[13:].replace("(read-only)", ""))
        )
    walked = [*ways["key"], *ways["both"]]
    assert len(walked) == len(set(walked)) <= 18
    roots = [Path(lvstui.__file__).parent, Path(lvstui.__file__).parent / "console"]
    assert all(any((root / f"{name}.py").exists() for root in roots) for name in walked)
    names = {name.replace("/", ".") for name in walked}
    assert {name.removeprefix("console.") for name in HANDED_ON} <= names
