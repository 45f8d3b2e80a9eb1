"""Opening files that somebody names: as the kernel protects those that a shell opens, whatever the machine's settings
are, and without ever waiting for a pipe that nobody serves.

In a folder where everybody may write and nobody may take away what is another's (/tmp), a link, a pipe or a file that
another user laid is refused: fs.protected_symlinks, fs.protected_fifos and fs.protected_regular of the kernel, for each
part of a path. The folder is held open and the file is named from there, so that nobody can change the way meanwhile.
"""

from __future__ import annotations

import os
import select
import stat
import time
from _collections_abc import Iterable
from errno import EACCES, EINVAL, EISDIR, ELOOP, ENXIO, ETIMEDOUT

from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 10.0
"""Seconds for which a pipe is waited for: for somebody who writes into it, and for a reader that takes nothing."""
SILENCE = 60.0
"""Seconds for which a writer of a named pipe may be silent."""
_LINKS = 40
"""Links that a path may lead through, as for the kernel."""
_CHUNK = 4096
"""Bytes that a pipe takes at once whenever it takes any."""
_OPEN = stat.S_ISVTX | stat.S_IWOTH


class Distrusted(PermissionError):
    """Another user could have laid this, so it is not opened; `strerror` says which and why."""

    def __init__(self, why: str) -> None:
        super().__init__(EACCES, why)


class Spot(NamedTuple):
    """Where a path leads: a name in an open folder, and what stands there, None where nothing does. `magic`: a link of
    /proc, which the kernel alone can follow; `own`: the number of the open file of ours that it is."""

    folder: int
    name: str
    found: os.stat_result | None
    magic: bool = False
    own: int | None = None

    def open(self, flags: int, mode: int = 0o600) -> int:
        """Opens what stands there, or makes it. Raises OSError, also when it was exchanged meanwhile."""
        flags |= os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | (0 if self.magic else os.O_NOFOLLOW)
        if self.found is None:
            flags |= os.O_CREAT | os.O_EXCL
        descriptor = os.open(self.name, flags, mode, dir_fd=self.folder)
        now = os.fstat(descriptor)
        if self.found is not None and (now.st_dev, now.st_ino) != (self.found.st_dev, self.found.st_ino):
            os.close(descriptor)
            raise Distrusted("it was exchanged while it was opened")
        return descriptor


class Way:
    """A spot that is held open: with reached(path) as spot."""

    def __init__(self, path: str | Path) -> None:
        self._path = os.fspath(path)

    def __enter__(self) -> Spot:
        self._spot = _walked(self._path)
        return self._spot

    def __exit__(self, *_: object) -> None:
        os.close(self._spot.folder)


def reached(path: str | Path) -> Way:
    """The spot that a path leads to, for writing. Entering raises OSError; Distrusted where another user could have
    laid what stands there, or a link on the way."""
    return Way(path)


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
                if not last or parts:  # a slash at the end names a folder
                    raise
                return Spot(folder, part, None)
            try:
                found = os.fstat(entry)
                if stat.S_ISLNK(found.st_mode):
                    links += 1
                    if links > _LINKS:
                        raise OSError(ELOOP, os.strerror(ELOOP))
                    if _of_proc(found):
                        if last:
                            return Spot(folder, part, os.stat(part, dir_fd=folder), True, _own(folder, part))
                        folder = _entered(folder, part, follow=True)
                        continue
                    _may_follow(os.fstat(folder), found, part)
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
            if stat.S_ISDIR(found.st_mode) or parts:
                raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
            _may_open(os.fstat(folder), found, part)
            return Spot(folder, part, found)
    except BaseException:
        os.close(folder)
        raise


def write(path: str | Path, text: Iterable[str], mode: int = 0o600) -> None:
    """Replaces a file whole or not at all; a pipe or a device, and an open file under /dev/fd, is written into. Raises
    OSError."""
    with reached(path) as spot:
        if spot.magic or (spot.found is not None and not stat.S_ISREG(spot.found.st_mode)):
            _pour(spot, text)
        else:
            replace(spot.folder, spot.name, text, mode)


def replace(folder: int, name: str, text: Iterable[str], mode: int = 0o600) -> None:
    """Replaces an entry of an open folder by a new file: a temporary one beside it, fsync, rename. Raises OSError; the
    entry is then as it was."""
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
    """Sees to it that what was renamed or removed in an open folder is so after a power cut. It is done either way, so
    that a folder that cannot be read, or no descriptor that is left, is no failure."""
    try:
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        pass


def read(path: str | Path, most: int) -> bytes:
    """The bytes of a file, a pipe or a device, at most `most`. Raises OSError, TimeoutError for a pipe by name into
    which nobody writes."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        return _drawn(descriptor, most)
    finally:
        os.close(descriptor)


def regular(path: str | Path) -> int:
    """A file, open to be read, where a pipe or a device would not do. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise OSError(EISDIR if stat.S_ISDIR(mode) else EINVAL, "it is no file")
    return descriptor


def _drawn(descriptor: int, most: int) -> bytes:
    pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    # A pipe without a name is the shell's: whoever writes into it was started with us.
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
    """Whether a pipe is a shell's; where there is no /proc to tell, it is waited for only so long as one by name."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}").startswith("pipe:")
    except OSError:
        return False


def _entered(folder: int, part: str, follow: bool = False) -> int:
    """The folder `part` of a folder, which is closed."""
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    entered = os.open(part, flags, dir_fd=folder)
    os.close(folder)
    return entered


def _may_follow(folder: os.stat_result, link: os.stat_result, name: str) -> None:
    """The rule of fs.protected_symlinks (may_follow_link of the kernel's fs/namei.c)."""
    if folder.st_mode & _OPEN == _OPEN and link.st_uid not in (os.geteuid(), folder.st_uid):
        raise Distrusted(f"{name} is a link that user {user(link.st_uid)} laid in a folder where everybody may write")


def _may_open(folder: os.stat_result, found: os.stat_result, name: str) -> None:
    """The rule of fs.protected_fifos and fs.protected_regular (may_create_in_sticky, in the same place)."""
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISFIFO(found.st_mode)):
        return
    if folder.st_mode & _OPEN == _OPEN and found.st_uid not in (os.geteuid(), folder.st_uid):
        kind = "file" if stat.S_ISREG(found.st_mode) else "pipe"
        raise Distrusted(
            f"{name} is a {kind} that user {user(found.st_uid)} laid in a folder where everybody may write"
        )


def _of_proc(link: os.stat_result) -> bool:
    """Whether a link is one of /proc: its owner is the kernel, and its text is not where it leads."""
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
    """Writes into what is there. Raises OSError, TimeoutError where a pipe by name is not emptied."""
    if spot.own is not None:
        # As it stands: opened anew, a file would be written from its beginning.
        descriptor = os.dup(spot.own)
    else:
        try:
            descriptor = spot.open(os.O_WRONLY)
        except OSError as error:
            if error.errno == ENXIO and spot.found is not None and stat.S_ISFIFO(spot.found.st_mode):
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
