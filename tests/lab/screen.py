"""What a test waits for on a screen, whatever shows it."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from tests.lab.waiting import PATIENCE, wait_until

PROMPT = re.compile(r"^ :( |$)", re.MULTILINE)
"""The command line of the console, open."""


class Screen(Protocol):
    """A program on a screen. To be closed."""

    @abstractmethod
    def screen(self) -> str:
        """What is on the screen now, row by row, without trailing blanks."""

    @abstractmethod
    def exit_code(self) -> int | None:
        """The program's exit status, None while it runs. A program killed by a signal has 128 plus its number."""

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
