"""The link to a director elsewhere: the user's own ssh and its three pipes.

No wait here is unlimited. One poll with a deadline does all input and output: a far side that does not read cannot
block our writing, and one that sends nothing cannot block our reading.
"""

from __future__ import annotations

import os
import secrets
import select
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from lvstui.remote import boot, wire
from lvstui.remote.connect_failures import Ended

PATIENCE = 15.0
"""Seconds that an answer may take."""
START = 30.0
"""Seconds that the far side may take to start."""
_CHUNK = 1 << 16
_OURS = (
    *("-T", "-a", "-x", "-e", "none"),
    *("-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"),
    *("-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none"),
)
"""ssh options: no terminal, no question, nothing forwarded, and a limit for a silent link. Everything else is as the
user configured it."""


_RUNNING: set[subprocess.Popen[bytes]] = set()


def started(argv: Sequence[str], **streams: Any) -> subprocess.Popen[bytes]:
    """Starts an ssh, in a session of its own, so that neither it nor one that it starts for a jump host can ask on our
    terminal. Raises OSError where it cannot be started."""
    ssh = subprocess.Popen(argv, start_new_session=True, **streams)
    _RUNNING.add(ssh)
    return ssh


def ended(ssh: subprocess.Popen[bytes]) -> None:
    """Ends an ssh and waits for it. The far side then ends by itself."""
    with suppress(OSError):
        ssh.terminate()
    try:
        ssh.wait(1.0)
    except subprocess.TimeoutExpired:
        ssh.kill()
        ssh.wait()
    _RUNNING.discard(ssh)


def kill_all() -> None:
    """Kills every ssh that this process runs, from any thread; the threads that wait for one see it end."""
    for ssh in tuple(_RUNNING):
        with suppress(OSError):
            ssh.kill()


class Silent(Exception):
    """Nothing arrived in time; the text says how long."""


def words(host: str, command: str, around: bool = False) -> list[str]:
    """The command line of ssh. `around`: ignore a shared connection of the user (ControlMaster)."""
    return ["ssh", *_OURS, *(("-S", "none") if around else ()), "--", host, command]


class SshLink:
    """One ssh with a reader at the other end. Not thread safe."""

    def __init__(self, argv: Sequence[str], given: bytes | None = None, patience: float = PATIENCE) -> None:
        """Starts ssh. `given`: bytes sent instead of the reader. Raises OSError where ssh cannot be started."""
        self.patience = patience
        self.hello = wire.Hello(0)
        self._nonce = secrets.token_hex(8).encode()
        self._ssh = started(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        pipes = (self._ssh.stdin, self._ssh.stdout, self._ssh.stderr)
        self._in, self._out, self._errors = (pipe.fileno() for pipe in pipes if pipe is not None)
        for pipe in (self._in, self._out, self._errors):
            os.set_blocking(pipe, False)
        self._waiting = memoryview(boot.sent(self._nonce) if given is None else given)
        self._said = bytearray()
        self._frames = wire.Frames()
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._errors, select.POLLIN)

    def begin(self, patience: float = START) -> None:
        """Waits for the hello. Raises Silent, Broken, Ended, or the LvsError that the far side sends first."""
        until = time.monotonic() + patience
        while self._frames.begun(self._nonce) is None:
            self._move(until, patience)
        frame = self._frame(until, patience)
        if frame.kind == wire.ERROR:
            raise wire.error_of(frame.payload)
        if frame.kind != wire.HELLO:
            raise wire.Broken("it does not begin with a hello")
        self.hello = wire.hello_of(frame.payload)

    def ask(self, line: bytes) -> wire.WireFrame:
        """Sends a request and returns the answer. Raises Silent, Broken, Ended."""
        until = time.monotonic() + self.patience
        self._waiting = memoryview(bytes(self._waiting) + line)
        while True:
            frame = self._frame(until, self.patience)
            if frame.kind != wire.NEWS:
                return frame

    def heard(self) -> bool:
        """Takes what has arrived without a request. Returns whether there are news. Raises Broken, Ended."""
        self._take()
        news = False
        while (frame := self._frames.next()) is not None:
            if frame.kind != wire.NEWS:
                raise wire.Broken("it sent an answer without a request")
            news = True
        return news

    def fileno(self) -> int:
        """The descriptor of the pipe that becomes readable when the far side sends something."""
        return self._out

    def kill(self) -> None:
        """Kills ssh, from any thread; a thread that waits for it sees it end."""
        with suppress(OSError):
            self._ssh.kill()

    def close(self) -> None:
        """Ends ssh; the far side then ends by itself."""
        ended(self._ssh)
        for pipe in (self._ssh.stdin, self._ssh.stdout, self._ssh.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _frame(self, until: float, patience: float) -> wire.WireFrame:
        """The next frame. The wait is limited even when other frames keep coming."""
        while (frame := self._frames.next()) is None:
            self._move(until, patience)
        if time.monotonic() > until:
            raise Silent(f"no answer for {patience:.0f} s")
        return frame

    def _move(self, until: float, patience: float) -> None:
        """Writes and reads what is ready, and waits until something is. Raises Silent, Ended."""
        left = until - time.monotonic()
        if self._waiting:
            self._poll.register(self._in, select.POLLOUT)
        else:
            with suppress(KeyError):
                self._poll.unregister(self._in)
        ready = dict(self._poll.poll(max(0.0, left) * 1000))
        if not ready or left <= 0:  # whatever is ready: it may be complaints, which never end
            raise Silent(f"no answer for {patience:.0f} s")
        if self._in in ready:
            self._give()
        if self._errors in ready:
            self._hear()
        if self._out in ready:
            self._take()

    def _give(self) -> None:
        try:
            self._waiting = self._waiting[os.write(self._in, self._waiting[:_CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            self._waiting = memoryview(b"")  # nobody reads it any more: the last output says why

    def _hear(self) -> None:
        """Reads the standard error of ssh and of the far shell. Its end is not waited for, because a shared connection
        keeps it open."""
        try:
            data = os.read(self._errors, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._poll.unregister(self._errors)
            return
        self._said += data
        del self._said[: -wire.NOISE]

    def _take(self) -> None:
        """Reads what has arrived. Raises Ended where the far side has ended."""
        try:
            data = os.read(self._out, 1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._frames.buffer += data
            return
        code: int | None
        try:
            code = self._ssh.wait(2.0)
        except subprocess.TimeoutExpired:
            code = None
        with suppress(KeyError, OSError):
            self._poll.register(self._errors, select.POLLIN)
            self._hear()
        raise Ended(code, bytes(self._said), bytes(self._frames.buffer[-wire.NOISE :]))
