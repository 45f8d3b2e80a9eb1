"""The command lines that were typed, the latest last: kept across sessions, for whoever typed them alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lvstui.director.errors import LvsError
from lvstui.plain import plain
from lvstui.store.whole import write_whole

NAME = "history"
MOST = 500


def read(folder: Path) -> list[str]:
    """What was typed in earlier sessions; a history that cannot be read is none."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line and plain(line) == line][-MOST:]


def add(folder: Path, line: str) -> list[str]:
    """Keeps a line, once, and returns the history with it at its end. What cannot be kept is kept for this session
    alone."""
    lines = with_line(read(folder), line)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder / NAME, (f"{each}\n" for each in lines))
    except (OSError, LvsError):
        pass
    return lines


def with_line(lines: Sequence[str], line: str) -> list[str]:
    """A history with one line more, which stands in it once."""
    return [*(each for each in lines if each != line), line][-MOST:]
