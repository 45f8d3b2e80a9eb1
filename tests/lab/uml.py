"""Boots User Mode Linux: a real kernel with a real IPVS, as an ordinary process of the host.

The host's root is the guest's, through hostfs under an overlay, so every program and virtual environment of the host
is inside as it is and nothing written there comes back out. It needs no KVM, no image and no privilege. Also a program:

    python -m tests.lab.uml [--seconds N] [--memory 1G] -- COMMAND...
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.lab import needs
from tests.lab.oneshot import one_shot
from tests.lab.session import SEARCH, Guest, LabMissing, Session, open_session

HERE = Path(__file__).resolve().parent
KERNEL = "linux.uml"
DRIVERS = "/usr/lib/uml/modules"  # where Debian keeps this kernel's modules, by release
# What the boot of the guest runs. The rest (ipvsadm, keepalived, ...) is required where it is used.
PROGRAMS = (KERNEL, "modprobe", "ip")
# The kernel loads schedulers and tunnels when they are first named, as on any machine.
MODULES = ("ip_vs", "veth", "bridge", "dummy", "sch_ingress", "cls_u32", "act_gact")
PRELOAD = "/usr/lib/lvstui-lab.so"  # in the guest, where every user of every name space finds it
BOOT_SECONDS = 180.0
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

    def launch(share: Path, reads: int, writes: int) -> Guest:
        settings = {
            "LAB_SHARE": f"-t hostfs none -o {share}",
            "LAB_LINE": "/dev/tty1",
            "LAB_DRIVERS": DRIVERS,
            "LAB_MODULES": ",".join(modules),
            "LAB_PATH": SEARCH,
            "LAB_PYTHON": Path(sys.executable).resolve(),
            "LAB_AGENT": HERE / "agent.py",
            **({"LAB_PRELOAD": PRELOAD} if _compile(share / Path(PRELOAD).name) else {}),
        }
        command = [
            needs.find(KERNEL) or KERNEL,
            *("quiet", "panic=-1", f"mem={memory}", f"uml_dir={share}"),
            *("root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro"),
            *("con=null", "con0=null,fd:1", f"con1=fd:{reads},fd:{writes}"),
            *([] if terminal is None else [f"con2=fd:{terminal},fd:{terminal}"]),
            *(f'{name}="{value}"' for name, value in settings.items()),
            *("init=/bin/sh", "--", str(HERE / "guest.sh")),
        ]
        console = share / "console"
        with console.open("wb") as output, _on_one_processor():
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": _memory_folder(memory)},
                pass_fds=[reads, writes, *([] if terminal is None else [terminal])],
                # A guest on the user's terminal must stay in the terminal's foreground group to read from it.
                start_new_session=terminal is None,
            )
        return Guest(process, console, own_group=terminal is None)

    return open_session("uml", launch, seconds, preload=PRELOAD)


def _compile(library: Path) -> bool:
    """What maps the memory of a Python in the guest all at once, and tells it the time where the processor's counter is
    steady. Without a C compiler it takes half as long again."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return False
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split())
    steady = ["-DSTEADY"] if {"constant_tsc", "nonstop_tsc"} <= flags else []
    words = [compiler, "-O2", "-shared", "-fPIC", *steady, "-o", str(library), str(HERE / "mapping.c")]
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


@contextmanager
def _on_one_processor() -> Iterator[None]:
    """What is started here stays on one processor; the guests of another of the tests' workers stay on the next one.

    At each system call and each page fault a process of the guest hands over to the guest's kernel and waits. On two
    processors both fall asleep and are woken each time, which costs up to three times as much.
    """
    usual = os.sched_getaffinity(0)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    number = int(worker.removeprefix("gw")) if worker else os.getpid()
    os.sched_setaffinity(0, {sorted(usual)[number % len(usual)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usual)


def _memory_folder(memory: str) -> str:
    """Where the guest's memory file goes: /dev/shm, unless it is too small (containers often have 64 MB)."""
    wanted = int(memory[:-1]) * UNITS[memory[-1].upper()]
    shm = Path("/dev/shm")
    return str(shm) if shm.is_dir() and shutil.disk_usage(shm).free > wanted else tempfile.gettempdir()


if __name__ == "__main__":
    sys.exit(one_shot("python -m tests.lab.uml", lambda memory: boot(memory=memory), memory="1G", seconds=120.0))
