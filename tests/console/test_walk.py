"""The way of a change from a key, and from a verb, to the kernel, as in docs/architecture.md: these modules hand it on,
and no other."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CoroutineType, FrameType
from typing import Any

import pytest

import lvstui
from lvstui import cli
from lvstui.director.change import Change
from lvstui.director.source import UNNAMED, Outcome, Purpose
from lvstui.kernel import proc
from lvstui.kernel.ipvs.attributes import Cmd
from lvstui.kernel.netlink import Netlink
from tests.bench import canned
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
VERB = {"cli", "verbs.do", "verbs.runner"}
"""Who waits for a change that a verb sends, above what it shares with the console."""
SHARED = {
    "director.transaction",
    "director.source",
    "store.audited",
    "live",
    "kernel.ipvs.family",
    "kernel.netlink",
}
"""Who waits for a change on its last way to the kernel. kernel/ipvs/writer.py has made the message before."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "architecture.md"


class Bottom(MemoryDirector):
    """A director that notes who waits for what it is sent."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.loop = asyncio.get_running_loop()
        self.waiting: set[str] = set()

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        self.waiting |= set(called_from(sys._getframe()))
        asyncio.run_coroutine_threadsafe(self._awaited(), self.loop).result()
        return super().send(changes, purpose)

    async def _awaited(self) -> None:
        # Not this task itself: Python 3.11 may crash when a coroutine that runs is asked what it awaits, for it takes a
        # counter in the bytecode for the instruction that comes next.
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            at: Any = task.get_coro()
            while isinstance(at, CoroutineType):
                if at.cr_frame is not None:
                    self.waiting |= set(named(at.cr_frame))
                at = at.cr_await


def named(frame: FrameType) -> Iterator[str]:
    """The module of a frame, where it is one of ours."""
    name = str(frame.f_globals["__name__"])
    if name.startswith("lvstui."):
        yield name.removeprefix("lvstui.")


def called_from(frame: FrameType | None) -> Iterator[str]:
    """Our modules from which this was called."""
    while frame is not None:
        yield from named(frame)
        frame = frame.f_back


class Kernel(canned.Canned):
    """A kernel that notes who waits for a changed server."""

    def __init__(self, made: canned.Canned) -> None:
        super().__init__(made.services, made.dests)
        self.waiting: set[str] = set()

    def send(self, data: bytes) -> int:
        if data[4] == canned.FAMILY and data[16] == Cmd.SET_DEST:
            self.waiting |= set(called_from(sys._getframe()))
        return super().send(data)


async def test_a_change_of_weight_passes_eight_modules_on_its_way_to_the_source() -> None:
    bottom = Bottom()
    async with opened(bottom) as stage:
        await stage.press("enter", "w")
        await stage.type("7")
        await stage.press("enter", "y")
        await stage.until(lambda: "done: weight" in stage.bottom)
    assert bottom.waiting == HANDED_ON


def test_a_change_of_weight_by_a_verb_shares_its_way_to_the_kernel_with_the_console(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kernel = Kernel(canned.make(3, 2))
    monkeypatch.setattr(Netlink, "_open", lambda link: kernel)
    monkeypatch.setattr(proc, "present", lambda: True)
    for name in ("STATE", "RUN"):
        (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv(f"LVSTUI_{name}", str(tmp_path / name))
    assert cli.main(["--do", "weight 10.1.0.0:80 172.16.0.0:80 7"]) == 0
    assert kernel.waiting == VERB | SHARED
    assert HANDED_ON & kernel.waiting == HANDED_ON & SHARED == {name for name in HANDED_ON if "console" not in name}


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
    assert {name.replace("/", ".") for name in ways["both"]} == {*SHARED, "kernel.ipvs.writer"}
    assert {name.replace("/", ".") for name in ways["verb"]} >= VERB
