"""The configuration of a running keepalived: its file as it is now, and as the daemon read it.

Since 2.2 the parent keeps what it read, comments and includes resolved, in a file in memory that its children read
again (lib/parser.c, memfd_create): the one place that tells what was loaded, for the file may have changed since.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from lvstui.director.errors import BadInput
from lvstui.keepalived.process import Parent

if TYPE_CHECKING:
    from lvstui.director.meant import Meant

_COPY = "/memfd:/keepalived/consolidated_configuration"

Mark = tuple[tuple[str, int, int, int], ...]
"""Name, inode, size and time of each file and folder: as long as it is the same, nothing was written."""


class Read(NamedTuple):
    """A configuration that was read, by the name that it was read by; `mark` of the files it was read from."""

    name: str
    mark: Mark
    meant: Meant | None
    trouble: str = ""


NOTHING = Read("", (), None)


def configured(parent: Parent, before: Read = NOTHING) -> Read:
    """The configuration file of a keepalived; `before` itself while nothing was written."""
    names = before.meant.files if before.meant is not None else (str(parent.config),)
    if before.mark and _mark(names) == before.mark:
        return before
    return _read(parent, str(parent.config))


def loaded(parent: Parent, file: Read, before: Read = NOTHING) -> Read:
    """The copy that the daemon keeps of what it loaded, NOTHING where it keeps none or we may not look. `file`: its
    configuration file as it is now, which stands for the copy while it is older."""
    copy = _copy(parent.pid)
    if copy is None:
        return NOTHING
    mark = _mark((copy,))
    if mark == before.mark:
        return before
    if file.meant is not None and all(_written(name) < mark[0][3] for name in (file.name, *file.meant.files)):
        return file._replace(mark=mark)
    return _read(parent, copy)


def _read(parent: Parent, name: str) -> Read:
    from lvstui.keepalived.conf import read_config

    mark = _mark((name,))
    try:
        meant = read_config(name, parent.config_id)
    except BadInput as error:
        return Read(name, mark, None, f"{error.what}: {error.why}")
    return Read(name, _mark(meant.files), meant)


def _copy(pid: int) -> str | None:
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    for name in names:
        try:
            if os.readlink(f"{folder}/{name}").startswith(_COPY):
                return f"{folder}/{name}"
        except OSError:
            continue  # it was closed meanwhile
    return None


def _written(name: str) -> int:
    """When a file was written, or put where it is, in nanoseconds of the epoch."""
    try:
        return max(os.stat(path).st_ctime_ns for path in (name, os.path.dirname(os.path.realpath(name))))
    except OSError:
        return sys.maxsize


def _mark(names: tuple[str, ...]) -> Mark:
    found = []
    for name in names:
        try:
            stat = os.stat(name)
        except OSError:
            found.append((name, 0, 0, 0))
        else:
            found.append((name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
