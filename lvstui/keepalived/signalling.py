"""Signals to a running keepalived. The wrong process could be ended by one, so the number comes from the running binary
itself, and the process is held on to, and looked at, before it is told anything."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack

from lvstui.director.errors import NotDone
from lvstui.keepalived.binary import Binary, Identity, Unfit
from lvstui.keepalived.held import Process
from lvstui.plain import plain

_FIXED = {"RELOAD": signal.SIGHUP, "STOP": signal.SIGTERM, "DATA": signal.SIGUSR1}
"""Those that have had one number in every version."""
_NUMBERS = frozenset(str(number) for number in range(1, signal.NSIG))
_PATIENCE = 30.0
"""Seconds that a binary may take to tell a number: on a busy machine it, and the Python that runs it, are slow."""
_UNKNOWN = "Unknown sigfunc"
"""What a binary says of a signal that its build does not have."""

_told: dict[tuple[Identity, str], int] = {}
"""The numbers that binaries have told: while a file stays as it is, so do its numbers."""


class NoSuchSignal(NotDone):
    """The build of keepalived that runs has no such signal."""


def send(pid: int, name: str) -> str:
    """Sends the signal that this very binary calls `name` (keepalived --signum; DATA, RELOAD, STOP...). What is to be
    said of it: "", or why the number that never changed was taken. Raises NotDone: the process is gone, is no
    keepalived, is an ordinary user's, has just started, or may not be told; NoSuchSignal: its build has no such one."""
    try:
        with ExitStack() as stack:
            # What this names stays this process, though its number be given to another meanwhile.
            handle = os.pidfd_open(pid)
            stack.callback(os.close, handle)
            number, said = _number(Binary(stack.enter_context(Process(pid)), stack), name)
            if not _expected(pid, number):
                raise NotDone("keepalived", f"process {pid} is starting, and does not take signals yet", "try again")
            signal.pidfd_send_signal(handle, number)
    except (ProcessLookupError, FileNotFoundError):
        raise NotDone("keepalived", f"process {pid} is gone") from None
    except OSError as error:
        raise NotDone("keepalived", f"cannot be signalled: {error.strerror}", "run as root") from None
    return said


def _expected(pid: int, number: int) -> bool:
    """Whether a process catches, blocks or ignores a signal. One that it has no handler for yet would end it:
    keepalived sets up its signals some time after it starts."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        masks = [int(line.split()[1], 16) for line in file if line.startswith(("SigBlk:", "SigIgn:", "SigCgt:"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


def _number(binary: Binary, name: str) -> tuple[int, str]:
    """The number of a signal, and why it is not the one that the binary tells. Each binary is asked once for each."""
    key = (binary.identity, name)
    if (known := _told.get(key)) is not None:
        return known, ""
    missing = False
    try:
        done = binary.run([f"--signum={name}"], _PATIENCE)
    except Unfit as why:
        reason = str(why)
    else:
        number = done.stdout.strip()
        if not done.returncode and number in _NUMBERS:
            _told[key] = int(number)
            return int(number), ""
        last = [plain(line.strip()) for line in done.stderr.splitlines() if line.strip()]
        missing = any(line.startswith(_UNKNOWN) for line in last)
        reason = (
            f"its binary does not report the signal {name}: {last[-1] if last else f'exit status {done.returncode}'}"
        )
    fixed = _FIXED.get(name)
    if fixed is None:
        raise (NoSuchSignal if missing else NotDone)("keepalived", reason)
    return int(fixed), f"{reason}; {fixed.name} was sent, which means {name} in every version"
