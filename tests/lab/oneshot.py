"""The command line of a lab: boot it, run one command, pass its output and exit status on."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab.session import Job, LabError, LabTimeout, Session

TICK = 0.05  # seconds between two reads of the output
FAILED = 99  # the exit status that says it was the lab, not the command


def one_shot(prog: str, boot: Callable[[str], Session], *, memory: str, seconds: float) -> int:
    parser = argparse.ArgumentParser(prog=prog, description="Run a command as root on a real IPVS kernel.")
    parser.add_argument("--seconds", type=float, default=seconds, help="time limit of the command (%(default)s)")
    parser.add_argument("--memory", default=memory, help="memory of the guest (%(default)s)")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    try:
        with boot(options.memory) as lab:
            return _follow(lab.spawn(options.command, cwd=Path.cwd()), options.seconds)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return FAILED


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
