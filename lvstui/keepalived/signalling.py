"""Sends signals to a running keepalived. A wrong signal could kill a process, so the signal's number comes from the
running binary itself, and the process is held and checked before it is signalled."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack

from lvstui.director.errors import NotDone
from lvstui.keepalived.binary import Binary, BinaryIdentity, Unfit
from lvstui.keepalived.held import Process
from lvstui.plain import plain

_FIXED = {"RELOAD": signal.SIGHUP, "STOP": signal.SIGTERM, "DATA": signal.SIGUSR1}
"""The signals with the same number in every version."""
_NUMBERS = frozenset(str(number) for number in range(1, signal.NSIG))
_PATIENCE = 30.0
"""Seconds that a binary may take to report a number: on a busy machine it, and the Python that runs it, are slow."""
_UNKNOWN = "Unknown sigfunc"
"""The answer of a binary whose build does not have the signal."""

_signal_numbers: dict[tuple[BinaryIdentity, str], int] = {}
"""The numbers that binaries have reported; while a file is unchanged, so are its numbers."""


class NoSuchSignal(NotDone):
    """The running build of keepalived has no such signal."""


def send(pid: int, name: str) -> str:
    """Sends the signal that the running binary calls `name` (keepalived --signum; DATA, RELOAD, STOP...). Returns a
    remark: "", or why the fixed number was used. Raises NotDone: the process is gone, is not keepalived, belongs to an
    ordinary user, has just started, or may not be signalled; NoSuchSignal: its build does not have it."""
    try:
        with ExitStack() as stack:
            # This handle stays with the process, even if its number is reused meanwhile.
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
    """Whether a process catches, blocks or ignores a signal. A signal without a handler would kill it, and keepalived
    installs its handlers some time after it starts."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        masks = [int(line.split()[1], 16) for line in file if line.startswith(("SigBlk:", "SigIgn:", "SigCgt:"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


def _number(binary: Binary, name: str) -> tuple[int, str]:
    """The number of a signal, and why it is not the one that the binary reports. Each binary is asked once for each
    signal."""
    key = (binary.identity, name)
    if (known := _signal_numbers.get(key)) is not None:
        return known, ""
    missing = False
    try:
        done = binary.run([f"--signum={name}"], _PATIENCE)
    except Unfit as why:
        reason = str(why)
    else:
        number = done.stdout.strip()
        if not done.returncode and number in _NUMBERS:
            _signal_numbers[key] = int(number)
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
