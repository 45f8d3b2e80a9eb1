"""keepalived 2.3 as Debian 13 has it, with its own C library, in a root of its own beside the host's.

apt fetches the packages once, which needs no privilege, and they are unpacked into the checkout's build folder.
A guest copies them into its memory, so that they are root's there whoever unpacked them.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path

from tests.lab.session import REPOSITORY, LabMissing

FOLDER = REPOSITORY / "build/debian13"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCE = f"deb [arch=amd64 signed-by={KEYRING}] http://deb.debian.org/debian trixie main\n"
LIBRARIES = "usr/lib/x86_64-linux-gnu"
PROGRAMS = ("apt-get", "dpkg-deb")
SECONDS = 300
NEEDED = ("keepalived", "lib", "zlib1g", "gcc-")
"""How the names of the packages begin that keepalived needs to run; the others are for its installation."""


def root() -> Path:
    """The unpacked packages. Raises LabMissing where they cannot be had, saying why."""
    done = FOLDER / "root"
    if done.is_dir():
        return done
    if platform.machine() != "x86_64":
        raise LabMissing("keepalived 2.3 of Debian 13 is fetched for x86_64 alone")
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent or not KEYRING.exists():
        raise LabMissing(f"keepalived 2.3 of Debian 13 cannot be fetched: no {', '.join(absent) or KEYRING} here")
    shutil.rmtree(FOLDER, ignore_errors=True)
    for folder in ("state/lists/partial", "cache/archives/partial", "new"):
        (FOLDER / folder).mkdir(parents=True)
    (FOLDER / "status").touch()
    (FOLDER / "sources.list").write_text(SOURCE)
    _run(*_apt(), "update")
    _run(*_apt(), "--yes", "--no-install-recommends", "--download-only", "install", "keepalived")
    for package in sorted((FOLDER / "cache/archives").glob("*.deb")):
        if package.name.startswith(NEEDED):
            _run("dpkg-deb", "--extract", str(package), str(FOLDER / "new"))
    _keep(FOLDER / "new", FOLDER / "kept")
    for name in ("cache", "state", "new"):
        shutil.rmtree(FOLDER / name)
    (FOLDER / "kept").rename(done)
    return done


def _keep(whole: Path, kept: Path) -> None:
    """keepalived, what it reads while it runs, and the libraries that its loader names: little to copy into a guest."""
    loader, program = whole / "usr/lib64/ld-linux-x86-64.so.2", whole / "usr/sbin/keepalived"
    listed = _run(str(loader.resolve()), "--library-path", str(whole / LIBRARIES), "--list", str(program))
    libraries = re.findall(r"=> (\S+) \(", listed)
    for file in (loader, program, whole / "etc/keepalived/keepalived.config-opts", *map(Path, libraries)):
        place = kept / file.relative_to(whole)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    shutil.copytree(whole / "usr/share/dbus-1", kept / "usr/share/dbus-1")
    for name in ("bin", "sbin", "lib", "lib64"):
        (kept / name).symlink_to(f"usr/{name}")


def _apt() -> tuple[str, ...]:
    """apt-get with nothing of this machine's but its keys."""
    places = {
        "Dir::State": FOLDER / "state",
        "Dir::State::status": FOLDER / "status",
        "Dir::Cache": FOLDER / "cache",
        "Dir::Etc::sourcelist": FOLDER / "sources.list",
        "Dir::Etc::sourceparts": "/nonexistent",
        "Dir::Etc::preferencesparts": "/nonexistent",
        "APT::Architecture": "amd64",
        "APT::Architectures": "amd64",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Debug::NoLocking": "true",
    }
    return ("apt-get", "-qq", *(word for name, value in places.items() for word in ("-o", f"{name}={value}")))


def _run(*words: str) -> str:
    try:
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=SECONDS).stdout
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or f"exit status {error.returncode}").splitlines()[-1]
        raise LabMissing(f"keepalived 2.3 of Debian 13 cannot be fetched: {last}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabMissing(f"keepalived 2.3 of Debian 13 cannot be fetched: {error}") from None
