"""The command lines that were typed, the latest last: kept across sessions, for whoever typed them alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lvstui.director.errors import LvsError
from lvstui.plain import plain
from lvstui.store import private

NAME = "history"
MOST = 500


def read(folder: Path) -> list[str]:
    """What was typed in earlier sessions; a history that cannot be read is none."""
    try:
        lines = private.read(folder / NAME).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line and plain(line) == line][-MOST:]


def add(folder: Path, line: str) -> list[str]:
    """Keeps a line, once, and returns the history with it at its end; of two who add at once neither loses one. What
    cannot be kept is kept for this session alone."""
    try:
        with private.alone(folder, NAME):
            lines = with_line(read(folder), line)
            private.write(folder / NAME, (f"{each}\n" for each in lines))
    except LvsError:
        return with_line(read(folder), line)
    return lines


def with_line(lines: Sequence[str], line: str) -> list[str]:
    """A history with one line more, which stands in it once."""
    return [*(each for each in lines if each != line), line][-MOST:]
