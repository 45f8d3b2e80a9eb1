"""A terminal for tests: runs a program on a pseudo terminal, counts what it writes and keeps the screen it makes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """A Python program on a terminal of its own."""

    def __init__(
        self, words: Sequence[str], width: int, height: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self.screen)
        self.closed = False
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            wanted = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
            os.execvpe(sys.executable, [sys.executable, *words], os.environ | wanted | dict(environment or {}))
        self.resize(width, height)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not self.closed:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.screen.resize(height, width)

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def read(self, seconds: float, stop: bytes = b"") -> bytes:
        """All that is written within so many seconds, or until `stop` stands on the screen."""
        until = time.monotonic() + seconds
        found = b""
        while (left := until - time.monotonic()) > 0:
            part = self._part(left)
            if part is None:
                break
            found += part
            if stop and any(stop.decode() in line for line in self.screen.display):
                break
        return found

    def bursts(self, seconds: float, gap: float = 0.15) -> list[bytes]:
        """What is written within so many seconds, one item for each time something is, apart by `gap` of silence."""
        until = time.monotonic() + seconds
        found: list[bytes] = []
        last = 0.0
        while (left := until - time.monotonic()) > 0:
            part = self._part(left)
            if part is None:
                break
            if not part:
                continue
            now = time.monotonic()
            if found and now - last < gap:
                found[-1] += part
            else:
                found.append(part)
            last = now
        return found

    def cpu(self) -> float:
        """Seconds of processor time that the program has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes that the program holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def wait(self, seconds: float) -> int | None:
        """The exit code, None when the program does not end in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._part(0.02)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.closed = True
                return os.waitstatus_to_exitcode(status)
        return None

    def _part(self, seconds: float) -> bytes | None:
        ready, _, _ = select.select([self._fd], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            part = os.read(self._fd, 65536)
        except OSError:
            return None
        # The emulator knows no private modes with a prefix it has not heard of; they draw nothing.
        self._stream.feed(_drawn(part))
        return part


def _drawn(data: bytes) -> bytes:
    import re

    return re.sub(rb"\x1b\[[<>=?][0-9;]*\$?[a-zA-Z]", b"", data)
