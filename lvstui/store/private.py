"""Our own folders and files: created for their owner only whatever the umask, and checked at each use.

A folder or file that belongs to neither root nor us, that others may write, or that is a link, is refused by name:
lvstui neither reads nor writes anything in it. Anything other than a regular file (a pipe, a device) is not opened.
lvstui.trust decides who may write it.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from _collections_abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL, ELOOP
from pathlib import Path

from lvstui import opening, trust
from lvstui.director.errors import NotDone
from lvstui.opening import Distrusted

PRIVATE, SHARED = 0o700, 0o755
"""Modes of folders: for the owner only; readable by every user."""
_PAUSE = 0.01
_PATIENCE = 5.0
"""Seconds to wait for another lvstui, whose work takes milliseconds."""
_FILE = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_LOOK = os.O_PATH | os.O_CLOEXEC


@contextmanager
def opened(folder: Path, *, make: bool = False, above: int = 1, mode: int = PRIVATE) -> Iterator[int]:
    """Holds a folder open after checking it and `above` folders above it. `make`: create it and its parents where
    missing. Raises OSError: FileNotFoundError, Distrusted."""
    if make:
        make_folder(folder, mode)
    try:
        descriptor = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW | _LOOK)
    except NotADirectoryError:
        if folder.is_symlink():
            raise Distrusted(f"{folder} is a link, so nothing in it is trusted") from None
        raise
    try:
        _judge(descriptor, folder)
        _judge_above(folder, above)
        yield descriptor
    finally:
        os.close(descriptor)


def amiss(folder: Path, above: int = 1) -> str:
    """Why a folder is not used, "" where it is. A folder that does not exist yet is judged by the folders above it."""
    try:
        with opened(folder, above=above):
            return ""
    except FileNotFoundError:
        pass
    except OSError as error:
        # A folder on the way that we may not enter has nothing for us; a write reports it.
        hidden = isinstance(error, PermissionError) and not isinstance(error, Distrusted)
        return "" if hidden else _why(error, folder)
    try:
        _judge_above(folder, above)
    except OSError as error:
        return _why(error, folder)
    return ""


def open_file(path: Path, flags: int, mode: int = 0o600, *, make: bool = False, above: int = 1) -> int:
    """Opens a file in such a folder after checking both. `make`: create the folder. Raises OSError."""
    try:
        with opened(path.parent, make=make, above=above) as folder:
            descriptor = os.open(path.name, flags | _FILE, mode, dir_fd=folder)
    except OSError as error:
        if error.errno == ELOOP:
            raise Distrusted(f"{path} is a link, so nothing in it is trusted") from None
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(EINVAL, f"{path} is not a file")
        _judge(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read(path: Path) -> bytes:
    """Reads a file. Raises OSError."""
    with open(open_file(path, os.O_RDONLY), "rb") as file:
        return file.read()


def write(path: Path, text: Iterable[str], *, above: int = 1) -> None:
    """Replaces a file whole or not at all, and creates its folder. Raises NotDone."""
    try:
        with opened(path.parent, make=True, above=above) as folder:
            opening.replace(folder, path.name, text)
    except OSError as error:
        raise NotDone(str(path), f"cannot be written: {error.strerror or error}", mend(error)) from None


def remove(path: Path) -> None:
    """Removes a file if it exists. Raises OSError."""
    with suppress(FileNotFoundError), opened(path.parent) as folder:
        os.unlink(path.name, dir_fd=folder)
        opening.settle(folder)


@contextmanager
def alone(folder: Path, name: str) -> Iterator[None]:
    """While the context is open, no other lvstui uses the files of this lock. That takes milliseconds, so this waits.
    Raises NotDone when the folder cannot be written, or another lvstui does not finish."""
    try:
        descriptor = open_file(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, make=True)
    except OSError as error:
        raise NotDone(str(folder), f"cannot be written: {error.strerror or error}", mend(error)) from None
    try:
        if not waited(descriptor):
            raise NotDone(str(folder / f"{name}.lock"), f"is held by another lvstui for {_PATIENCE:g} s", "look for it")
        yield
    finally:
        os.close(descriptor)


def waited(descriptor: int, patience: float = _PATIENCE) -> bool:
    """Locks an open file, and waits a little while another process has it. Returns whether it is ours. Attempts are
    counted as well as seconds: a busy machine may hold up both processes, and neither has then had its turn."""
    until, tries = time.monotonic() + patience, patience / _PAUSE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tries -= 1
            if time.monotonic() > until and tries < 0:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def check(path: Path) -> None:
    """Checks an operator's file in one of our folders; it may be the operator's own link. Raises OSError: Distrusted
    where another user may have written it."""
    with _looked_at(path) as handle:
        _judge(handle, path)


def mend(error: OSError) -> str:
    """The remedy after a folder of ours could not be used."""
    if isinstance(error, Distrusted):
        return "look at what is in it; then give it to its owner (chown, chmod go-w), or remove it"
    return "LVSTUI_STATE moves it"


def make_folder(folder: Path, mode: int = PRIVATE) -> None:
    """Creates a folder and its parents, each with this mode whatever the umask. Raises OSError."""
    missing = []
    for path in (folder, *folder.parents):
        if os.path.lexists(path):
            break
        missing.append(path)
    for path in reversed(missing):
        try:
            os.mkdir(path, mode)
        except FileExistsError:  # another lvstui was first
            continue
        # Under some umasks an ordinary user cannot even open the new folder. It is opened with O_PATH and its mode set
        # through /proc, because fchmod does not accept such a descriptor.
        descriptor = os.open(path, os.O_DIRECTORY | os.O_NOFOLLOW | _LOOK)
        try:
            _judge(descriptor, path)
            if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
                os.chmod(f"/proc/self/fd/{descriptor}", mode)
        finally:
            os.close(descriptor)


def _judge_above(folder: Path, above: int) -> None:
    """Checks this many folders above one; missing ones are skipped. Raises OSError: Distrusted."""
    for far, parent in enumerate(list(folder.absolute().parents)[:above], 1):
        with suppress(FileNotFoundError):
            with _looked_at(parent, os.O_NOFOLLOW) as handle:
                status = os.fstat(handle)
                if not stat.S_ISLNK(status.st_mode):
                    _judge(handle, parent, entered=True)
                    continue
            # The state folder itself may be an administrator's link to another disk.
            if far < above or status.st_uid not in trust.users():
                raise Distrusted(f"{parent} is a link, so nothing in it is trusted")
            with _looked_at(parent) as handle:
                _judge(handle, parent, entered=True)


@contextmanager
def _looked_at(path: Path, flags: int = 0) -> Iterator[int]:
    handle = os.open(path, _LOOK | flags)
    try:
        yield handle
    finally:
        os.close(handle)


def _judge(handle: int, path: Path, entered: bool = False) -> None:
    """Checks a file or folder. Raises Distrusted. `entered`: it is a folder on the way, where a sticky folder that
    everybody may write cannot remove our entry."""
    if flaw := trust.flaw_of(handle, str(path), sticky=entered, groups=trust.Groups.NONE):
        raise Distrusted(f"{flaw}, so nothing in it is trusted")


def _why(error: OSError, folder: Path) -> str:
    why = error.strerror or str(error)
    return why if isinstance(error, Distrusted) else f"{folder}: {why}"
