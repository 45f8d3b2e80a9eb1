"""Reading the notice beside the lock of a table: who works on it since when, and whose restore was cut off. A director
that is read from elsewhere tells it too, so nothing here writes."""

from __future__ import annotations

import json
import os
import time
from _collections_abc import Sequence
from pathlib import Path

from lvstui import trust
from lvstui.plain import plain
from lvstui.store import private
from lvstui.values import NamedTuple

ROOM = 2048
"""Bytes of the file."""
CUT_OFF = "was cut off"
MENDS = "lvstui --resume finishes it, --rollback takes it back"
"""How an unfinished restore is ended on the director itself."""


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
            data = json.loads(file.read(ROOM))
        texts = [_plain(data[name]) for name in ("who", "what", "journal", "boot")]
        pid, since = data["pid"], data["since"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    if type(pid) is not int or type(since) not in (int, float) or not 0 <= since < 2**40:
        return None
    return Notice(texts[0], pid, float(since), *texts[1:])


def unfinished(path: Path, boot: str) -> Notice | None:
    """What the notice says of a restore that was begun and has not ended; None where its journal is known to be gone,
    or its table went with the machine."""
    notice = read(path)
    if notice is None or not notice.journal or notice.boot != boot:
        return None
    try:
        os.lstat(notice.journal)
    except FileNotFoundError:
        return None
    except OSError:  # in a folder that we may not look into
        pass
    return notice


def works(notice: Notice) -> bool:
    """Whether the process that said it still runs."""
    try:
        os.kill(notice.pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        pass
    return notice.pid > 0


def cut_off(notice: Notice) -> str:
    """`the restore of x.toml by root, begun at 03:12:07, was cut off`"""
    return f"{notice.what} by {notice.who}, begun {age(notice.since, time.time())}, {CUT_OFF}"


def unfinished_note(notes: Sequence[str]) -> str:
    """The note of a director elsewhere that tells of a restore that was cut off there, "" where none does."""
    return next((note for note in notes if CUT_OFF in note), "")


def mends(host: str) -> str:
    """How it is ended from another machine."""
    import shlex

    on = f"lvstui --on {shlex.quote(host)}"
    return f"{on} --resume finishes it, {on} --rollback takes it back"


def age(started: float, now: float) -> str:
    """When it began, in words: `at 03:12:07`, with the date when it was on another day."""
    began = time.localtime(started)
    same = time.strftime("%F", began) == time.strftime("%F", time.localtime(now))
    return time.strftime("at %T" if same else "on %F at %T", began)


def _plain(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return plain(value)
