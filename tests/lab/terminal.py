"""A terminal in the lab to type into and read from.

The agent holds a pseudo terminal and writes down what comes out of it; the screen it makes is drawn on the host. A
guest's tmux, asked twenty times a second what is on its screen, would take the guest's time from what is tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte

from tests.lab.screen import Screen
from tests.lab.session import REPOSITORY, Session
from tests.lab.waiting import wait_until

KEYS = {
    "Enter": "\r",
    "Escape": "\x1b",
    "Tab": "\t",
    "BTab": "\x1b[Z",
    "Space": " ",
    "BSpace": "\x7f",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "Right": "\x1b[C",
    "Left": "\x1b[D",
    "Home": "\x1b[H",
    "End": "\x1b[F",
    "PageUp": "\x1b[5~",
    "PageDown": "\x1b[6~",
}
_ALTERNATE = 1049


class _Display(pyte.Screen):
    """A screen that handles the end of the alternate screen, unlike pyte: the normal screen was empty before."""

    def reset_mode(self, *modes: int, **options: bool) -> None:
        super().reset_mode(*modes, **options)
        if options.get("private") and _ALTERNATE in modes:
            self.erase_in_display(2)
            self.cursor_position()


class Terminal(Screen):
    """A program on a screen of a given size. To be closed, or used in a `with`."""

    def __init__(
        self,
        lab: Session,
        argv: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        cwd: Path | str = REPOSITORY,
    ) -> None:
        self._display = _Display(*size)
        self._stream = pyte.ByteStream(self._display)
        self._read = 0
        self._seen = ""
        self._job = lab.spawn(argv, env=env, cwd=cwd, size=size)

    def send(self, *keys: str) -> None:
        """Press keys by their names: "a", "Enter", "Escape", "Tab", "C-c", "Down", "Space"; other words as they are."""
        self._job.type("".join(_pressed(key) for key in keys))

    def type(self, text: str) -> None:
        """Type text letter by letter, with no key names in it."""
        self._job.type(text)

    def screen(self) -> str:
        self._job.poll()
        with (self._job.folder / "stdout").open("rb") as file:
            file.seek(self._read)
            written = file.read()
        self._read += len(written)
        if written or not self._seen:  # pyte measures every cell each time, and most reads find what the last one found
            self._stream.feed(written)
            self._seen = "\n".join(line.rstrip() for line in self._display.display) + "\n"
        return self._seen

    def written(self) -> str:
        """All that was ever written to it, even what was on the screen only for a moment."""
        return (self._job.folder / "stdout").read_text(encoding="utf-8", errors="replace")

    def pid(self) -> int:
        """The program's process number in the lab."""
        file = self._job.folder / "pid"
        wait_until(file.exists, "the program's start", interval=0.02)
        return int(file.read_text())

    def exit_code(self) -> int | None:
        code = self._job.poll()
        return code if code is None or code >= 0 else 128 - code

    def hang_up(self) -> None:
        """Takes the terminal away from its program."""
        self._job.hang_up()

    def close(self) -> None:
        self._job.stop()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pressed(key: str) -> str:
    if len(key) == 3 and key.startswith("C-"):
        return chr(ord(key[2].upper()) & 0x1F)
    return KEYS.get(key, key)
