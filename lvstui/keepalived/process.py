"""The keepalived of our network namespace: its parent process, and the configuration it was started with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_NAME = "keepalived"
DEFAULT = "/etc/keepalived/keepalived.conf"


class Parent(NamedTuple):
    """The process that starts and stops the others; `config` as seen from here, through its own root where that is
    not ours; `config_id` as it was started with, "" for the host's name."""

    pid: int
    config: Path
    config_id: str = ""


class Found(NamedTuple):
    """`running` is None when it cannot be told, because a keepalived runs that we may not look into."""

    running: bool | None
    parent: Parent | None = None


class Ending:
    """A file that becomes readable when a process ends."""

    def __init__(self, pid: int) -> None:
        """Raises OSError when it has ended already."""
        self.pid = pid
        self._file = os.pidfd_open(pid)

    def fileno(self) -> int:
        return self._file

    def close(self) -> None:
        os.close(self._file)


def look() -> Found:
    """Looks for a keepalived that shares our network namespace."""
    import psutil

    unknown = False
    try:
        ours = Path("/proc/self/ns/net").stat().st_ino
    except OSError:
        return Found(None)
    for process in psutil.process_iter(["name", "ppid", "cmdline"]):
        # Its children rename themselves keepalived_*, where they are told to.
        if not str(process.info["name"] or "").startswith(_NAME):
            continue
        try:
            if Path(f"/proc/{process.pid}/ns/net").stat().st_ino != ours:
                continue
            above = psutil.Process(process.info["ppid"]).name() if process.info["ppid"] else ""
        except PermissionError:
            unknown = True
            continue
        except (OSError, psutil.Error):
            continue  # it ended while we looked
        if not above.startswith(_NAME):
            words = process.info["cmdline"] or ()
            name = _option(words, "-f", "--use-file") or DEFAULT
            return Found(True, Parent(process.pid, _seen(process.pid, name), _option(words, "-i", "--config-id")))
    return Found(None if unknown else False)


def _option(words: list[str] | tuple[()], short: str, long: str) -> str:
    """The value of an option: -f FILE, -fFILE, --use-file FILE or --use-file=FILE; "" without it."""
    value = ""
    rest = iter(words[1:])
    for word in rest:
        if word in (short, long):
            value = next(rest, value)
        elif word.startswith(f"{long}="):
            value = word.partition("=")[2]
        elif word.startswith(short) and len(word) > len(short):
            value = word[len(short) :]
    return value


def _seen(pid: int, name: str) -> Path:
    """A file of a process as we see it: by its own name where its root and mounts are ours, or cannot be looked at."""
    process = Path(f"/proc/{pid}")
    try:
        ours = all((process / what).samefile(f"/proc/self/{what}") for what in ("root", "ns/mnt"))
        folder = Path(os.readlink(process / "cwd"))
    except OSError:
        ours, folder = True, process / "cwd"
    if name.startswith("/"):
        return Path(name) if ours else process / "root" / name.lstrip("/")
    return folder / name if ours else process / "cwd" / name
