"""What earlier versions kept of a table in a folder that they named by the inode of its network namespace."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from lvstui.opening import Distrusted
from lvstui.places import Kept
from lvstui.store import private


def taken_over(kept: Kept) -> Kept:
    """The folder under its new name; where it cannot be renamed, it is used as it is called. Of several the latest is
    taken, and the others are left alone."""
    for folder in kept.old:
        try:
            with private.opened(Path(folder)), suppress(FileNotFoundError):  # another lvstui may be first
                os.rename(folder, kept.at)
            return kept._replace(old=())
        except Distrusted:
            continue
        except OSError:
            if os.path.isdir(kept.at):  # another lvstui was first
                break
            return kept._replace(at=folder, old=())
    return kept._replace(old=())
