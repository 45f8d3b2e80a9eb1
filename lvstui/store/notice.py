"""The notice beside the lock of a table, which everybody may read: who works on it since when, and whose restore was
cut off. The journal of that restore is in the state folder of whoever began it.

It is written in place and always as long, so that it can be written on a full disk once it is there, and by members of
the lock's group, who cannot make files beside it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from lvstui import trust
from lvstui.director.errors import NotDone
from lvstui.plain import plain
from lvstui.store import lock, private
from lvstui.values import NamedTuple

_ROOM = 2048
"""Bytes of the file."""


class Notice(NamedTuple):
    """`who` works, in process `pid`, since when (seconds of the epoch), at `what`. `journal`: the path of the journal
    of the restore, "" while there is none. `boot`: the run of the machine."""

    who: str
    pid: int
    since: float
    what: str
    journal: str
    boot: str


def read(path: Path) -> Notice | None:
    """What the notice says, None where it says nothing, or is not to be believed."""
    try:
        # The folder is judged too; members of the lock's group may write the file.
        with private.opened(path.parent) as folder:
            flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(path.name, flags, dir_fd=folder)
        with open(descriptor, "rb") as file:
            if trust.flaw_of(descriptor, str(path), groups=trust.Groups.ANY):
                return None
            data = json.loads(file.read(_ROOM))
        texts = [_plain(data[name]) for name in ("who", "what", "journal", "boot")]
        pid, since = data["pid"], data["since"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    if type(pid) is not int or type(since) not in (int, float) or not 0 <= since < 2**40:
        return None
    return Notice(texts[0], pid, float(since), *texts[1:])


def write(path: Path, notice: Notice | None, group: str = "") -> None:
    """Says it, or nothing (None). Raises NotDone, Unavailable."""
    text = "" if notice is None else json.dumps(notice._asdict())
    data = text.encode()[: _ROOM - 1].ljust(_ROOM - 1) + b"\n"
    try:
        descriptor = lock.shared(path, group, 0o664 if group else 0o644)
        try:
            if os.pwrite(descriptor, data, 0) < len(data):
                raise OSError("no space left on device")
        finally:
            os.close(descriptor)
    except OSError as error:
        raise NotDone(str(path), f"cannot be written: {error.strerror or error}", "LVSTUI_RUN moves it") from None


def _plain(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return plain(value)
