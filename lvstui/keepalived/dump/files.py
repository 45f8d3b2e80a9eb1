"""The files that a keepalived writes in answer to a signal: found in its own root, and read when they are whole.

They stand in a folder in which anybody may put files. Only a plain file that root, or we where we are not root, alone
may write is taken: no link is followed, no second name of another file taken, no pipe waited on.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from lvstui import trust
from lvstui.director.errors import NotDone
from lvstui.keepalived.held import Process

Read = TypeVar("Read")

_SETTLE = 0.08
"""Seconds in which a file may not grow to be taken as whole: until 2.4 it is renamed into place, then written."""
TICK = 0.02
"""Seconds by which the time of a file may be behind the clock: the kernel dates files by its ticks."""
_LARGEST = 64 * 2**20
_AHEAD = 2.0
"""Seconds that a file may be of the future; more, and the clock was set since."""


class Place(NamedTuple):
    """Where one keepalived writes: the folders as seen from here, and its root."""

    folders: tuple[Path, ...]
    root: Path

    def paths(self, name: str) -> list[Path]:
        """Where a file may be, by its name or, from the daemon's root, its path."""
        return [self.root / name.lstrip("/")] if name.startswith("/") else [folder / name for folder in self.folders]


def place(pid: int) -> Place:
    """Of a running keepalived: $TMPDIR of the daemon since 2.2.0, /tmp before. Raises NotDone."""
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
    return Place(tuple(dict.fromkeys(root / name.lstrip("/") for name in (*named, "tmp"))), root)


def written(there: Place, name: str) -> float:
    """When a file was last written, seconds of the epoch; 0.0 where it was not, or not by the daemon."""
    return max((at for at, _ in _texts(there, name, 0.0, sizes=True)), default=0.0)


def whole(there: Place, name: str, since: float, read: Callable[[str], Read], patience: float) -> tuple[float, Read]:
    """What a file holds that was written after `since`, and when it was. It is waited for, for `patience` seconds,
    and read again where it still grows or `read` raises ValueError. The last look begins after that time: however long
    the machine took for the first, one that is whole has been looked at twice. Raises NotDone when it stays as it is,
    TimeoutError when none comes."""
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
def alone(there: Place, names: Collection[str], patience: float) -> Iterator[None]:
    """Inside, nobody else asks who uses this lock: whoever comes second finds the answer that the first one got. Waits
    up to `patience` seconds for the lock. It is on the file of the last answer, which only those can open whom the
    daemon may tell; where there is no such file, nothing is locked."""
    found = (handle for name in names for handle, _ in _opened(there, name))
    with closing(found):
        handle = next(found, None)
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


def _texts(there: Place, name: str, since: float, sizes: bool = False) -> Iterator[tuple[float, str]]:
    """Time and text of each file of that name which the daemon wrote since then; with `sizes` no text. What is to come
    from the future tells nothing of now."""
    for handle, at in _opened(there, name):
        if since <= at < time.time() + _AHEAD:
            yield at, "" if sizes else _read(handle)


def _opened(there: Place, name: str) -> Iterator[tuple[int, float]]:
    """Each file of that name that the daemon wrote, open until the next one is asked for, and when it was written."""
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
    """A text that ends where a line does. Raises ValueError for another: it was cut."""
    if not text.endswith("\n"):
        raise ValueError("ends in the middle of a line")
    return text
