"""A terminal on the host itself, for programs that need no lab or bring their own: tmux shows it."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab.screen import Screen
from tests.lab.session import REPOSITORY

PANE = "lab"
# The pane outlives its program, so that the last screen and the exit status can be read; escape is sent at once.
OPTIONS = (
    ("-g", "status", "off"),
    ("-g", "remain-on-exit", "on"),
    ("-g", "default-terminal", "tmux-256color"),
    ("-s", "escape-time", "0"),
)
_numbers = itertools.count(1)


class Tmux(Screen):
    """A program on a screen of a given size. To be closed, or used in a `with`."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        cwd: Path | str = REPOSITORY,
    ) -> None:
        self._socket = f"lvstui-{os.getpid()}-{next(_numbers)}"
        words: list[str] = ["-f", "/dev/null", "start-server"]
        for option in OPTIONS:
            words += [";", "set-option", *option]
        width, height = map(str, size)
        words += [";", "new-session", "-d", "-s", PANE, "-x", width, "-y", height, "-c", str(cwd)]
        for name, value in {"LANG": "C.UTF-8", **(env or {})}.items():
            words += ["-e", f"{name}={value}"]
        # `env` because tmux gives a lone word to a shell, and the exit status would be the shell's.
        words += ["--", "env", *(_literal(word) for word in argv)]
        self._tmux(*words)

    def send(self, *keys: str) -> None:
        """Press keys by tmux's names: "a", "Enter", "Escape", "Tab", "C-c", "F1", "Down", "Space"."""
        self._tmux("send-keys", "-t", PANE, "--", *(_literal(key) for key in keys))

    def type(self, text: str) -> None:
        """Type text letter by letter, with no key names in it."""
        self._tmux("send-keys", "-t", PANE, "-l", "--", _literal(text))

    def screen(self) -> str:
        """What is on the screen now, row by row, without trailing blanks."""
        return self._tmux("capture-pane", "-p", "-t", PANE)

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-t", PANE, "-x", str(width), "-y", str(height))

    def exit_code(self) -> int | None:
        """The program's exit status, None while it runs. A program killed by a signal has 128 plus its number."""
        said = self._tmux("display-message", "-p", "-t", PANE, "#{pane_dead}:#{pane_dead_status}:#{pane_dead_signal}")
        dead, status, signum = said.strip().split(":")
        if dead != "1":
            return None
        if not (status or signum):
            # tmux 3.3 sometimes misses the end of its child; the end of another child makes it look.
            self._tmux("run-shell", "true")
            return None
        return int(status) if status else 128 + int(signum)

    def close(self) -> None:
        self._run("kill-server")

    def __enter__(self) -> Tmux:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tmux(self, *words: str) -> str:
        done = self._run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("TMUX")}
        return subprocess.run(
            ["tmux", "-L", self._socket, *words],
            env={**outside, "LANG": "C.UTF-8"},
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def _literal(word: str) -> str:
    """tmux takes a word's last semicolon for the end of its command."""
    return f"{word[:-1]}\\;" if word.endswith(";") else word
