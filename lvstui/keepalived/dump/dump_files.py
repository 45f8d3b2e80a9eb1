"""The files that keepalived writes in answer to a signal: found in its own root, and read when they are complete.

They are in a folder where anybody may put files. Only a regular file that root alone may write, or we where we are not
root, is accepted: lvstui follows no link, accepts no second name of another file, and waits for no pipe.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from lvstui import trust
from lvstui.director.errors import NotDone
from lvstui.keepalived.held import Process
from lvstui.values import NamedTuple

Read = TypeVar("Read")

_SETTLE = 0.08
"""Seconds in which a file must not grow to count as complete: until 2.4 it is renamed into place and then written."""
TICK = 0.02
"""Seconds by which the time of a file may lag the clock: the kernel dates files by its ticks."""
_LARGEST = 64 * 2**20
_AHEAD = 2.0
"""Seconds that a file may be in the future; beyond that the clock was set."""


class DumpFolders(NamedTuple):
    """Where a keepalived writes: the folders as seen from here, and its root."""

    folders: tuple[Path, ...]
    root: Path

    def paths(self, name: str) -> list[Path]:
        """Where a file may be, by its name or, from the daemon's root, its path."""
        return [self.root / name.lstrip("/")] if name.startswith("/") else [folder / name for folder in self.folders]


def place(pid: int) -> DumpFolders:
    """The place of a running keepalived: its $TMPDIR since 2.2.0, /tmp before. Raises NotDone."""
    try:
        with Process(pid) as process:
            if not process.counts():
                raise NotDone(f"process {pid}", "does not run as root: it is not asked")
            environment = process.read("environ").split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        raise NotDone("keepalived", f"process {pid} is gone") from None
    except OSError as error:
        raise NotDone("keepalived", f"cannot be asked: {error.strerror}", "run as root") from None
    named = [os.fsdecode(item[8:]) for item in environment if item.startswith(b"TMPDIR=/")]
    root = Path(f"/proc/{pid}/root")
    return DumpFolders(tuple(dict.fromkeys(root / name.lstrip("/") for name in (*named, "tmp"))), root)


def written(there: DumpFolders, name: str) -> float:
    """When a file was last written, in seconds of the epoch; 0.0 where it was not, or not by keepalived."""
    return max((at for at, _ in _texts(there, name, 0.0, sizes=True)), default=0.0)


def whole(
    there: DumpFolders, name: str, since: float, read: Callable[[str], Read], patience: float
) -> tuple[float, Read]:
    """The content of a file written after `since`, and when it was. It waits for `patience` seconds, and reads again
    where the file still grows or `read` raises ValueError. The last attempt begins after that time, so that even on a
    slow machine a complete file has been read twice. Raises NotDone when it stays incomplete, TimeoutError when there
    is none."""
    until = time.monotonic() + patience
    before: tuple[float, str] | None = None
    while True:
        last = time.monotonic() > until
        latest = next(_texts(there, name, since), None)
        if latest is not None and latest == before and latest[1]:
            with suppress(ValueError):
                return latest[0], read(latest[1])
        before = latest
        if last:
            break
        time.sleep(_SETTLE)
    if before is None:
        raise TimeoutError(name)
    raise NotDone("keepalived", f"{name} is cut short", "is there space left where it is written?")


@contextmanager
def alone(there: DumpFolders, names: Collection[str], patience: float) -> Iterator[None]:
    """While this context is open, no other program with this lock asks; the second one finds the answer of the first.
    Waits up to `patience` seconds for the lock, which is on the file of the last answer. Only users who may signal
    keepalived can open that file; where it is missing, nothing is locked."""
    handles = (handle for name in names for handle, _ in _opened(there, name))
    with closing(handles):
        handle = next(handles, None)
        until = time.monotonic() + patience
        while handle is not None and not _locked(handle) and time.monotonic() < until:
            time.sleep(_SETTLE)
        yield


def _locked(handle: int) -> bool:
    """Whether a file is locked now, until it is closed; another may hold it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _texts(there: DumpFolders, name: str, since: float, sizes: bool = False) -> Iterator[tuple[float, str]]:
    """Time and text of each file of that name that keepalived wrote since then; with `sizes` no text. Files from the
    future are ignored."""
    for handle, at in _opened(there, name):
        if since <= at < time.time() + _AHEAD:
            yield at, "" if sizes else _read(handle)


def _opened(there: DumpFolders, name: str) -> Iterator[tuple[int, float]]:
    """Each file of that name that keepalived wrote, open until the next one is requested, and when it was written."""
    for path in there.paths(name):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            about = os.fstat(handle)
            plain = stat.S_ISREG(about.st_mode) and about.st_nlink == 1 and about.st_size <= _LARGEST
            if plain and not trust.flaw_of(handle, name, str(there.root)):
                yield handle, about.st_mtime
        finally:
            os.close(handle)


def _read(handle: int) -> str:
    with os.fdopen(handle, "rb", closefd=False) as stream:
        return stream.read(_LARGEST).decode(errors="replace")


def lines(text: str) -> str:
    """A text that ends with a complete line. Raises ValueError otherwise, because it was cut."""
    if not text.endswith("\n"):
        raise ValueError("ends in the middle of a line")
    return text
