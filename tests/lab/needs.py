"""Which programs the lab needs from the machine, and the Debian packages that bring them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

PACKAGES = {
    "linux.uml": "user-mode-linux",
    "modprobe": "kmod",
    "ip": "iproute2",
    "ipvsadm": "ipvsadm",
    "keepalived": "keepalived",
    "dbus-daemon": "dbus-daemon",
    "curl": "curl",
    "sshd": "openssh-server",
    "sudo": "sudo",
    "busybox": "busybox-static",
    "tmux": "tmux",
    "qemu-system-x86_64": "qemu-system-x86",
    "cpio": "cpio",
}

# An ordinary user's PATH on Debian leaves the sbin folders out, yet that is where half of these live.
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def find(program: str) -> str | None:
    return shutil.which(program, path=SEARCH)


def missing(programs: Iterable[str]) -> list[str]:
    """The packages to install, in a stable order, for the programs that are not here."""
    return sorted({PACKAGES[program] for program in programs if find(program) is None})


def advice(packages: Iterable[str]) -> str:
    return f"apt-get install --no-install-recommends {' '.join(packages)}"
