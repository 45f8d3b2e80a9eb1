"""What earlier versions kept of a table in a folder that they named by the inode of its network namespace."""

from __future__ import annotations

from contextlib import suppress

from lvstui.opening import Distrusted
from lvstui.places import Kept
from lvstui.store import private


def taken_over(kept: Kept) -> Kept:
    """The folder under its new name; where it cannot be renamed, it is used as it is called. Of several the latest is
    taken, and the others are left alone."""
    for folder in kept.old:
        try:
            with private.opened(folder), suppress(FileNotFoundError):  # another lvstui may be first
                folder.rename(kept.folder)
            return kept._replace(old=())
        except Distrusted:
            continue
        except OSError:
            if kept.folder.is_dir():  # another lvstui was first
                break
            return kept._replace(folder=folder, old=())
    return kept._replace(old=())
