"""Writes a file next to others that must not be overwritten."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from lvstui.director.errors import NotDone
from lvstui.store import private
from lvstui.store.whole import write_whole


def write_beside(path: Path, text: str, others: Collection[str]) -> None:
    """Writes a file whole, and makes its folder where it is missing. Raises NotDone when that fails, or when the file
    is one of `others` under any name."""
    for other in others:
        with suppress(OSError):
            if path.resolve() == Path(other).resolve() or path.samefile(other):
                mend = "write to another, and take it over from there"
                raise NotDone(str(path), "is keepalived's own file, which is left alone", mend)
    with suppress(OSError):  # writing reports the error
        private.make_folder(path.parent)
    write_whole(path, [text])
