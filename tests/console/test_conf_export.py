"""`L` and `:conf`: what was changed by hand, as lines for keepalived.conf."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.stage import Stage, opened, say
from tests.console.test_keepalived import Kept


async def change(stage: Stage) -> None:
    """The first server's weight, by hand."""
    await stage.press("enter", "plus", "y")
    await stage.until(lambda: "done: weight of 10.0.0.1:80" in stage.bottom)


async def test_a_change_that_will_not_last_says_how_to_make_it_permanent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("STY", raising=False)
    async with opened(Kept()) as stage:
        await change(stage)
        assert "L makes it last" in stage.bottom
        copied: list[str] = []
        monkeypatch.setattr(stage.app, "copy_to_clipboard", copied.append)
        await stage.press("L")
        await stage.until(lambda: "tcp 192.0.2.1:80 in keepalived.conf: 1 change" in stage.screen())
        assert "weight of 10.0.0.1:80 in tcp 192.0.2.1:80: 3 -> 4" in stage.screen()
        await stage.press("y")
        await stage.until(lambda: "sent to the clipboard" in stage.bottom)
        assert "virtual_server 192.0.2.1 80 {" in copied[0]


async def test_the_lines_are_written_to_another_file_never_to_keepalived_s_own(tmp_path: Path) -> None:
    own = tmp_path / "keepalived.conf"
    own.write_text("mine\n")
    (tmp_path / "link.conf").symlink_to(own)
    director = Kept()
    director.config = str(own)
    async with opened(director, folder=tmp_path / "state") as stage:
        await change(stage)
        await stage.press("L")
        await stage.until(lambda: "w writes" in stage.screen())
        await stage.press("w")
        await stage.until(lambda: "keepalived's own file is unchanged" in stage.bottom)
        assert "weight 4" in (tmp_path / "state/conf/tcp-192.0.2.1-80.conf").read_text()
        for name in (own, tmp_path / "link.conf"):
            await say(stage, f"conf 192.0.2.1:80 to {name}")
            await stage.until(lambda: "which is left alone" in stage.bottom)
            await stage.press("escape")
        await say(stage, f"conf 192.0.2.1:80 to {tmp_path}/other.conf")
        await stage.until(lambda: "written to" in stage.bottom)
        assert "weight 4" in (tmp_path / "other.conf").read_text()
        assert own.read_text() == "mine\n"


async def test_without_keepalived_there_is_no_hint() -> None:
    async with opened() as stage:
        await change(stage)
        assert "u undoes it" in stage.bottom and "last" not in stage.bottom


async def test_a_deleted_service_has_no_key_for_it() -> None:
    async with opened(Kept()) as stage:
        await stage.press("d")
        await stage.press("y")
        await stage.until(lambda: "done: delete" in stage.bottom)
        assert "last" not in stage.bottom
        await say(stage, "conf 192.0.2.1:80")
        await stage.until(lambda: "is not in the table: take out" in stage.screen())
