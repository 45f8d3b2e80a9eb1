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
from zlib import crc32

from lvstui import opening
from lvstui.director.errors import BadInput, NotDone
from lvstui.store.whole import unwritable
from lvstui.values import NamedTuple

VERSION = 1
KEY, DIFFERENCE = b"K", b"D"
LARGEST = 2**30
"""Bytes after which a recording ends, so that a forgotten one does not fill the disk."""

_LAST = 2**36
"""Seconds of the epoch that are believed: the year 4147."""
_MAGIC = b"lvstui tape "
_HEAD = Struct(">cdII")


class FramePosition(NamedTuple):
    """A frame in its file: its kind, when it was taken, and the position and length of its payload."""

    kind: bytes
    taken: float
    offset: int
    length: int


class Tape(NamedTuple):
    """A tape opened for reading: its frames in order, and the number of bytes at its end that are not a frame."""

    path: Path
    spots: tuple[FramePosition, ...]
    lost: int

    def payload(self, spot: FramePosition) -> bytes:
        """Reads a payload. Raises BadInput when the file can no longer be read there."""
        try:
            with open(opening.regular(self.path), "rb") as file:
                file.seek(spot.offset)
                return file.read(spot.length)
        except OSError as error:
            raise BadInput(str(self.path), f"cannot be read: {error.strerror or error}") from None


def opened(path: Path) -> Tape:
    """Opens a tape for reading. Raises BadInput where it is not a tape, is empty, or is from a later version."""
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


class TapeWriter:
    """A tape opened for appending, by one program at a time."""

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        """Creates the file, mode 0600, or continues an existing tape, cutting off an incomplete frame. Raises NotDone
        when it cannot be written or another program writes it, BadInput when it is something else."""
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
            raise BadInput(str(self._path), "is not a file, so no recording can continue in it")
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
            error.mend = "give the name of a new file, or of a recording to continue"
            raise
        end = head.index(b"\n") + 1
        for spot in _spots(self._file, self.size):
            end = spot.offset + spot.length
        os.ftruncate(self._file, end)
        self.size = end

    def append(self, kind: bytes, taken: float, payload: bytes) -> None:
        """Appends a frame. Raises NotDone; the file then has nothing of it, unless the disk itself failed."""
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
    """Checks the beginning of a tape. Raises BadInput for another file or an unknown version."""
    word, end, _ = head.removeprefix(_MAGIC).partition(b"\n")
    if not head.startswith(_MAGIC) or not end or not word.isdigit():
        raise BadInput(str(path), "is not a recording of lvstui")
    if int(word) != VERSION:
        raise BadInput(
            str(path), f"is of version {int(word)}, this program knows {VERSION}", "use the lvstui that recorded it"
        )


def _spots(file: int, size: int) -> Iterator[FramePosition]:
    """The complete frames of a file, up to the first incomplete one."""
    offset = os.pread(file, len(_MAGIC) + 8, 0).index(b"\n") + 1
    while offset + _HEAD.size <= size:
        kind, taken, length, checksum = _HEAD.unpack(os.pread(file, _HEAD.size, offset))
        offset += _HEAD.size
        if kind not in (KEY, DIFFERENCE) or not 0 <= taken < _LAST or offset + length > size:
            return
        payload = os.pread(file, length, offset)
        if len(payload) < length or crc32(payload) != checksum:
            return
        yield FramePosition(kind, taken, offset, length)
        offset += length
