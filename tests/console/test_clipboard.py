"""y copies to the clipboard where the terminal allows it, through tmux too; otherwise it shows the text."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvstui.console.editing.clipboard import LARGEST, hindrance, hint
from tests.console.stage import opened
from tests.console.terminal import ROOT


@pytest.mark.parametrize(
    ("environment", "hindered", "hinted"),
    [
        ({"TERM": "xterm-256color"}, False, False),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, False, True),
        ({"TERM": "screen-256color", "TMUX": "x", "STY": "left over"}, False, True),
        ({"TERM": "screen-256color"}, False, True),  # ssh from a tmux: only TERM comes along
        ({"TERM": "screen.xterm-256color", "STY": "1.pts"}, True, True),
        ({"TERM": "linux"}, True, False),
        ({"TERM": "vt220"}, True, False),
    ],
)
def test_a_text_of_the_size_that_terminals_accept_is_copied(
    environment: dict[str, str], hindered: bool, hinted: bool
) -> None:
    assert bool(hindrance("-A", environment)) is hindered
    assert bool(hint(environment)) is hinted


def test_a_text_larger_than_terminals_accept_is_not_copied() -> None:
    assert hindrance("x" * LARGEST, {"TERM": "xterm"}) == ""
    assert "longer than the 74 KB" in hindrance("x" * (LARGEST + 1), {"TERM": "xterm"})


async def test_the_text_is_sent_and_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("TMUX", raising=False)
    async with opened() as stage:
        await stage.press("y")
        assert stage.app.clipboard.startswith("ipvsadm -A -t 192.0.2.1:80 -s wrr\n")
        assert stage.bottom == "sent to the clipboard: 3 commands, ipvsadm -A -t 192.0.2.1:80 -s wrr"


async def test_if_it_cannot_be_sent_the_text_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "linux")
    async with opened() as stage:
        await stage.press("y")
        assert "has no clipboard for programs (OSC 52)" in stage.screen()
        assert "ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3" in stage.screen()
        await stage.press("escape")
        assert "virtual service" in stage.screen() and stage.app.clipboard == ""


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[list[str]]:
    """tmux with a server of its own."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed: apt install tmux")
    words = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    yield words
    subprocess.run([*words, "kill-server"], check=False, capture_output=True)


@pytest.mark.parametrize("taken", [True, False])
def test_tmux_accepts_it_if_configured(tmux: list[str], taken: bool) -> None:
    def ask(*words: str) -> str:
        return subprocess.run([*tmux, *words], check=True, capture_output=True, text=True).stdout

    def until(*wanted: str, key: str = "") -> None:
        """Until all of it is shown at once. `key` is pressed again now and then: its answer stands for seconds."""
        limit, again = time.monotonic() + 120, time.monotonic() + 5
        while not all(words in shown for shown in (ask("capture-pane", "-p"),) for words in wanted):
            assert time.monotonic() < limit, ask("capture-pane", "-p")
            if key and time.monotonic() > again:
                ask("send-keys", key)
                again = time.monotonic() + 5
            time.sleep(0.1)

    # Several words, so that tmux asks no shell: an ordinary user's may be nologin.
    ask("new-session", "-d", "-x", "100", "-y", "30", "-c", str(ROOT), sys.executable, "-m", "lvstui", "--demo")
    ask("set-option", "-s", "set-clipboard", "on" if taken else "external")
    until("192.168.80.200:80")
    ask("send-keys", "y")
    until("sent to the clipboard", "set -g set-clipboard on", key="y")
    if taken:
        limit = time.monotonic() + 120
        while not ask("list-buffers"):
            assert time.monotonic() < limit, "nothing was taken"
            time.sleep(0.1)
        assert ask("show-buffer").startswith("ipvsadm -A -t 192.168.80.200:80 -s wrr")
    else:
        assert ask("list-buffers") == ""
    ask("send-keys", "q")
