"""Takes over the folders of earlier versions, which were named by the inode of a network namespace."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from lvstui.opening import Distrusted
from lvstui.places import TablePaths
from lvstui.store import private


def taken_over(paths: TablePaths) -> TablePaths:
    """Renames the folder to its new name; where that fails, uses the old name. Of several, the latest is taken and the
    others are left alone."""
    for folder in paths.old:
        try:
            with private.opened(Path(folder)), suppress(FileNotFoundError):  # another lvstui may be first
                os.rename(folder, paths.at)
            return paths._replace(old=())
        except Distrusted:
            continue
        except OSError:
            if os.path.isdir(paths.at):  # another lvstui was first
                break
            return paths._replace(at=folder, old=())
    return paths._replace(old=())
