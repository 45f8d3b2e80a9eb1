"""The configuration of a running keepalived: its file as it is now, and as keepalived loaded it (memory_copy.py),
because the file may have changed since."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from lvstui.director.errors import BadInput
from lvstui.keepalived.memory_copy import copy_of, made_of
from lvstui.keepalived.process import Parent, seen
from lvstui.values import NamedTuple

if TYPE_CHECKING:
    from lvstui.director.configured import Configured

LOADS = 3.0
"""The most seconds that keepalived takes to program its loaded configuration, on a very slow machine."""

_RESTS = 100_000_000
"""Nanoseconds without a write after which a file counts as complete."""
_TRIES = 5

Mark = tuple[tuple[str, int, int, int], ...]
"""Name, inode, size and time of each file and folder; while it is the same, nothing was written."""


class ReadConfiguration(NamedTuple):
    """A configuration that was read, with the name it was read by; `mark`: the mark of its files."""

    name: str
    mark: Mark
    configured: Configured | None
    trouble: str = ""

    @property
    def settles(self) -> float:
        """Seconds for which keepalived may still be changing the table to what it loaded, 0 when it has finished."""
        if not self.mark and self.configured is not None:
            return LOADS  # it was being written all the while
        age = time.time() - max((file[3] for file in self.mark), default=0) / 1e9
        return LOADS - age if 0 <= age < LOADS else 0.0


NOTHING = ReadConfiguration("", (), None)


def configured(parent: Parent, before: ReadConfiguration = NOTHING) -> ReadConfiguration:
    """The configuration file of a keepalived; `before` itself while nothing was written."""
    if parent.config is None:
        return ReadConfiguration("", (), None, parent.trouble)
    names = before.configured.files if before.configured is not None else (str(parent.config),)
    if before.mark and _mark(names) == before.mark:
        return before
    return _read(parent, str(parent.config))


def loaded(parent: Parent, file: ReadConfiguration, before: ReadConfiguration = NOTHING) -> ReadConfiguration:
    """keepalived's copy of what it loaded, NOTHING where it keeps none or we may not read it. `file`: its configuration
    file as it is now, which replaces the copy where the copy was made from it and is newer."""
    copy = copy_of(parent.pid)
    if copy is None:
        return NOTHING
    mark = _mark((copy,))
    if mark == before.mark:
        return before
    if not mark[0][2]:  # it is about to be written
        return before._replace(mark=mark)
    older = file.configured is not None and all(
        _written(name) < mark[0][3] for name in (file.name, *file.configured.files)
    )
    return file._replace(mark=mark) if older and _made_of(parent, copy, file.name) else _read(parent, copy)


def settling(parent: Parent) -> float:
    """Seconds for which keepalived may still be changing the table to what it has loaded."""
    copy = copy_of(parent.pid)
    return ReadConfiguration(copy, _mark((copy,)), None).settles if copy is not None else 0.0


def _made_of(parent: Parent, copy: str, name: str) -> bool:
    """Whether a copy was made of this file."""
    first = made_of(copy)
    try:
        return bool(first) and seen(parent.pid, first).samefile(name)
    except OSError:
        return False


def _read(parent: Parent, name: str) -> ReadConfiguration:
    """A file that was written while it was read, or a moment before, may be incomplete: it is read again, and if it
    does not settle, again at the next read."""
    from lvstui.keepalived.conf import read_config

    for _ in range(_TRIES):
        began, mark = time.time_ns(), _mark((name,))
        try:
            configuration = read_config(name, parent.config_id)
        except BadInput as error:
            result = ReadConfiguration(name, mark, None, error.sentence)
        else:
            result = ReadConfiguration(name, mark + _mark(configuration.files)[1:], configuration)
        if _mark((name,)) == mark and not any(began - _RESTS < file[3] <= time.time_ns() for file in result.mark):
            return result
        time.sleep(_RESTS / 1e9)
    return result._replace(mark=())


def _written(name: str) -> int:
    """When a file was written, or put where it is, in nanoseconds of the epoch."""
    try:
        return max(os.stat(path).st_ctime_ns for path in (name, os.path.dirname(os.path.realpath(name))))
    except OSError:
        return sys.maxsize


def _mark(names: tuple[str, ...]) -> Mark:
    marks = []
    for name in names:
        try:
            stat = os.stat(name)
        except OSError:
            marks.append((name, 0, 0, 0))
        else:
            marks.append((name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(marks)
