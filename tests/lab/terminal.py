"""A terminal to type into and read from: tmux, inside the lab or right here on the host."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tests.lab.session import REPOSITORY, Result
from tests.lab.waiting import PATIENCE, wait_until

PANE = "lab"
# The pane outlives its program, so that the last screen and the exit status can be read; escape is sent at once.
OPTIONS = (
    ("-g", "status", "off"),
    ("-g", "remain-on-exit", "on"),
    ("-g", "default-terminal", "tmux-256color"),
    ("-s", "escape-time", "0"),
)
_numbers = itertools.count(1)


class Runner(Protocol):
    """Where tmux runs: a lab's Session is one."""

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = ..., cwd: Path | str = ..., timeout: float = ...
    ) -> Result: ...


class Here:
    """The host itself, for programs that need no lab."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | str = REPOSITORY,
        timeout: float = 300.0,
    ) -> Result:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("TMUX")}
        done = subprocess.run(
            [*argv],
            env={**outside, "LANG": "C.UTF-8", **(env or {})},
            cwd=cwd,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(tuple(argv), done.returncode, done.stdout, done.stderr)


class Terminal:
    """A program on a screen of a given size. To be closed, or used in a `with`."""

    def __init__(
        self,
        runner: Runner,
        argv: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        cwd: Path | str = REPOSITORY,
    ) -> None:
        self._runner = runner
        self._socket = f"lvstui-{os.getpid()}-{next(_numbers)}"
        words: list[str] = ["-f", "/dev/null", "start-server"]
        for option in OPTIONS:
            words += [";", "set-option", *option]
        width, height = map(str, size)
        words += [";", "new-session", "-d", "-s", PANE, "-x", width, "-y", height, "-c", str(cwd)]
        for name, value in {"LANG": "C.UTF-8", **(env or {})}.items():
            words += ["-e", f"{name}={value}"]
        # `env` because tmux gives a lone word to a shell, which would then be what the exit status is of.
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

    def coloured(self) -> str:
        """The same with its escape sequences."""
        return self._tmux("capture-pane", "-p", "-e", "-t", PANE)

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-t", PANE, "-x", str(width), "-y", str(height))

    def pid(self) -> int:
        """The program's process number, where it runs."""
        return int(self._tmux("display-message", "-p", "-t", PANE, "#{pane_pid}"))

    def exit_code(self) -> int | None:
        """The program's exit status, None while it runs. A program killed by a signal has 128 plus its number."""
        said = self._tmux("display-message", "-p", "-t", PANE, "#{pane_dead}:#{pane_dead_status}:#{pane_dead_signal}")
        dead, status, signum = said.strip().split(":")
        if dead != "1":
            return None
        if not (status or signum):
            # tmux 3.3 now and then misses that its child has ended; the end of another child reminds it.
            self._tmux("run-shell", "true")
            return None
        return int(status) if status else 128 + int(signum)

    def wait_for(self, wanted: str | re.Pattern[str] | Callable[[str], bool], timeout: float = PATIENCE) -> str:
        """Wait until the screen has this text, matches, or satisfies; return that screen."""
        seen = ""

        def there() -> bool:
            nonlocal seen
            seen = self.screen()
            if isinstance(wanted, str):
                return wanted in seen
            if isinstance(wanted, re.Pattern):
                return wanted.search(seen) is not None
            return wanted(seen)

        wait_until(there, f"{wanted!r} on the screen", timeout=timeout, interval=0.05, story=lambda: seen)
        return seen

    def see(self, *wanted: str) -> str:
        """Wait until all of it stands on the screen at once; return that screen."""
        return self.wait_for(lambda screen: all(words in screen for words in wanted))

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        wait_until(
            lambda: self.exit_code() is not None, "the program's end", timeout=timeout, interval=0.05, story=self.screen
        )
        return self.exit_code() or 0

    def close(self) -> None:
        self._runner.run(["tmux", "-L", self._socket, "kill-server"])

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tmux(self, *words: str) -> str:
        return self._runner.run(["tmux", "-L", self._socket, *words]).ok()


def _literal(word: str) -> str:
    """tmux takes a word's last semicolon for the end of its command."""
    return f"{word[:-1]}\\;" if word.endswith(";") else word
