"""Who runs lvstui, even through sudo and SSH."""

from __future__ import annotations

import os
from pathlib import Path

from lvstui.director.model import address_packed
from lvstui.director.record import Who
from lvstui.plain import plain

_NOBODY = 2**32 - 1
"""The loginuid where nobody logged in: a service, a container."""

_ZONE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
"""Characters of the interface behind the % of an address."""
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
    """The address of the SSH client of this process or of an ancestor. Unlike the login, which the kernel keeps, it is
    believed from the user's own environment."""
    for name in ("SSH_CONNECTION", "SSH_CLIENT"):
        if os.environ.get(name):
            return _address(os.environ[name])
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
                return _address(variable.partition(b"=")[2].decode("ascii", "replace"))
    return ""


def _address(value: str) -> str:
    """The client's address in what sshd set, "" where it is none: whoever calls sudo can set the variable."""
    word = value.partition(" ")[0]
    address, _, zone = word.partition("%")
    try:
        address_packed(address)
    except ValueError:
        return ""
    return _clean(word) if _ZONE.issuperset(zone) else address


def _tty() -> str:
    for descriptor in (0, 1, 2):
        try:
            return _clean(os.ttyname(descriptor).removeprefix("/dev/"))
        except OSError:
            continue
    return ""


def _clean(text: str) -> str:
    return plain(text.strip())[:64]
