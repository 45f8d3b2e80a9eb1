"""Signals to a running keepalived. The wrong process could be ended by one, so the number comes from the running binary
itself, and the process is held on to, and looked at, before it is told anything."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from lvstui.director.errors import NotDone

_NAME = "keepalived"


def send(pid: int, name: str) -> None:
    """Sends the signal that this very binary calls `name` (keepalived --signum; DATA, RELOAD, STOP...). Raises
    NotDone: the process is gone, or is no keepalived, or may not be told."""
    binary = f"/proc/{pid}/exe"
    handle = -1
    try:
        # What this names stays this process, though its number be given to another meanwhile.
        handle = os.pidfd_open(pid)
        found = Path(os.readlink(binary).removesuffix(" (deleted)")).name
        if found != _NAME:
            raise NotDone(f"process {pid}", f"is no keepalived but {found}")
        done = subprocess.run([binary, f"--signum={name}"], capture_output=True, text=True, timeout=5, check=False)
        number = done.stdout.strip()
        if done.returncode or not number.isdigit() or not 0 < int(number) < signal.NSIG:
            raise NotDone("keepalived", f"this build knows no signal {name}")
        signal.pidfd_send_signal(handle, int(number))
    except ProcessLookupError:
        raise NotDone("keepalived", f"process {pid} is gone") from None
    except subprocess.TimeoutExpired:
        raise NotDone("keepalived", "its binary does not tell its signals in time", "try again") from None
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "strerror", None) or error
        raise NotDone("keepalived", f"cannot be told anything: {why}", "run as root") from None
    finally:
        if handle >= 0:
            os.close(handle)
