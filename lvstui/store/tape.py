"""A tape: a file of frames, appended one by one, each whole or not there.

    lvstui tape 1\n
    kind (1 byte)  taken (8, seconds of the epoch)  length (4)  crc32 (4)  payload (length)      ... and so on

Numbers are big-endian. `K` is a frame that stands by itself, `D` one that says what differs from the one before; a
frame that a kill cut short is recognised by its length and checksum, and left out. What is in a payload is written and
read by frames.py.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from lvstui import opening
from lvstui.director.errors import BadInput, NotDone
from lvstui.store.whole import unwritable

VERSION = 1
KEY, DIFFERENCE = b"K", b"D"
LARGEST = 2**30
"""Bytes at which a recording ends: a forgotten one must not fill the disk."""

_LAST = 2**36
"""Seconds of the epoch that are believed: the year 4147."""
_MAGIC = b"lvstui tape "
_HEAD = Struct(">cdII")


class Spot(NamedTuple):
    """Where a frame stands in its file: its kind, when it was taken, where its payload begins and how long it is."""

    kind: bytes
    taken: float
    offset: int
    length: int


class Tape(NamedTuple):
    """A tape that was opened to be looked at: its frames in order, and how many bytes at its end are none."""

    path: Path
    spots: tuple[Spot, ...]
    lost: int

    def payload(self, spot: Spot) -> bytes:
        """Raises BadInput when the file can no longer be read there."""
        try:
            with open(opening.regular(self.path), "rb") as file:
                file.seek(spot.offset)
                return file.read(spot.length)
        except OSError as error:
            raise BadInput(str(self.path), f"cannot be read: {error.strerror or error}") from None


def opened(path: Path) -> Tape:
    """A tape to look at. Raises BadInput where it is none, holds nothing, or is of a later version."""
    try:
        with open(opening.regular(path), "rb") as file:
            _check(path, file.read(len(_MAGIC) + 8))
            size = os.fstat(file.fileno()).st_size
            spots = tuple(_spots(file.fileno(), size))
    except OSError as error:
        raise BadInput(str(path), f"cannot be read: {error.strerror or error}") from None
    while spots and spots[0].kind != KEY:
        spots = spots[1:]
    if not spots:
        raise BadInput(str(path), "is an empty recording: it was cut off before the first reading")
    end = spots[-1].offset + spots[-1].length
    return Tape(path, spots, size - end)


class Writer:
    """A tape that is appended to; held by one program at a time."""

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        """Makes the file, mode 0600, or goes on with a tape that is there: what a kill cut short is taken off. Raises
        NotDone when it cannot be written or another program writes it, BadInput when it is something else."""
        self._path = path
        self._largest = largest
        try:
            with opening.reached(path) as spot:
                self._file = spot.open(os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise unwritable(path, error) from None
        try:
            self._begin()
        except BaseException:
            os.close(self._file)
            raise

    def _begin(self) -> None:
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise BadInput(str(self._path), "is no file, and a recording is gone on with")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NotDone(str(self._path), "another lvstui records to it", "give another name") from None
        self.size = os.fstat(self._file).st_size
        if not self.size:
            self._put(b"%s%d\n" % (_MAGIC, VERSION))
            return
        head = os.pread(self._file, len(_MAGIC) + 8, 0)
        try:
            _check(self._path, head)
        except BadInput as error:
            error.mend = "give the name of a new file, or of a recording to go on with"
            raise
        end = head.index(b"\n") + 1
        for spot in _spots(self._file, self.size):
            end = spot.offset + spot.length
        os.ftruncate(self._file, end)
        self.size = end

    def append(self, kind: bytes, taken: float, payload: bytes) -> None:
        """Adds a frame. Raises NotDone: nothing of it is left in the file then, unless the disk itself failed."""
        if self.size + len(payload) > self._largest:
            raise NotDone(str(self._path), f"has reached {self._largest >> 20} MB", "record to another file")
        self._put(_HEAD.pack(kind, taken, len(payload), crc32(payload)) + payload)

    def close(self) -> None:
        os.close(self._file)

    def _put(self, data: bytes) -> None:
        try:
            written = os.write(self._file, data)
            if written < len(data):
                os.ftruncate(self._file, self.size)
                raise NotDone(str(self._path), "cannot be written: no space left on device")
        except OSError as error:
            raise NotDone(str(self._path), f"cannot be written: {error.strerror or error}") from None
        self.size += len(data)


def _check(path: Path, head: bytes) -> None:
    """Raises BadInput unless this is the beginning of a tape of a version we know."""
    word, end, _ = head.removeprefix(_MAGIC).partition(b"\n")
    if not head.startswith(_MAGIC) or not end or not word.isdigit():
        raise BadInput(str(path), "is no recording of lvstui")
    if int(word) != VERSION:
        raise BadInput(
            str(path), f"is of version {int(word)}, this program knows {VERSION}", "use the lvstui that recorded it"
        )


def _spots(file: int, size: int) -> Iterator[Spot]:
    """The whole frames of a file, up to the first that is not."""
    offset = os.pread(file, len(_MAGIC) + 8, 0).index(b"\n") + 1
    while offset + _HEAD.size <= size:
        kind, taken, length, checksum = _HEAD.unpack(os.pread(file, _HEAD.size, offset))
        offset += _HEAD.size
        if kind not in (KEY, DIFFERENCE) or not 0 <= taken < _LAST or offset + length > size:
            return
        payload = os.pread(file, length, offset)
        if len(payload) < length or crc32(payload) != checksum:
            return
        yield Spot(kind, taken, offset, length)
        offset += length
