"""The tables as they were before each restore: one whole file each, the latest few kept."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lvstui.director.errors import NotDone
from lvstui.store.whole import write_whole

KEPT = 20
"""Files kept; older ones go when a new one comes."""

_NAME = "before-restore-"


def keep(folder: Path, taken: float, text: Iterable[str]) -> Path:
    """Writes `text` into a new file of `folder` and returns its path. `taken`: seconds of the epoch. Raises NotDone
    when that fails: without it nothing may be changed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotDone(str(folder), f"cannot be made: {error.strerror or error}", "LVSTUI_STATE moves it") from None
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(taken))
    path = folder / f"{_NAME}{stamp}.toml"
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{_NAME}{stamp}-{number}.toml"
    write_whole(path, text)
    _forget(folder, path)
    return path


def _forget(folder: Path, new: Path) -> None:
    """Removes the oldest files beyond KEPT. Failing to is no reason to stop a restore."""
    with suppress(OSError):
        files = [path for path in folder.glob(f"{_NAME}*.toml") if path != new]
        files.sort(key=lambda path: path.stat().st_mtime)
        for path in files[: max(0, len(files) - KEPT + 1)]:
            path.unlink()
