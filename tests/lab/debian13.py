"""keepalived 2.3 as Debian 13 has it, with its own C library, in a root of its own beside the host's.

A guest copies it into its memory, so that it is root's there whoever unpacked it.
"""

from __future__ import annotations

import platform
import re
import shutil
from pathlib import Path

from tests.lab.session import LabMissing
from tests.lab.unpacked import BUILD, run, unpack

NAME = "keepalived 2.3 of Debian 13"
FOLDER = BUILD / "debian13"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCE = f"deb [arch=amd64 signed-by={KEYRING}] http://deb.debian.org/debian trixie main\n"
LIBRARIES = "usr/lib/x86_64-linux-gnu"
NEEDED = ("keepalived", "lib", "zlib1g", "gcc-")
"""The beginnings of the names of the packages that keepalived needs to run; the others are for its installation."""


def root() -> Path:
    """The unpacked packages. Raises LabMissing, with the reason, if they cannot be fetched."""
    done = FOLDER / "root"
    if done.is_dir():
        return done
    if platform.machine() != "x86_64":
        raise LabMissing(f"{NAME} is fetched for x86_64 alone")
    if not KEYRING.exists():
        raise LabMissing(f"{NAME} cannot be fetched: no {KEYRING} here")
    shutil.rmtree(FOLDER, ignore_errors=True)
    unpack(NAME, "keepalived", FOLDER / "new", SOURCE, NEEDED)
    _keep(FOLDER / "new", FOLDER / "kept")
    shutil.rmtree(FOLDER / "new")
    (FOLDER / "kept").rename(done)
    return done


def _keep(whole: Path, kept: Path) -> None:
    """keepalived, what it reads while it runs, and the libraries that its loader names: little to copy."""
    loader, program = whole / "usr/lib64/ld-linux-x86-64.so.2", whole / "usr/sbin/keepalived"
    listed = run(NAME, str(loader.resolve()), "--library-path", str(whole / LIBRARIES), "--list", str(program))
    libraries = re.findall(r"=> (\S+) \(", listed)
    for file in (loader, program, whole / "etc/keepalived/keepalived.config-opts", *map(Path, libraries)):
        place = kept / file.relative_to(whole)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    shutil.copytree(whole / "usr/share/dbus-1", kept / "usr/share/dbus-1")
    for name in ("bin", "sbin", "lib", "lib64"):
        (kept / name).symlink_to(f"usr/{name}")
