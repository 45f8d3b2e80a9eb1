"""The configuration of a running keepalived: its file as it is now, and as the daemon read it.

Since 2.2 the parent keeps what it read, comments and includes resolved, in a file in memory that its children read
again (lib/parser.c, memfd_create): the one place that tells what was loaded, for the file may have changed since.
"""

from __future__ import annotations

import os
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


def loaded(parent: Parent, before: Read = NOTHING) -> Read:
    """The copy that the daemon keeps of what it loaded, without one where it keeps none or we may not look."""
    copy = _copy(parent.pid)
    if copy is None:
        return NOTHING
    return before if _mark((copy,)) == before.mark else _read(parent, copy)


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
