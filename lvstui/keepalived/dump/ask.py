"""Asking a running keepalived what it knows: a signal, then the files it writes in answer.

Each answer is a file written by the daemon's own event loop, so it is asked seldom: a file that is young enough,
whoever asked for it, is read as it is. Passwords in the files go nowhere (dump/*.py).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from lvstui.director.errors import NotDone
from lvstui.director.vrrp import Instance
from lvstui.director.watched import Watched
from lvstui.keepalived.dump import checkers, instances, statistics
from lvstui.keepalived.signalling import send

Read = TypeVar("Read")

SELDOM = 10.0
"""Seconds between two askings, by whomever."""
PATIENCE = 3.0
"""Seconds that an answer may take."""
_SETTLE = 0.05
"""Seconds in which a file may not grow to be taken as whole: it is renamed into place before it is written."""


class Told(NamedTuple):
    """What keepalived told, and when: seconds of the epoch."""

    at: float
    instances: tuple[Instance, ...]
    watched: tuple[Watched, ...]


def told(pid: int) -> Told:
    """What the keepalived whose parent process is `pid` tells, asked anew unless it was within SELDOM seconds. Takes
    up to PATIENCE seconds. Raises NotDone when it may not be asked, is no keepalived, or does not answer."""
    folders = _folders(pid)
    now = time.time()
    if _youngest(folders, "keepalived.data") < now - SELDOM and _youngest(folders, "keepalived.json") < now - SELDOM:
        send(pid, "DATA")
        with suppress(NotDone):  # a build without JSON; what it adds can be done without
            send(pid, "JSON")
    since = now - SELDOM
    found = _whole(folders, "keepalived.data", since, instances.instances)
    if found is None:
        raise NotDone("keepalived", f"does not answer within {PATIENCE:g} s", "is its temporary folder writable?")
    at, known = found
    counted = _whole(folders, "keepalived.json", since, statistics.instances, patience=1.0)
    watched = _whole(folders, "keepalived_check.data", since, checkers.watched, patience=1.0)
    return Told(at, _joined(known, counted[1] if counted else ()), watched[1] if watched else ())


def _joined(known: tuple[Instance, ...], counted: tuple[Instance, ...]) -> tuple[Instance, ...]:
    """The instances of keepalived.data with the counts of keepalived.json; all of the latter's, were there none."""
    counts = {instance.name: instance.transitions for instance in counted}
    if not known:
        return counted
    return tuple(instance._replace(transitions=counts.get(instance.name)) for instance in known)


def _folders(pid: int) -> tuple[Path, ...]:
    """Where it may write, as seen from its own root: $TMPDIR of the daemon since 2.2.0, /tmp before. Raises NotDone."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError as error:
        raise NotDone("keepalived", f"cannot be asked: {error.strerror}", "run as root") from None
    names = [item[7:].decode(errors="replace") for item in environment if item.startswith(b"TMPDIR=/")]
    return tuple(Path(f"/proc/{pid}/root{name}") for name in [*names, "/tmp"])


def _youngest(folders: tuple[Path, ...], name: str) -> float:
    times = [0.0]
    for folder in folders:
        with suppress(OSError):
            times.append((folder / name).stat().st_mtime)
    return max(times)


def _whole(
    folders: tuple[Path, ...], name: str, since: float, read: Callable[[str], Read], patience: float = PATIENCE
) -> tuple[float, Read] | None:
    """A file that was written since then, when it no longer grows and can be read; None when none comes in time."""
    until = time.monotonic() + patience
    before = (0, 0.0)
    while True:
        for folder in folders:
            try:
                with (folder / name).open("rb") as stream:
                    text, stat = stream.read(), os.fstat(stream.fileno())
            except OSError:
                continue
            if stat.st_mtime < since or stat.st_uid not in (0, os.geteuid()):
                continue
            if (len(text), stat.st_mtime) == before and text:
                with suppress(ValueError):
                    return stat.st_mtime, read(text.decode(errors="replace"))
            before = (len(text), stat.st_mtime)
            break
        if time.monotonic() > until:
            return None
        time.sleep(_SETTLE)
