"""The keepalived of our network namespace: its parent process, and the configuration it was started with."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_NAME = "keepalived"
_DEFAULT = "/etc/keepalived/keepalived.conf"


class Parent(NamedTuple):
    """The process that starts and stops the others; `config` as seen from here, through its own root."""

    pid: int
    config: Path


class Found(NamedTuple):
    """`running` is None when it cannot be told, because a keepalived runs that we may not look into."""

    running: bool | None
    parent: Parent | None = None


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
            return Found(True, Parent(process.pid, _config(process.pid, process.info["cmdline"] or ())))
    return Found(None if unknown else False)


def _config(pid: int, words: list[str] | tuple[()]) -> Path:
    """-f FILE, -fFILE, --use-file FILE or --use-file=FILE, else the default."""
    name = _DEFAULT
    rest = iter(words[1:])
    for word in rest:
        if word in ("-f", "--use-file"):
            name = next(rest, name)
        elif word.startswith("--use-file="):
            name = word.partition("=")[2]
        elif word.startswith("-f") and len(word) > 2:
            name = word[2:]
    folder = Path(f"/proc/{pid}/root")
    return folder / name.lstrip("/") if name.startswith("/") else Path(f"/proc/{pid}/cwd") / name
