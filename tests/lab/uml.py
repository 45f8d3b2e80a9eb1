"""Boots User Mode Linux: a real kernel with a real IPVS, as an ordinary process of the host.

The host's root is the guest's, through hostfs under an overlay, so every program and virtual environment of the host
is inside as it is and nothing written there comes back out. It needs no KVM, no image and no privilege. Also a program:

    python -m tests.lab.uml [--seconds N] [--memory 1G] -- COMMAND...
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab import needs
from tests.lab.session import SEARCH, Guest, Job, LabError, LabMissing, LabTimeout, Session

HERE = Path(__file__).resolve().parent
KERNEL = "linux.uml"
# What the guest's boot itself runs. The rest (ipvsadm, keepalived, ...) is asked for where it is used.
PROGRAMS = (KERNEL, "modprobe", "ip")
# Schedulers and tunnels come by themselves when they are first named, as on any machine.
MODULES = ("ip_vs", "veth", "bridge", "dummy")
BOOT_SECONDS = 60.0
TICK = 0.05  # seconds between two looks at a running command's output
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


def boot(
    *,
    memory: str = "1G",
    modules: Sequence[str] = MODULES,
    seconds: float = BOOT_SECONDS,
    terminal: int | None = None,
) -> Session:
    """Boot a guest and wait until it takes commands.

    `terminal` is a file descriptor of a terminal that becomes /dev/tty2 of the guest.
    """
    packages = needs.missing(PROGRAMS)
    if packages:
        raise LabMissing(f"User Mode Linux is not complete here: {needs.advice(packages)}")
    share = Path(tempfile.mkdtemp(prefix="lvstui-lab-"))
    from_host, to_guest = os.pipe()
    from_guest, to_host = os.pipe()
    wires = [from_host, to_host, *([] if terminal is None else [terminal])]
    console = share / "console"
    settings = {
        "LAB_SHARE": share,
        "LAB_MODULES": ",".join(modules),
        "LAB_PATH": SEARCH,
        "LAB_PYTHON": Path(sys.executable).resolve(),
        "LAB_AGENT": HERE / "agent.py",
    }
    command = [
        needs.find(KERNEL) or KERNEL,
        "quiet",
        f"mem={memory}",
        f"uml_dir={share}",
        *("root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "panic=-1"),
        *("con=null", "con0=null,fd:1", f"con1=fd:{from_host},fd:{to_host}"),
        *([] if terminal is None else [f"con2=fd:{terminal},fd:{terminal}"]),
        *(f'{name}="{value}"' for name, value in settings.items()),
        "init=/bin/sh",
        "--",
        str(HERE / "guest.sh"),
    ]
    with console.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": _memory_folder(memory)},
            pass_fds=wires,
            # A guest on the user's terminal must stay in the terminal's foreground group to read from it.
            start_new_session=terminal is None,
        )
    os.close(from_host)
    os.close(to_host)
    session = Session("uml", Guest(process, console, own_group=terminal is None), share, from_guest, to_guest)
    try:
        session.wait_ready(seconds)
    except BaseException:
        session.close()
        raise
    return session


def _memory_folder(memory: str) -> str:
    """Where the guest's memory file goes: /dev/shm, unless it is too small (containers often have 64 MB)."""
    wanted = int(memory[:-1]) * UNITS[memory[-1].upper()]
    shm = Path("/dev/shm")
    return str(shm) if shm.is_dir() and shutil.disk_usage(shm).free > wanted else tempfile.gettempdir()


def _follow(job: Job, seconds: float) -> int:
    """Copy the job's output to ours as it comes, and return its exit status."""
    deadline = time.monotonic() + seconds
    pairs = [(job.folder / "stdout", sys.stdout.buffer), (job.folder / "stderr", sys.stderr.buffer)]
    copied = [0, 0]
    code = None
    while code is None:
        code = job.poll(TICK)
        for index, (file, ours) in enumerate(pairs):
            if file.exists() and file.stat().st_size > copied[index]:
                with file.open("rb") as written:
                    written.seek(copied[index])
                    copied[index] += ours.write(written.read())
                ours.flush()
        if code is None and time.monotonic() > deadline:
            job.stop()
            raise LabTimeout(f"the command took longer than {seconds:g} s")
    return code if code >= 0 else 128 - code


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.uml", description="Run a command on a real IPVS kernel.")
    parser.add_argument("--seconds", type=float, default=120.0, help="time limit of the command")
    parser.add_argument("--memory", default="1G", help="memory of the guest")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(argv)
    try:
        with boot(memory=options.memory) as lab:
            return _follow(lab.spawn(options.command, cwd=Path.cwd()), options.seconds)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 99


if __name__ == "__main__":
    sys.exit(main())
