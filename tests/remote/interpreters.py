"""The Pythons of this machine, by version."""

from __future__ import annotations

import os
import shutil
import sys
from glob import glob
from pathlib import Path

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
"""Those that the reader is run with."""
TOO_OLD = ("3.6", "3.7", "3.8")
"""Those that are refused: RHEL 8's, Debian 10's and Ubuntu 20.04's."""


def pythons(versions: tuple[str, ...] = VERSIONS) -> dict[str, str]:
    """The interpreters that are here, by version: the system's, pyenv's, those of GitHub's runners, and this one."""
    found = {"{}.{}".format(*sys.version_info): sys.executable}
    for version in versions:
        root = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
        folders = sorted(glob(f"{root}/versions/{version}.*/bin"))  # none where we may not look
        cache = os.environ.get("RUNNER_TOOL_CACHE")
        folders += sorted(glob(f"{cache}/Python/{version}.*/*/bin")) if cache else []
        places = os.pathsep.join([*folders, "/usr/bin", "/usr/local/bin"])
        path = shutil.which(f"python{version}", path=places)
        if path is not None:
            found[version] = path
    return found
