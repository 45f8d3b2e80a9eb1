"""The lab on a developer's own kernel: where `ip_vs` can be had and we are root, in namespaces of its own.

It answers like the User Mode Linux guest, but the kernel is shared: modules must be left as they are.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.lab import needs
from tests.lab.session import SEARCH, Guest, LabMissing, Session, open_session

HERE = Path(__file__).resolve().parent
START_SECONDS = 180.0
MODULES = ("ip_vs", "veth", "bridge", "dummy")
SPACES = ("--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc")


def start() -> Session:
    """Enter fresh namespaces and wait until they take commands."""
    if os.geteuid() != 0:
        raise LabMissing("not root, so this host's own kernel cannot be used")
    packages = needs.missing(("ip",))
    if packages:
        raise LabMissing(f"the host's lab is not complete: {needs.advice(packages)}")
    _load_modules()
    if not Path("/proc/net/ip_vs").exists():
        raise LabMissing("this host's kernel has no ip_vs module")

    def launch(share: Path, reads: int, writes: int) -> Guest:
        console = share / "console"
        with console.open("wb") as complaints:
            process = subprocess.Popen(
                ["unshare", *SPACES, "/bin/sh", str(HERE / "host.sh")],
                stdin=reads,
                stdout=writes,
                stderr=complaints,
                env={
                    "PATH": SEARCH,
                    "LAB_SHARE": str(share),
                    "LAB_PYTHON": str(Path(sys.executable).resolve()),
                    "LAB_AGENT": str(HERE / "agent.py"),
                },
                start_new_session=True,
            )
        return Guest(process, console, own_group=True)

    return open_session("host", launch, START_SECONDS)


def _load_modules() -> None:
    """A module that is built in, or missing, shows only when it is used."""
    modprobe = needs.find("modprobe")
    if modprobe:
        subprocess.run([modprobe, "-a", "-q", *MODULES], check=False, stderr=subprocess.DEVNULL)
