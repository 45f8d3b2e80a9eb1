"""The audit log: a JSON object per line, for each change made here and each seen made by others. It is stored with the
other files of a table and readable by its owner only; each line goes to the system log too.

Lines go to a file opened for appending, those of a batch in one write, so lines of several writers never mix. A file
that has reached its bound becomes `audit.jsonl.1` and replaces the earlier one.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import time
from _collections_abc import Iterable, Sequence
from contextlib import suppress
from errno import ENOSPC
from itertools import accumulate
from pathlib import Path

from lvstui.director.record import REFUSED, SEEN, UNKNOWN, Record, Who
from lvstui.plain import plain
from lvstui.store import private, syslog
from lvstui.store.changes import from_data, to_data

NAME = "audit.jsonl"
BOUND = 4 * 2**20
"""Bytes after which a new file is begun: about ten thousand lines."""
LATEST = 1000
"""The most records read back."""
_TAIL = LATEST * 600
_PATIENCE = 1.0
"""Seconds to wait for another writer."""
_LAST = 2**36
"""The latest time accepted, in seconds of the epoch: the year 4147."""
_LONGEST = 16_000
"""The most bytes of a line; a longer one is written without its undo data."""


class Log:
    """The audit log of one table. Never raises: `trouble` says why it could not be written, "" while it can."""

    def __init__(self, folder: Path, *, system: bool = True, bound: int = BOUND) -> None:
        """`system`: write to the system log too."""
        self.path = folder / NAME
        self.trouble = ""
        self._said = ""
        self._system = system
        self._bound = bound
        self._lines: dict[bytes, Record | None] = {}
        self._read: tuple[tuple[int, int, int], tuple[Record, ...]] | None = None

    def write(self, records: Iterable[Record]) -> None:
        """Appends records, and sends them to the system log."""
        records = tuple(records)
        left, most = [*map(_line, records)], len(records)
        while left:
            try:
                left = left[self._append(left[:most]) :]
                self.trouble = ""
            except OSError as error:
                if most > 1:
                    most = 1  # the disk may have room for some
                    continue
                self.trouble = f"the audit log {self.path} cannot be written: {error.strerror or error}"
                del left[0]
        for record in records if self._system else ():
            syslog.tell(_sentence(record), record.result in (REFUSED, UNKNOWN))

    def begin(self, records: Iterable[Record]) -> None:
        """Deletes the log and starts a new one with these records."""
        for path in (self.path, self._older):
            with suppress(OSError):  # a file that cannot be removed stays, and the next write reports it
                path.unlink()
        self.write(records)

    def unsaid(self) -> bool:
        """Whether there is a trouble not yet reported; each is reported once."""
        before, self._said = self._said, self.trouble
        return bool(self.trouble) and before != self.trouble

    def latest(self) -> tuple[Record, ...]:
        """The latest records, latest first; the same object while nothing was written. A line that cannot be parsed is
        left out, and so is a file that cannot be read."""
        mark = self._mark()
        if self._read is None or self._read[0] != mark:
            lines = _tail(self.path)
            if len(lines) < LATEST:
                lines = [*_tail(self._older), *lines]
            # The part that was read before has not changed.
            known, self._lines = self._lines, {}
            for line in reversed(lines[-LATEST:]):
                self._lines[line] = known[line] if line in known else _record(line)
            records = (record for line in reversed(lines[-LATEST:]) if (record := self._lines[line]) is not None)
            self._read = mark, tuple(records)
        return self._read[1]

    @property
    def _older(self) -> Path:
        return self.path.with_name(f"{NAME}.1")

    def _mark(self) -> tuple[int, int, int]:
        try:
            status = self.path.stat()
        except OSError:
            return (0, 0, 0)
        return status.st_ino, status.st_size, status.st_mtime_ns

    def _append(self, lines: Sequence[bytes]) -> int:
        """Appends the first lines, as many as the file has room for, and returns how many. Raises OSError; then it has
        none of them."""
        descriptor = self._open()
        try:
            if os.fstat(descriptor).st_size + len(lines[0]) > self._bound:
                self._turn_over(descriptor)
                os.close(descriptor)
                descriptor = self._open()
            # Writers take turns, so that a line that does not fit on the disk can be cut off again.
            alone = private.waited(descriptor, _PATIENCE)
            size = os.fstat(descriptor).st_size
            whole = not size or os.pread(descriptor, 1, size - 1) == b"\n"
            ends = accumulate(map(len, lines), initial=size)
            number = max(1, sum(end <= self._bound for end in ends) - 1)
            data = (b"" if whole else b"\n") + b"".join(lines[:number])
            if os.write(descriptor, data) < len(data):
                if alone:
                    os.ftruncate(descriptor, size)
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            return number
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        return private.open_file(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, make=True)

    def _turn_over(self, descriptor: int) -> None:
        """Renames the full file, unless another writer has done so."""
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            full = os.fstat(descriptor)
            with suppress(FileNotFoundError):
                if self.path.stat().st_ino == full.st_ino:
                    self.path.rename(self._older)


def _tail(path: Path) -> list[bytes]:
    """The last whole lines of a file."""
    try:
        with open(private.open_file(path, os.O_RDONLY), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _TAIL))
            data = file.read(_TAIL)
    except OSError:
        return []
    lines = data.split(b"\n")
    return lines[1 if size > _TAIL else 0 : -1]  # text after the last newline is not complete yet


def _line(record: Record) -> bytes:
    plain: dict[str, object] = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.epoch)),
        "epoch": round(record.epoch, 3),
        "who": {name: value for name, value in record.who._asdict().items() if value},
        "pid": os.getpid(),
        **{name: value for name in _TEXTS if (value := getattr(record, name))},
    }
    undo: dict[str, object] = {}
    if record.change is not None:
        undo = {"change": to_data(record.change), "inverse": [to_data(change) for change in record.inverse]}
    line = json.dumps(plain | undo, separators=(",", ":")).encode()
    if len(line) > _LONGEST:
        line = json.dumps(plain, separators=(",", ":")).encode()
    return line + b"\n"


_TEXTS = ("host", "netns", "source", "title", "command", "result", "why", "reason")


def _record(line: bytes) -> Record | None:
    try:
        data = json.loads(line)
        texts = {name: _text(data.get(name, "")) for name in _TEXTS}
        who = Who(**{name: _text(data.get("who", {}).get(name, "")) for name in Who._fields})
        change = from_data(data["change"]) if "change" in data else None
        inverse = tuple(from_data(change) for change in data.get("inverse", ()))
        epoch = float(data["epoch"])
        if not math.isfinite(epoch) or not 0 <= epoch < _LAST:
            return None
        return Record(epoch=epoch, who=who, **texts, change=change, inverse=inverse)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _text(value: object) -> str:
    return plain(str(value))


def _sentence(record: Record) -> str:
    """`ann (from 203.0.113.9 on pts/3): ipvsadm -d -t ...: done`"""
    who = record.who
    place = " ".join(filter(None, (who.origin and f"from {who.origin}", who.tty and f"on {who.tty}")))
    hand = "seen" if record.result == SEEN else f"{who.name or 'someone'}{f' ({place})' if place else ''}"
    words: Sequence[str] = (record.command or record.title, record.result, record.why, record.reason)
    return f"{hand}: {record.netns} {record.source}: {': '.join(filter(None, words))}"
