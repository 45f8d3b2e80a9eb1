"""Opens files that a user names. They get the protection that the kernel offers, whatever the machine's settings are,
and no call waits for a pipe that nobody serves.

In a folder where everybody may write but not remove other users' entries (such as /tmp), a link, a pipe or a file of
another user is refused. These are the kernel's rules fs.protected_symlinks, fs.protected_fifos and
fs.protected_regular, applied to each part of a path. The folder is held open and the file is opened relative to it, so
nobody can change the path meanwhile.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from _collections_abc import Iterable
from errno import EACCES, EBADF, EINVAL, EISDIR, ELOOP, ENXIO, ETIMEDOUT

from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 10.0
"""Seconds to wait for a pipe: for a writer to appear, or for a reader to take data."""
SILENCE = 60.0
"""Seconds that a writer of a named pipe may stay silent."""
_LINKS = 40
"""Links that a path may pass through, the same limit as the kernel's."""
_CHUNK = 4096
"""Bytes that a pipe takes in one write whenever it is ready (PIPE_BUF)."""
_OPEN = stat.S_ISVTX | stat.S_IWOTH


class Distrusted(PermissionError):
    """The file could have been placed by another user, so it is not opened; `strerror` says which file and why."""

    def __init__(self, why: str) -> None:
        super().__init__(EACCES, why)


class Spot(NamedTuple):
    """Where a path leads: a name in an open folder, and the entry found there, None for none. `magic`: a link of /proc,
    which only the kernel can follow; `own`: the number of our open file that it stands for."""

    folder: int
    name: str
    status: os.stat_result | None
    magic: bool = False
    own: int | None = None

    def open(self, flags: int, mode: int = 0o600) -> int:
        """Opens the entry, or creates it. Raises OSError, also when it was replaced meanwhile."""
        flags |= os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | (0 if self.magic else os.O_NOFOLLOW)
        if self.status is None:
            flags |= os.O_CREAT | os.O_EXCL
        descriptor = os.open(self.name, flags, mode, dir_fd=self.folder)
        now = os.fstat(descriptor)
        if self.status is not None and (now.st_dev, now.st_ino) != (self.status.st_dev, self.status.st_ino):
            os.close(descriptor)
            raise Distrusted("it was replaced while lvstui opened it")
        return descriptor


class OpenedPath:
    """A spot that is held open: with reached(path) as spot."""

    def __init__(self, path: str | Path) -> None:
        self._path = os.fspath(path)

    def __enter__(self) -> Spot:
        self._spot = _walked(self._path)
        return self._spot

    def __exit__(self, *_: object) -> None:
        os.close(self._spot.folder)


def reached(path: str | Path) -> OpenedPath:
    """The spot that a path leads to, for writing. Raises OSError; Distrusted where another user could have placed the
    file or a link on the way."""
    return OpenedPath(path)


def _walked(path: str) -> Spot:
    """The spot with its folder open, which the caller closes."""
    parts = path.split("/")[::-1]  # the next one is the last
    folder = os.open("/" if path.startswith("/") else ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    links = 0
    try:
        while True:
            part = parts.pop() if parts else "."
            last = not any(parts)
            if part in ("", ".") and not last:
                continue
            if part in ("", ".", ".."):
                if last:
                    raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
                folder = _entered(folder, part)
                continue
            try:
                entry = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            except FileNotFoundError:
                if not last or parts:  # a trailing slash names a folder
                    raise
                return Spot(folder, part, None)
            try:
                status = os.fstat(entry)
                if stat.S_ISLNK(status.st_mode):
                    links += 1
                    if links > _LINKS:
                        raise OSError(ELOOP, os.strerror(ELOOP))
                    if _of_proc(status):
                        if last:
                            return Spot(folder, part, os.stat(part, dir_fd=folder), True, _own(folder, part))
                        folder = _entered(folder, part, follow=True)
                        continue
                    _may_follow(os.fstat(folder), status, part)
                    target = os.readlink("", dir_fd=entry)
                    if target.startswith("/"):
                        folder = _entered(folder, "/")
                    parts.extend(reversed(target.split("/")))
                    continue
            finally:
                os.close(entry)
            if not last:
                folder = _entered(folder, part)
                continue
            if stat.S_ISDIR(status.st_mode) or parts:
                raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
            _may_open(os.fstat(folder), status, part)
            return Spot(folder, part, status)
    except BaseException:
        os.close(folder)
        raise


def write(path: str | Path, text: Iterable[str], mode: int = 0o600) -> None:
    """Replaces a file whole or not at all. A pipe, a device, or an open file under /dev/fd is written into instead.
    Raises OSError."""
    with reached(path) as spot:
        if spot.magic or (spot.status is not None and not stat.S_ISREG(spot.status.st_mode)):
            _pour(spot, text)
        else:
            replace(spot.folder, spot.name, text, mode)


def replace(folder: int, name: str, text: Iterable[str], mode: int = 0o600) -> None:
    """Replaces an entry of an open folder by a new file: a temporary file next to it, fsync, rename. Raises OSError;
    the old entry then stays."""
    temporary = f".{name[:100]}.{os.urandom(4).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(temporary, flags, mode, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as stream:
            os.fchmod(descriptor, mode)  # whatever the umask
            stream.writelines(text)
            stream.flush()
            os.fsync(descriptor)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        try:
            os.unlink(temporary, dir_fd=folder)
        except OSError:
            pass  # it was never made, or nothing can be written any more: the error that counts is raised
        raise
    settle(folder)


def settle(folder: int) -> None:
    """Makes renames and removals in an open folder survive a power cut. They have already happened, so failing to open
    the folder is not an error."""
    try:
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        pass


def read(path: str | Path, most: int) -> bytes:
    """The bytes of a file, a pipe or a device, at most `most`. Raises OSError; TimeoutError for a named pipe that
    nobody writes to."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        return _drawn(descriptor, most)
    finally:
        os.close(descriptor)


def standard_input(most: int) -> bytes:
    """The bytes on standard input, at most `most`. Raises OSError, also where it is closed."""
    if sys.stdin is None:
        raise OSError(EBADF, "it is closed")
    return sys.stdin.buffer.read(most)


def regular(path: str | Path) -> int:
    """Opens a regular file for reading; a pipe or a device is refused. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise OSError(EISDIR if stat.S_ISDIR(mode) else EINVAL, "it is not a file")
    return descriptor


def _drawn(descriptor: int, most: int) -> bytes:
    pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    # An unnamed pipe comes from the shell, which started its writer together with us.
    endless = pipe and _nameless(descriptor)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    parts: list[bytes] = []
    size, since, over = 0, time.monotonic(), False
    while size < most:
        writer = True
        try:
            part = os.read(descriptor, min(1 << 20, most - size))
        except BlockingIOError:
            part = b""
        else:
            if part:
                parts.append(part)
                size, since = size + len(part), time.monotonic()
                continue
            if parts or over or not pipe:
                break
            writer = False
        if not endless and time.monotonic() - since > (SILENCE if writer else PATIENCE):
            why = f"it is silent for {SILENCE:g} s" if writer else "it is a pipe into which nobody writes"
            raise TimeoutError(ETIMEDOUT, why)
        over = any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(100))
    return b"".join(parts)


def _nameless(descriptor: int) -> bool:
    """Whether a pipe is unnamed. Without /proc this is not known, and the pipe gets the same patience as a named
    one."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}").startswith("pipe:")
    except OSError:
        return False


def _entered(folder: int, part: str, follow: bool = False) -> int:
    """Opens the folder `part` inside a folder, and closes the outer one."""
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    entered = os.open(part, flags, dir_fd=folder)
    os.close(folder)
    return entered


def _may_follow(folder: os.stat_result, link: os.stat_result, name: str) -> None:
    """The rule of fs.protected_symlinks (may_follow_link of the kernel's fs/namei.c)."""
    if folder.st_mode & _OPEN == _OPEN and link.st_uid not in (os.geteuid(), folder.st_uid):
        raise Distrusted(f"{name} is a link that user {user(link.st_uid)} laid in a folder where everybody may write")


def _may_open(folder: os.stat_result, status: os.stat_result, name: str) -> None:
    """The rule of fs.protected_fifos and fs.protected_regular (may_create_in_sticky, in the same place)."""
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        return
    if folder.st_mode & _OPEN == _OPEN and status.st_uid not in (os.geteuid(), folder.st_uid):
        kind = "file" if stat.S_ISREG(status.st_mode) else "pipe"
        raise Distrusted(
            f"{name} is a {kind} that user {user(status.st_uid)} laid in a folder where everybody may write"
        )


def _of_proc(link: os.stat_result) -> bool:
    """Whether a link belongs to /proc: the kernel owns it, and its text is not its target."""
    try:
        return link.st_dev == os.stat("/proc").st_dev and os.stat("/proc").st_dev != os.stat("/").st_dev
    except OSError:
        return False


def _own(folder: int, name: str) -> int | None:
    """The number of our open file, where the folder is /proc/self/fd."""
    try:
        ours = name.isdecimal() and os.path.samestat(os.fstat(folder), os.stat("/proc/self/fd"))
    except OSError:
        return None
    return int(name) if ours else None


def _pour(spot: Spot, text: Iterable[str]) -> None:
    """Writes into an existing file. Raises OSError; TimeoutError where a named pipe is not emptied."""
    if spot.own is not None:
        # Uses the open descriptor as it is: opening the file again would write from its beginning.
        descriptor = os.dup(spot.own)
    else:
        try:
            descriptor = spot.open(os.O_WRONLY)
        except OSError as error:
            if error.errno == ENXIO and spot.status is not None and stat.S_ISFIFO(spot.status.st_mode):
                raise OSError(ENXIO, "it is a pipe that nobody reads") from None
            raise
    try:
        if spot.own is None and stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.ftruncate(descriptor, 0)
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        for part in text:
            rest = memoryview(part.encode("utf-8", "replace"))
            while rest:
                if not poll.poll(None if spot.own is not None else PATIENCE * 1000):
                    raise TimeoutError(ETIMEDOUT, f"whoever reads it has taken nothing for {PATIENCE:g} s")
                rest = rest[os.write(descriptor, rest[:_CHUNK]) :]
    finally:
        os.close(descriptor)


def user(uid: int) -> str:
    """`65534 (nobody)`, or the number alone."""
    import pwd

    try:
        return f"{uid} ({pwd.getpwuid(uid).pw_name})"
    except KeyError:
        return str(uid)
