"""A lock between processes: a file that the kernel locks for whoever holds it open, and frees when they die."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lvstui.director.errors import NotDone, Unavailable
from lvstui.plain import plain


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Holds the lock `path` inside. Raises NotDone at once, naming who holds it, when another process does;
    Unavailable without permission. `what` the lock is for: `restore`."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except PermissionError:
        raise Unavailable(what, f"no permission to lock {path}", "run as root, or with CAP_NET_ADMIN") from None
    except OSError as error:
        raise NotDone(str(path), f"cannot be locked: {error.strerror or error}", "LVSTUI_RUN moves it") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotDone(what, f"another one is under way ({_holder(descriptor)})", "wait for it, then look") from None
        except OSError as error:
            raise NotDone(str(path), f"cannot be locked: {error.strerror or error}", "LVSTUI_RUN moves it") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"pid {os.getpid()}, since {time.strftime('%H:%M:%S')}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock now."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, 100, 0).decode(errors="replace").strip()
    return plain(text) or "not yet named"
