"""Debian packages beside the machine's own: apt fetches them once, which needs no privilege, and they are unpacked into
the checkout's build folder."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.lab.session import REPOSITORY, LabMissing

BUILD = REPOSITORY / "build"
PROGRAMS = ("apt-get", "dpkg-deb")
INSTALLED = Path("/var/lib/dpkg/status")
SECONDS = 300
_NOWHERE = "/nonexistent"


def unpack(name: str, package: str, into: Path, source: str = "", only: Iterable[str] = ("",)) -> None:
    """A package, with everything it needs that this machine lacks; with a `source` all of it from there. Only packages
    whose names begin with one of `only` are unpacked. Raises LabMissing, with the reason, if they cannot be fetched."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        raise LabMissing(f"{name} cannot be fetched: no {', '.join(absent)} here")
    work = BUILD / f"{package}.fetched"
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    places = {
        "Dir::State": work / "state",
        "Dir::State::status": work / "status" if source else INSTALLED,
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Debug::NoLocking": "true",
    }
    if source:
        (work / "sources.list").write_text(source)
        places |= {
            "Dir::Etc::sourcelist": work / "sources.list",
            "Dir::Etc::sourceparts": _NOWHERE,
            "Dir::Etc::preferencesparts": _NOWHERE,
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
        }
    apt = ("apt-get", "-qq", *(word for key, value in places.items() for word in ("-o", f"{key}={value}")))
    try:
        run(name, *apt, "update")
        run(name, *apt, "--yes", "--no-install-recommends", "--download-only", "install", package)
        into.mkdir(parents=True, exist_ok=True)
        for file in sorted((work / "cache/archives").glob("*.deb")):
            if file.name.startswith(tuple(only)):
                run(name, "dpkg-deb", "--extract", str(file), str(into))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def run(name: str, *words: str) -> str:
    """The output of a command that the package needs."""
    try:
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=SECONDS).stdout
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or f"exit status {error.returncode}").splitlines()[-1]
        raise LabMissing(f"{name} cannot be fetched: {last}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabMissing(f"{name} cannot be fetched: {error}") from None
