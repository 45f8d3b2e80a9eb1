"""Our own folders and files: made for their owner alone whatever the umask, and looked at each time they are used.

A folder or a file that belongs to neither root nor us, that others may write, or that is a link, is refused by name:
nothing in it is read, and nothing is written into it. What is no plain file (a pipe, a device) is not opened. Who may
write it is for lvstui.trust to say.
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
"""Modes of folders: the owner's alone; one that everybody may look into."""
_PAUSE = 0.01
_PATIENCE = 5.0
"""Seconds in which another lvstui ends what takes milliseconds."""
_FILE = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_LOOK = os.O_PATH | os.O_CLOEXEC


@contextmanager
def opened(folder: Path, *, make: bool = False, above: int = 1, mode: int = PRIVATE) -> Iterator[int]:
    """The folder, held open after it was looked at, and so many folders above it. `make`: it is made where it is
    missing, with its parents. Raises OSError: FileNotFoundError, Distrusted."""
    if make:
        make_folder(folder, mode)
    try:
        descriptor = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW | _LOOK)
    except NotADirectoryError:
        if folder.is_symlink():
            raise Distrusted(f"{folder} is a link, so nothing in it is believed") from None
        raise
    try:
        _judge(descriptor, folder)
        _judge_above(folder, above)
        yield descriptor
    finally:
        os.close(descriptor)


def amiss(folder: Path, above: int = 1) -> str:
    """Why a folder is not used, "" where it is. One that is not there yet is judged by the folders above it."""
    try:
        with opened(folder, above=above):
            return ""
    except FileNotFoundError:
        pass
    except OSError as error:
        # A folder on the way that we may not look into: for us there is nothing, and who wants to write is told.
        hidden = isinstance(error, PermissionError) and not isinstance(error, Distrusted)
        return "" if hidden else _why(error, folder)
    try:
        _judge_above(folder, above)
    except OSError as error:
        return _why(error, folder)
    return ""


def open_file(path: Path, flags: int, mode: int = 0o600, *, make: bool = False, above: int = 1) -> int:
    """A file of such a folder, open after it was looked at. `make`: makes the folder. Raises OSError."""
    try:
        with opened(path.parent, make=make, above=above) as folder:
            descriptor = os.open(path.name, flags | _FILE, mode, dir_fd=folder)
    except OSError as error:
        if error.errno == ELOOP:
            raise Distrusted(f"{path} is a link, so nothing in it is believed") from None
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(EINVAL, f"{path} is no file")
        _judge(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read(path: Path) -> bytes:
    """What is in a file. Raises OSError."""
    with open(open_file(path, os.O_RDONLY), "rb") as file:
        return file.read()


def write(path: Path, text: Iterable[str], *, above: int = 1) -> None:
    """Replaces a file, whole or not at all, and makes its folder. Raises NotDone."""
    try:
        with opened(path.parent, make=True, above=above) as folder:
            opening.replace(folder, path.name, text)
    except OSError as error:
        raise NotDone(str(path), f"cannot be written: {error.strerror or error}", mend(error)) from None


def remove(path: Path) -> None:
    """Removes a file, where it is there. Raises OSError; a file that is gone is no failure."""
    with suppress(FileNotFoundError), opened(path.parent) as folder:
        os.unlink(path.name, dir_fd=folder)
        opening.settle(folder)


@contextmanager
def alone(folder: Path, name: str) -> Iterator[None]:
    """Inside, no other lvstui reads and writes the files that this lock stands for. It takes milliseconds, so this
    waits. Raises NotDone when the folder cannot be written, or another one does not come to its end."""
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
    """Locks an open file; waits a little while another process holds it. Returns whether it is ours now. Tries are
    counted beside the seconds: a busy machine may hold up both processes, and neither has had its turn then."""
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
    """Looks at a file of an operator's in one of our folders, which may be a link of the operator's. Raises OSError:
    Distrusted where another user may have written it."""
    with _looked_at(path) as handle:
        _judge(handle, path)


def mend(error: OSError) -> str:
    """How to go on after a folder of ours could not be used."""
    if isinstance(error, Distrusted):
        return "look at what is in it; then give it to its owner (chown, chmod go-w), or remove it"
    return "LVSTUI_STATE moves it"


def make_folder(folder: Path, mode: int = PRIVATE) -> None:
    """Makes a folder and its parents, each with this mode whatever the umask. Raises OSError."""
    missing = []
    for one in (folder, *folder.parents):
        if os.path.lexists(one):
            break
        missing.append(one)
    for one in reversed(missing):
        try:
            os.mkdir(one, mode)
        except FileExistsError:  # another lvstui was first
            continue
        # Under some umasks an ordinary user may not even open what he has made: it is only looked at, and mended by
        # way of /proc, for fchmod does not take such a descriptor.
        descriptor = os.open(one, os.O_DIRECTORY | os.O_NOFOLLOW | _LOOK)
        try:
            _judge(descriptor, one)
            if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
                os.chmod(f"/proc/self/fd/{descriptor}", mode)
        finally:
            os.close(descriptor)


def _judge_above(folder: Path, above: int) -> None:
    """Judges so many folders above one; those that are not there are passed over. Raises OSError: Distrusted."""
    for far, parent in enumerate(list(folder.absolute().parents)[:above], 1):
        with suppress(FileNotFoundError):
            with _looked_at(parent, os.O_NOFOLLOW) as handle:
                found = os.fstat(handle)
                if not stat.S_ISLNK(found.st_mode):
                    _judge(handle, parent, entered=True)
                    continue
            # The state folder itself may be an administrator's link to another disk.
            if far < above or found.st_uid not in trust.users():
                raise Distrusted(f"{parent} is a link, so nothing in it is believed")
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
    """Raises Distrusted. `entered`: a folder on the way, where a sticky one that everybody may write takes nothing away
    from an entry that is ours."""
    if flaw := trust.flaw_of(handle, str(path), sticky=entered, groups=trust.Groups.NONE):
        raise Distrusted(f"{flaw}, so nothing in it is believed")


def _why(error: OSError, folder: Path) -> str:
    why = error.strerror or str(error)
    return why if isinstance(error, Distrusted) else f"{folder}: {why}"
