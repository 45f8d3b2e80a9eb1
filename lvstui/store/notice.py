"""The notice next to the lock of a table, which every user may read: who works on it since when, and whose restore was
cut off. The journal of that restore is in the state folder of the user who began it.

It is written in place with a fixed length, so that it can be written on a full disk once it exists, and by members of
the lock's group, who cannot create files there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from lvstui.director.errors import NotDone
from lvstui.store import lock
from lvstui.store.noticed import ROOM, Notice


def write(path: Path, notice: Notice | None, group: str = "") -> None:
    """Writes the notice, or empties it (None). Raises NotDone, Unavailable."""
    text = "" if notice is None else json.dumps(notice._asdict())
    data = text.encode()[: ROOM - 1].ljust(ROOM - 1) + b"\n"
    try:
        descriptor = lock.shared(path, group, 0o664 if group else 0o644)
        try:
            if os.pwrite(descriptor, data, 0) < len(data):
                raise OSError("no space left on device")
        finally:
            os.close(descriptor)
    except OSError as error:
        raise NotDone(str(path), f"cannot be written: {error.strerror or error}", "LVSTUI_RUN moves it") from None
