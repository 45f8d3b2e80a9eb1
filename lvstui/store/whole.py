"""Writing a file whole or not at all: a temporary file beside it, fsync, rename; readable by its owner alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lvstui.director.errors import NotDone


def write_whole(path: Path, text: Iterable[str], mode: int = 0o600) -> None:
    """Replaces `path` by `text`, with that mode; a symbolic link is followed, and what is no file (a pipe, /dev/null)
    is written into as it is. Raises NotDone when that fails, and `path` is then as it was."""
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8", errors="replace") as stream:
                stream.writelines(text)
            return
        _replace(target, text, mode)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotDone(str(path), f"cannot be written: {reason}", "is the folder there, and writable?") from None


def _replace(target: Path, text: Iterable[str], mode: int) -> None:
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as stream:
            stream.writelines(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
