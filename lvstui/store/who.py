"""Who runs lvstui, even through sudo and SSH."""

from __future__ import annotations

import os
from pathlib import Path

from lvstui.director.record import Who
from lvstui.plain import plain

_NOBODY = 2**32 - 1
"""The loginuid where nobody logged in: a service, a container."""

_UP = 16
"""The most parents searched: sudo removes the SSH variables for us, but not for its own parent."""


def who() -> Who:
    """Who runs lvstui, as far as is known: every part may be ""."""
    return Who(
        login=_name(_login_uid()),
        user=_name(os.getuid()),
        sudo=_clean(os.environ.get("SUDO_USER", "")),
        origin=_origin(),
        tty=_tty(),
    )


def _login_uid() -> int:
    try:
        return int(Path("/proc/self/loginuid").read_text())
    except (OSError, ValueError):
        return _NOBODY


def _name(uid: int) -> str:
    import pwd

    if uid == _NOBODY:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _origin() -> str:
    """The address of the SSH client of this process or of an ancestor."""
    for name in ("SSH_CONNECTION", "SSH_CLIENT"):
        if os.environ.get(name):
            return _clean(os.environ[name].split(" ")[0])
    pid = os.getppid()
    for _ in range(_UP):
        if pid <= 1:
            break
        try:
            variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
        for variable in variables:
            if variable.startswith((b"SSH_CONNECTION=", b"SSH_CLIENT=")):
                return _clean(variable.partition(b"=")[2].split(b" ")[0].decode("ascii", "replace"))
    return ""


def _tty() -> str:
    for descriptor in (0, 1, 2):
        try:
            return _clean(os.ttyname(descriptor).removeprefix("/dev/"))
        except OSError:
            continue
    return ""


def _clean(text: str) -> str:
    return plain(text.strip())[:64]
