"""The log of lvstui itself: the file, its lines, and the wrapper that logs what a source does."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Sequence
from errno import EPERM
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from typing import Any

from lvstui import log
from lvstui.director.change import Change
from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
from lvstui.director.errors import LvsError, NotDone
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope, Source, Wrapper
from lvstui.director.spell import spell
from lvstui.director.state import State
from lvstui.opening import reached
from lvstui.plain import plain, plain_lines

FORM = "%(asctime)s.%(msecs)03dZ %(process)d %(threadName)s %(message)s"
LARGEST = 5 * 2**20
"""Bytes after which a new file is begun."""
OLDER = 2
"""Older files that are kept, FILE.1 the latest."""
MINUTE = 60.0
MANY = 20
"""The largest number of changes in one send that are logged one by one."""


def start(path: str) -> None:
    """Starts the log in this file, mode 0600. Raises NotDone when it cannot be written, or belongs to another user."""
    logger = logging.getLogger("lvstui")
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    try:
        handler = _File(path, maxBytes=LARGEST, backupCount=OLDER, encoding="utf-8")
    except OSError as error:
        raise NotDone(f"--log {path}", f"cannot be written: {error.strerror or error}", "name another file") from None
    formatter = _OneLine(FORM, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logging.raiseExceptions = False  # errors such as a full disk must not be written to the screen
    log.to(logger, path)


class _File(RotatingFileHandler):
    """A log file, opened like every file that a user names; only a regular file of ours is accepted."""

    def _open(self) -> TextIOWrapper:
        with reached(self.baseFilename) as spot:
            descriptor = spot.open(os.O_WRONLY | os.O_APPEND)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            os.close(descriptor)
            raise PermissionError(EPERM, "it is not a regular file of yours")
        return os.fdopen(descriptor, "a", encoding=self.encoding)


class _OneLine(logging.Formatter):
    """Removes control characters from outside texts; only a trace may have several lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name is logging's)
        return plain(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return plain_lines(super().formatException(ei))


def machine() -> str:
    """The load of the machine and of this process, to judge a program that is slow or grows."""
    try:
        import psutil

        memory, own = psutil.virtual_memory(), psutil.Process()
        load, ours = psutil.getloadavg()[0], own.memory_info().rss
        free = f"{memory.available >> 20} of {memory.total >> 20} MB of memory free"
        return f"load {load:.2f}, {free}, {ours >> 20} MB ours, {own.num_fds()} files open"
    except Exception as error:  # no /proc, or no psutil for this machine: the log continues without it
        return f"the state of the machine is not known: {error}"


class Logged(Wrapper):
    """A Source whose reads, sends and orders are logged, and once a minute the load of the machine."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._machine_logged = -MINUTE

    def read(self, scope: Scope) -> State:
        began = time.monotonic()
        if began - self._machine_logged >= MINUTE:
            self._machine_logged = began
            log.note("%s", machine())
        try:
            state = super().read(scope)
        except LvsError as error:
            log.note("read failed after %.3f s: %s", time.monotonic() - began, error.sentence)
            raise
        names = [name for name in Scope._fields[1:] if getattr(scope, name)]
        what = ", ".join([f"{len(scope.services)} pools", *names])
        log.note("read %d services (%s) in %.3f s", len(state.services), what, time.monotonic() - began)
        return state

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        began = time.monotonic()
        for change in changes[:MANY]:
            log.note("send %s", spell(change))
        try:
            outcomes = super().send(changes, purpose)
        except LvsError as error:
            log.note("send failed after %.3f s: %s", time.monotonic() - began, error.sentence)
            raise
        refused = [outcome.error for outcome in outcomes if outcome.error is not None]
        log.note("sent %d changes in %.3f s, %d refused", len(changes), time.monotonic() - began, len(refused))
        for refusal in refused[:MANY]:
            log.note("refused: %s: %s", refusal.what, refusal.why)
        return outcomes

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        log.note("order to keepalived: %s", order.value)
        answer = super().order(order, purpose)
        log.note("keepalived has done: %s, %d complaints", order.value, len(answer.complaints))
        return answer
