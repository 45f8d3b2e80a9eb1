"""A terminal for tests: runs a program on a pseudo terminal, counts what it writes and keeps the screen it makes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

FAST = 10**9
PATIENCE = 120.0
"""Seconds to wait at most, however busy the machine is."""
_BEAT = 0.02
"""Seconds between two reads of the output."""

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """A Python program on a terminal of its own. Its output is read as it comes, with the time."""

    def __init__(
        self, words: Sequence[str], width: int, height: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(width, height)
        self.lock = threading.Lock()
        self._stream = pyte.ByteStream(self.screen)
        self._parts: list[tuple[float, bytes]] = []
        self._taken = 0
        self._seen: list[str] | None = None
        self._ended = False
        self._flags = 0
        self.rate = FAST
        """Bytes of output that are read a second; 0 for none."""
        self._gone = threading.Event()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            wanted = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
            os.execvpe(sys.executable, [sys.executable, *words], os.environ | wanted | dict(environment or {}))
        self._size(width, height)
        self._follower = threading.Thread(target=self._follow, daemon=True)
        self._follower.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not self._ended:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def resize(self, width: int, height: int) -> None:
        with self.lock:
            self._size(width, height)
            self.screen.resize(height, width)
            self._seen = None
        os.kill(self.pid, signal.SIGWINCH)

    def lose(self) -> None:
        """The terminal goes away, as when a window is closed or a link is cut."""
        self._gone.set()

    def echoes(self) -> bool:
        """Whether the terminal is in a shell's mode: it echoes what is typed, line by line."""
        flags = self._flags if self._ended else termios.tcgetattr(self._fd)[3]
        return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def display(self) -> list[str]:
        """The lines of the screen."""
        with self.lock:
            if self._seen is None:  # pyte measures every cell each time, and most reads find what the last one found
                self._seen = list(self.screen.display)
            return list(self._seen)

    def until_all(self, wanted: Callable[[list[str]], bool], seconds: float = PATIENCE) -> None:
        """Waits until the lines of the screen satisfy this."""
        limit = time.monotonic() + seconds
        while not wanted(seen := self.display()):
            assert time.monotonic() < limit, "it did not come:\n" + "\n".join(seen)
            time.sleep(0.02)

    def until_screen(self, wanted: list[str], seconds: float = PATIENCE) -> None:
        """Waits until these are the lines of the screen."""
        limit = time.monotonic() + seconds
        while (seen := self.display()) != wanted:
            if time.monotonic() > limit:
                there = [f"{one}\n  not\n{two}" for one, two in zip(seen, wanted, strict=False) if one != two]
                raise AssertionError(f"{len(there)} lines are not as they should be:\n" + "\n".join(there))
            time.sleep(0.02)

    def read(self, seconds: float) -> bytes:
        """The output from the last read until this many seconds from now."""
        time.sleep(seconds)
        return b"".join(part for _, part in self._take())

    def until(self, words: str, seconds: float = PATIENCE) -> bytes:
        """The output until these words are on the screen."""
        self.shows(lambda: any(words in line for line in self.display()), repr(words), seconds)
        return b"".join(part for _, part in self._take())

    def shows(self, wanted: Callable[[], bool], what: str = "what is waited for", seconds: float = PATIENCE) -> None:
        """Waits until that holds."""
        limit = time.monotonic() + seconds
        while not wanted():
            assert time.monotonic() < limit, f"{what} did not come:\n" + "\n".join(self.display())
            time.sleep(0.02)

    def calm(self, seconds: float = 0.5, patience: float = PATIENCE) -> bytes:
        """The output from the last read until none came for this many seconds."""
        limit, found = time.monotonic() + patience, b""
        while part := self.read(seconds):
            found += part
            assert time.monotonic() < limit, f"it does not stop writing: {part!r}"
        return found

    def settled(self, seconds: float = 0.5) -> list[str]:
        """The screen when there was no output for this many seconds, its rates are known, and nothing on it says that
        the machine is too busy to read in time: then it does not change a moment later."""

        def passing() -> bool:
            return any(re.search(r"~\d|STALE|\d[smh] old|no answer to the read", line) for line in self.display())

        while True:
            self.shows(lambda: not passing(), "a screen that stands")
            self.calm(seconds)
            seen = self.display()
            if not passing():
                return seen

    def answer(self, keys: str, seconds: float = 0.3) -> bytes:
        """The output for these keys: from its first byte until none came for this many seconds."""
        self.read(0)
        self.press(keys)
        self.shows(lambda: self.written() > self._taken, f"an answer to {keys!r}")
        return self.calm(seconds)

    def written(self) -> int:
        """How many parts of output there are so far."""
        with self.lock:
            return len(self._parts)

    def without(self, words: str, seconds: float = PATIENCE) -> bytes:
        """The output until these words are no longer on the screen."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if not any(words in line for line in self.display()):
                return b"".join(part for _, part in self._take())
            time.sleep(0.02)
        raise AssertionError(f"{words!r} did not go:\n" + "\n".join(self.display()))

    def parts(self, seconds: float) -> list[tuple[float, bytes]]:
        """The output from the last read until this many seconds from now, each part with the time at which it came."""
        time.sleep(seconds)
        return self._take()

    def bursts(self, seconds: float, gap: float = 0.15) -> list[tuple[float, int]]:
        """The time and the number of bytes of each part of the output within this many seconds."""
        self._take()
        time.sleep(seconds)
        found: list[tuple[float, int]] = []
        last = 0.0
        for at, part in self._take():
            if found and at - last < gap:
                found[-1] = (found[-1][0], found[-1][1] + len(part))
            else:
                found.append((at, len(part)))
            last = at
        return found

    def first_after(self, moment: float, seconds: float) -> float:
        """When the first byte came after a moment; `seconds` after it when none did."""
        while time.monotonic() - moment < seconds:
            with self.lock:
                found = next((at for at, _ in self._parts[self._taken :] if at >= moment), None)
            if found is not None:
                return found
            time.sleep(0.002)
        return moment + seconds

    def cpu(self) -> float:
        """Seconds of processor time that the program has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes that the program holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def wait(self, seconds: float = PATIENCE) -> int | None:
        """The exit code, None when the program does not end. All that it wrote is there then, where any of it is
        taken."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self._ended = True
                if self.rate:
                    self._follower.join(PATIENCE)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        return None

    def _size(self, width: int, height: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def _take(self) -> list[tuple[float, bytes]]:
        with self.lock:
            new = self._parts[self._taken :]
            self._taken = len(self._parts)
            return new

    def _follow(self) -> None:
        while True:
            rate = self.rate
            if rate < FAST:
                time.sleep(_BEAT)
            try:
                part = b""
                if self._gone.is_set():
                    pass
                elif rate == 0 or not select.select((self._fd,), (), (), _BEAT)[0]:
                    continue
                else:
                    part = os.read(self._fd, min(65536, int(rate * _BEAT) + 1))
            except OSError:
                part = b""
            if not part:
                self._flags = termios.tcgetattr(self._fd)[3]
                os.close(self._fd)
                return
            with self.lock:
                self._parts.append((time.monotonic(), part))
                self._stream.feed(_drawn(part))
                self._seen = None


def state_of(pid: int) -> str:
    """R, S, T (stopped) ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


def _drawn(data: bytes) -> bytes:
    """Without the private modes that the emulator does not know; they draw nothing."""
    return re.sub(rb"\x1b\[[<>=?][0-9;]*\$?[a-zA-Z]", b"", data)
