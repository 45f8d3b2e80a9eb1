"""Writing a file beside others that must be left alone."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from lvstui.director.errors import NotDone
from lvstui.store import private
from lvstui.store.whole import write_whole


def write_beside(path: Path, text: str, others: Collection[str]) -> None:
    """Writes a file whole, in a folder that is made where it is missing. Raises NotDone when it cannot be, or is one of
    the others by whatever name."""
    for other in others:
        with suppress(OSError):
            if path.resolve() == Path(other).resolve() or path.samefile(other):
                mend = "write to another, and take it over from there"
                raise NotDone(str(path), "is keepalived's own file, which is left alone", mend)
    with suppress(OSError):  # then writing says it
        private.make_folder(path.parent)
    write_whole(path, [text])
