"""The history of typed command lines, latest last: kept across sessions, for their user only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lvstui.director.errors import LvsError
from lvstui.plain import plain
from lvstui.store import private

NAME = "history"
MOST = 500


def read(folder: Path) -> list[str]:
    """Reads the history of earlier sessions; an unreadable one counts as empty."""
    try:
        lines = private.read(folder / NAME).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line and plain(line) == line][-MOST:]


def add(folder: Path, line: str) -> list[str]:
    """Adds a line and returns the history with it at the end, where it appears once. Two programs that add at the same
    time both keep their line. A line that cannot be saved is kept for this session."""
    try:
        with private.alone(folder, NAME):
            lines = with_line(read(folder), line)
            private.write(folder / NAME, (f"{each}\n" for each in lines))
    except LvsError:
        return with_line(read(folder), line)
    return lines


def with_line(lines: Sequence[str], line: str) -> list[str]:
    """A history with one more line, which appears in it once."""
    return [*(each for each in lines if each != line), line][-MOST:]
