"""Writes a file that a user named, whole or not at all, readable by its owner only."""

from __future__ import annotations

from _collections_abc import Iterable

from lvstui import opening
from lvstui.director.errors import NotDone
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: str | Path, text: Iterable[str], mode: int = 0o600) -> None:
    """Replaces `path` by `text`, with that mode. A symbolic link is followed where the kernel would; anything other
    than a file (a pipe, /dev/null, /dev/stdout) is written into. Raises NotDone when that fails; a file is then
    unchanged."""
    try:
        opening.write(path, text, mode)
    except OSError as error:
        raise unwritable(path, error) from None
    except ValueError as error:  # a NUL in the name
        raise NotDone(repr(str(path)), f"is not a file name: {error}") from None


def unwritable(path: str | Path, error: OSError) -> NotDone:
    """Why a file that a user named cannot be written, in one line."""
    mend = "is the folder there, and writable?"
    if isinstance(error, opening.Distrusted):
        mend = "name a file in a folder of your own"
    return NotDone(str(path), f"cannot be written: {error.strerror or error}", mend)
