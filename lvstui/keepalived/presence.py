"""Whether a keepalived runs in our network namespace, by psutil."""

from __future__ import annotations

from pathlib import Path

_NAME = "keepalived"


def running() -> bool | None:
    """True when a process named keepalived (its children rename themselves keepalived_*) shares our network
    namespace; None when it cannot be told, because one runs that we may not look into."""
    import psutil

    unknown = False
    try:
        ours = Path("/proc/self/ns/net").stat().st_ino
    except OSError:
        return None
    for process in psutil.process_iter(["name"]):
        if not str(process.info["name"] or "").startswith(_NAME):
            continue
        try:
            if Path(f"/proc/{process.pid}/ns/net").stat().st_ino == ours:
                return True
        except PermissionError:
            unknown = True
        except FileNotFoundError:
            continue  # it ended while we looked
    return None if unknown else False
