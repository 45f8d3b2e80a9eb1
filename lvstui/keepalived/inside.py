"""A program of its own, run by binary.py: enters the namespaces, root and folder of another process, gives up the
capabilities that it may not have, and runs a binary there, each by its descriptor.

    inside.py BINARY ROOT FOLDER NAMESPACES CAPABILITIES WORD...

ROOT, NAMESPACES (by commas) and CAPABILITIES (a hexadecimal mask) may be `-`. It ends as the binary does; with 125, and
a line on standard error, where that could not be run.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_DIES_WITH_PARENT, _HAS, _DROPS = 1, 23, 24
"""prctl(2): PR_SET_PDEATHSIG, PR_CAPBSET_READ, PR_CAPBSET_DROP."""
_FAILED = 125
_MOST = 64


def main(binary: str, root: str, folder: str, namespaces: str, capabilities: str, *words: str) -> int:
    system = ctypes.CDLL(None, use_errno=True)

    def call(function: str, *values: int) -> int:
        done: int = getattr(system, function)(*values)
        if done < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return done

    for name in () if namespaces == "-" else namespaces.split(","):
        call("setns", int(name), 0)
    if root != "-":
        os.fchdir(int(root))
        os.chroot(".")
    os.fchdir(int(folder))
    if capabilities != "-":
        for number in range(_MOST):
            if not int(capabilities, 16) >> number & 1 and system.prctl(_HAS, number, 0, 0, 0) == 1:
                call("prctl", _DROPS, number, 0, 0, 0)
    child = os.fork()  # only a child is in another process namespace
    if child == 0:
        try:
            call("prctl", _DIES_WITH_PARENT, int(signal.SIGKILL), 0, 0, 0)
            os.execve(int(binary), words, os.environ)
        except OSError as error:
            os.write(2, f"{error.strerror}\n".encode())
        os._exit(_FAILED)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except OSError as error:
        sys.stderr.write(f"{error.strerror}\n")
        sys.exit(_FAILED)
