"""The lock of a table, between processes and users: a file that the kernel locks for the process that holds it open,
and unlocks when that dies.

For root it is in a folder of root's that every user may enter. Root and the group named in the settings may open it;
whoever may open the file may hold its lock.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from _collections_abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lvstui import places, trust
from lvstui.director.errors import NotDone, Unavailable
from lvstui.opening import Distrusted
from lvstui.plain import plain
from lvstui.store import private

_ASIDE = 0.3
"""Seconds for which taking the lock is retried, because a process that only checks it holds it for an instant."""
_ROOM = 100


@contextmanager
def locked(path: Path, what: str, group: str = "") -> Iterator[None]:
    """Holds the lock `path` while the context is open. Raises NotDone at once, naming the holder, when another process
    has it; Unavailable without permission. `what` the lock is for: `restore`. `group`: its members may hold the lock
    besides root, according to root's settings."""
    try:
        descriptor = shared(path, group, 0o660, what)
    except OSError as error:
        raise NotDone(str(path), f"cannot be locked: {error.strerror or error}", _mend(error)) from None
    try:
        try:
            if not private.waited(descriptor, _ASIDE):
                why = f"another one is under way ({_holder(descriptor)})"
                raise NotDone(what, why, "wait for it, then look")
        except OSError as error:
            raise NotDone(str(path), f"cannot be locked: {error.strerror or error}", _mend(error)) from None
        with suppress(OSError):  # on a full disk the lock is held too, but nobody can read by whom
            text = f"pid {os.getpid()} of {user_name(os.geteuid())}, since {time.strftime('%H:%M:%S')}"
            os.pwrite(descriptor, text.ljust(_ROOM).encode()[:_ROOM] + b"\n", 0)
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool | None:
    """Whether a process holds the lock now; None where that is not known without permission for the lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError:
        return None
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


def shared(path: Path, group: str, mode: int, what: str = "restore") -> int:
    """Opens a file for root and a group for writing, after checking it; root creates it. Where root does not own it, it
    is for its owner only. Raises OSError, Unavailable without permission."""
    root = os.geteuid() == 0
    try:
        if root:
            with suppress(FileNotFoundError):
                _let_in(path.parent)
        # A file for all users is created by root only, even where others may write to the folder above.
        make = root or Path(places.EVERYBODYS) not in path.parents
        with private.opened(path.parent, make=make, mode=private.SHARED if root else private.PRIVATE) as folder:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
            descriptor = os.open(path.name, flags, 0o600, dir_fd=folder)
    except Distrusted:
        raise
    except PermissionError:
        raise _not_ours(path, what, group) from None
    except FileNotFoundError:
        if make:
            raise
        raise _not_ours(path, what, group) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Distrusted(f"{path} is not a file")
        if flaw := trust.flaw_of(descriptor, str(path), groups=trust.Groups.ANY):
            raise Distrusted(flaw)
        if root:
            wanted = _group(group)
            if status.st_gid != wanted:
                os.fchown(descriptor, -1, wanted)
            if stat.S_IMODE(status.st_mode) != mode:
                os.fchmod(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def user_name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _let_in(folder: Path) -> None:
    """Makes the folders of root's locks readable for all users; earlier versions kept them private."""
    if folder.parent != Path(places.EVERYBODYS):
        return
    for path in (folder.parent, folder):
        status = os.lstat(path)
        if stat.S_ISDIR(status.st_mode) and status.st_uid == 0 and stat.S_IMODE(status.st_mode) == private.PRIVATE:
            os.chmod(path, private.SHARED)


def _group(name: str) -> int:
    import grp

    try:
        return grp.getgrnam(name).gr_gid if name else 0
    except KeyError:
        return 0  # the settings have said that there is no such group


def _not_ours(path: Path, what: str, wanted: str) -> Unavailable:
    """Why an ordinary user may not hold the lock, and what root can do. `wanted`: the group in our settings."""
    import grp

    try:
        status = os.stat(path)
    except FileNotFoundError:
        install = f"sudo install -D -g {wanted or 'GROUP'} -m"
        files = f"{install} 660 /dev/null {path} && {install} 664 /dev/null {path.with_suffix('.notice')}"
        mend = f"run as root, or let root make it now: {files}; at each boot: lock_group in docs/operating.md"
        if path.suffix == ".notice":
            mend = f"run as root, or let root make it now: {install} 664 /dev/null {path}"
        why = f"root has not made {path} since the machine started, and you have no permission to make it"
        return Unavailable(what, why, mend)
    except OSError as error:
        return Unavailable(what, f"the lock {path} cannot be opened: {error.strerror}", "run as root")
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = str(status.st_gid)
    mend = "run as root; lock_group in root's settings names the group whose members may"
    return Unavailable(what, f"you are not in group {group}, which may hold the lock {path}", mend)


def _mend(error: OSError) -> str:
    return private.mend(error) if isinstance(error, Distrusted) else "LVSTUI_RUN moves it"


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, _ROOM, 0).decode(errors="replace").strip()
    return plain(text) or "not yet named"
