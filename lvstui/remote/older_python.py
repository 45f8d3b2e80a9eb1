"""What Python 3.9 lacks of the standard library, for the reader alone: RHEL 9 and Debian 11 have that Python. The code
says `zip(strict=True)`, `pairwise` and `os.eventfd` everywhere; here they are added where they are missing, before the
reader is loaded. A later Python is left as it is."""

from __future__ import annotations

import builtins
import itertools
import os
from collections.abc import Iterable, Iterator, Sized
from typing import Any

_zip = zip
_END = object()


def complete() -> None:
    """Adds to this interpreter what it lacks."""
    if not hasattr(itertools, "pairwise"):
        for place, name, value in LACKING:
            setattr(place, name, value)


def strict_zip(*columns: Iterable[Any], strict: bool = False) -> Iterator[tuple[Any, ...]]:
    """`zip` as it is since 3.10. Raises ValueError after the last row where the columns differ in length."""
    return _checked(columns) if strict else _zip(*columns)


def _checked(columns: tuple[Iterable[Any], ...]) -> Iterator[tuple[Any, ...]]:
    lengths = {len(column) if isinstance(column, Sized) else None for column in columns}
    if None not in lengths and len(lengths) <= 1:
        return _zip(*columns)
    return _compared(columns)


def _compared(columns: tuple[Iterable[Any], ...]) -> Iterator[tuple[Any, ...]]:
    for row in itertools.zip_longest(*columns, fillvalue=_END):
        if any(value is _END for value in row):
            raise ValueError("zip() has arguments of different lengths")
        yield row


def pairs(values: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """`itertools.pairwise`."""
    first, second = itertools.tee(values)
    next(second, None)
    return _zip(first, second)


def eventfd(count: int, flags: int) -> int:
    """A file that wakes who waits for it, read and written through one descriptor as the kernel's: a pipe of its own,
    with one byte a wake. Raises OSError."""
    reading, writing = os.pipe()
    try:
        file = os.open(f"/proc/self/fd/{reading}", os.O_RDWR | flags)
    finally:
        os.close(reading)
        os.close(writing)
    eventfd_write(file, count)
    return file


def eventfd_read(file: int) -> int:
    """The wakes since the last read. Raises BlockingIOError where there was none."""
    return len(os.read(file, 1 << 16))


def eventfd_write(file: int, count: int) -> None:
    """Wakes. Raises BlockingIOError where 65,536 wakes were not read."""
    os.write(file, bytes(count))


LACKING = (
    (builtins, "zip", strict_zip),
    (itertools, "pairwise", pairs),
    (os, "EFD_CLOEXEC", os.O_CLOEXEC),
    (os, "EFD_NONBLOCK", os.O_NONBLOCK),
    (os, "eventfd", eventfd),
    (os, "eventfd_read", eventfd_read),
    (os, "eventfd_write", eventfd_write),
)
"""The module, the name, and what stands in for it."""
