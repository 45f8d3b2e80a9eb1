"""The rule of trust: which users are trusted, and which files an ordinary user could have written or replaced.

Trusted users are root and, where we are not root, ourselves. Everybody else is an ordinary user. lvstui never runs a
file that an ordinary user could have written, and believes no message from such a user (docs/security.md).
"""

from __future__ import annotations

import errno
import os
import stat
from _collections_abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from enum import Enum

_LINKS = 40
"""Symbolic links followed on one path, the same limit as the kernel's."""
_PROCESS = r"(/proc/\d+/(?:root|cwd))(?:/(.*))?"
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_ACL = (errno.ENODATA, errno.EOPNOTSUPP, errno.ENOSYS)


class Groups(Enum):
    """Which groups may write a file without a flaw: groups without an ordinary member; none, for files that only we
    keep; any, for files that an administrator gives to a group."""

    WITHOUT_ORDINARY_MEMBERS = 1
    NONE = 2
    ANY = 3


def users() -> frozenset[int]:
    """The trusted user ids, as our user namespace numbers them."""
    return frozenset((0, os.geteuid()))


def counts(ids: Sequence[int]) -> bool:
    """Whether a process with these user ids (real, effective, saved, file system) belongs to a trusted user. A
    set-user-id program that an ordinary user started keeps that user's real id."""
    return len(set(ids)) == 1 and ids[0] in users()


def flaw(path: str, *, lasting: bool = False) -> str:
    """What lets an ordinary user write this file or replace it: `/srv/conf is writable by everybody`; "" for nothing.
    It checks every folder above the file and every link on the way; for a path through /proc/PID/root or /proc/PID/cwd,
    only what is below that. `lasting`: the path will be used later too, when others may have replaced it, so a folder
    that everybody may write is a flaw, sticky or not. Raises OSError where the path leads nowhere."""
    import re

    inside = re.fullmatch(_PROCESS, path, re.DOTALL)
    root, rest = (inside[1], inside[2] or "") if inside else ("/", path)
    with ExitStack() as stack:
        return _Walk(root, stack).flaw(rest, lasting)


def flaw_of(
    handle: int,
    name: str,
    root: str = "/",
    *,
    sticky: bool = False,
    groups: Groups = Groups.WITHOUT_ORDINARY_MEMBERS,
) -> str:
    """The same for one open file or folder, without the folders above it. `root`: the root folder of its owner.
    `sticky`: it is a folder on the way to a file, so its sticky bit makes write permission for others harmless."""
    return _own_flaw(handle, name, root, sticky, groups)


class _Walk:
    """Walks down from a root, one name at a time, so that the folders checked are the folders passed through."""

    def __init__(self, root: str, stack: ExitStack) -> None:
        self._root = root
        self._stack = stack
        self._start = self._opened(os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))

    def flaw(self, path: str, lasting: bool) -> str:
        above: list[tuple[int, str]] = [(self._start, "")]
        if flaw := _own_flaw(self._start, "/", self._root):
            return flaw
        ahead = _parts(path)
        links = 0
        while ahead:
            part = ahead.pop()
            if part == "..":
                if len(above) > 1:
                    above.pop()
                continue
            folder, name = above[-1]
            name = f"{name}/{part}"
            handle = self._opened(os.open(part, _LOOK, dir_fd=folder))
            about = os.fstat(handle)
            if stat.S_ISLNK(about.st_mode):
                links += 1
                if links > _LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                if about.st_uid not in users():
                    return f"{name} is a link of user {about.st_uid}"
                target = os.readlink("", dir_fd=handle)
                if target.startswith("/"):
                    del above[1:]
                ahead += _parts(target)
                continue
            # In a sticky folder only the owner of an entry can remove it; others can only add new entries.
            sticky = stat.S_ISDIR(about.st_mode) and bool(ahead) and not lasting
            if flaw := _own_flaw(handle, name, self._root, sticky):
                return flaw
            above.append((handle, name))
        return ""

    def _opened(self, handle: int) -> int:
        self._stack.callback(os.close, handle)
        return handle


def _parts(path: str) -> list[str]:
    """The names on a path, the first one last."""
    return [part for part in path.split("/") if part not in ("", ".")][::-1]


def _own_flaw(
    handle: int, name: str, root: str, sticky: bool = True, groups: Groups = Groups.WITHOUT_ORDINARY_MEMBERS
) -> str:
    """The flaw of one file or folder by itself. `sticky`: its sticky bit makes write permission for others harmless."""
    about = os.fstat(handle)
    mode = stat.S_IMODE(about.st_mode)
    if about.st_uid not in users():
        return f"{name} belongs to user {about.st_uid}"
    if sticky and stat.S_ISDIR(about.st_mode) and mode & stat.S_ISVTX:
        return ""
    if mode & stat.S_IWOTH:
        return f"{name} is writable by everybody (mode {mode:04o})"
    if mode & stat.S_IWGRP and groups is not Groups.ANY:
        # With an access control list, the group bits are the maximum for every user and group named in it.
        if _has_list(handle):
            return f"{name} is writable by those whom its access control list names (getfacl)"
        if groups is Groups.NONE:
            return f"{name} is writable by group {about.st_gid} (mode {mode:04o})"
        if _ordinary(about.st_gid, root):
            return f"{name} is writable by group {about.st_gid}, which has ordinary members (mode {mode:04o})"
    return ""


def _has_list(handle: int) -> bool:
    try:
        return bool(os.getxattr(f"/proc/self/fd/{handle}", "system.posix_acl_access"))
    except OSError as error:
        return error.errno not in _NO_ACL


def _ordinary(group: int, root: str) -> bool:
    """Whether a group has an ordinary member, according to the users of this machine and of that root."""
    import grp
    import pwd

    people = {user.pw_name: (user.pw_uid, user.pw_gid) for user in pwd.getpwall()}
    with suppress(KeyError):
        if _any(people, group, grp.getgrgid(group).gr_mem):
            return True
    if _any(people, group, ()):
        return True
    if root == "/":
        return False
    rows = list(_rows(f"{root}/etc/passwd", 4))
    there = {row[0]: (int(row[2]), int(row[3])) for row in rows if _is_id(row[2]) and _is_id(row[3])}
    named = [row[3].split(",") for row in _rows(f"{root}/etc/group", 4) if row[2] == str(group)]
    return _any(there, group, [name for names in named for name in names if name])


def _is_id(text: str) -> bool:
    """Whether a word is a user or group number. The file belongs to another root, a container's, say."""
    return text.isascii() and text.isdigit() and len(text) <= 10


def _any(people: dict[str, tuple[int, int]], group: int, members: Iterable[str]) -> bool:
    own = [user for user, first in people.values() if first == group]
    # A member without a known user id is an ordinary user.
    return any(user not in users() for user in (*own, *(people.get(name, (-1, -1))[0] for name in members)))


def _rows(path: str, fields: int) -> Iterable[list[str]]:
    with suppress(OSError), open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            row = line.rstrip("\n").split(":")
            if len(row) >= fields:
                yield row
