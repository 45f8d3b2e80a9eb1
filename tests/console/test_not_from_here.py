"""A console on a director elsewhere: what would change it there is a line for a shell, and nothing is sent."""

from __future__ import annotations

import shlex

import pytest

from tests.console import stage as staging
from tests.console.stage import RULES, opened, say
from tests.memory import MemoryDirector

WEBS, SERVER = "tcp 192.0.2.1:80", "10.0.0.1:80"


async def test_each_key_and_command_that_changes_something_is_answered_with_its_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = staging.Kept.files
    monkeypatch.setattr(staging.Kept, "files", lambda kept, audited: files(kept, audited)._replace(host="lvs2"))
    director = MemoryDirector(RULES)
    async with opened(director, size=(120, 30)) as stage:

        async def answered(command: str) -> None:
            line = f"lvstui --on lvs2 --do {shlex.quote(command)}"
            await stage.until(lambda: f"not from here: {line}   y copies" in stage.bottom)
            await stage.press("escape")
            await stage.until(lambda: "nothing was changed" in stage.bottom)

        for keys, command in (
            (("d",), f"delete service {WEBS}"),
            (("z",), f"zero {WEBS}"),
            (("enter", "x", "enter"), f"drain {WEBS} {SERVER}"),
            (("w", "9", "enter"), f"weight {WEBS} {SERVER} 9"),
            (("d",), f"delete server {WEBS} {SERVER}"),
        ):
            await stage.press(*keys)
            await answered(command)
        for command in ("failover", f"sched {WEBS} rr", "reload", "timeouts 901 120 300"):
            await say(stage, command)
            await answered(command)
        assert director.sent == []
