"""A running lab as the tests see it: commands go in, results come out.

`Session` speaks to the agent (agent.py) over a line of text and a shared folder. How the guest came to be, a User
Mode Linux kernel or a set of namespaces on the host, does not matter to it. One thread uses a session at a time.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
INSIDE = "/run/lab"  # where the guest sees the shared folder
PANIC = "Kernel panic"
POLITE = 5.0  # seconds a guest has to end by itself
ENDING = 60.0  # seconds a job has to end by itself: if it is killed, it leaves behind what it would have removed

# The tests' own virtual environment comes first, so that `python` and `lvstui` are the ones under test.
SEARCH = f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {
    "PATH": SEARCH,
    "HOME": "/run/home",
    "LANG": "C.UTF-8",
    "TERM": "xterm-256color",
    "TMUX_TMPDIR": "/run",
    "PYTHONUNBUFFERED": "1",
}


class LabError(Exception):
    """The lab itself failed, or a command that prepares a test did."""


class LabMissing(LabError):
    """This machine cannot have a lab; the message says what to install."""


class LabTimeout(LabError):
    """A command in the lab, or a condition waited for, took too long."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command in the lab left behind. A negative code is the signal that killed it."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    def ok(self) -> str:
        """The output of a command that must have succeeded."""
        if self.code != 0:
            raise LabError(f"{' '.join(self.argv)}: exit {self.code}\n{self.stdout}{self.stderr}")
        return self.stdout


@dataclass(frozen=True, slots=True)
class Guest:
    """The host's side of a guest: its process, and the file its console is written to."""

    process: subprocess.Popen[bytes]
    console: Path
    own_group: bool

    def story(self, lines: int = 20) -> str:
        """The end of the console's output. Of a panic only the first line, because its cause is before that."""
        text = self.console.read_text(encoding="utf-8", errors="replace") if self.console.exists() else ""
        before, panic, after = text.partition(PANIC)
        told = [*before.splitlines(), panic + after.partition("\n")[0]]
        return "\n".join(told[-lines:]).strip() or "(the console is empty)"

    def stop(self, patience: float) -> None:
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        if self.own_group:  # also after a good end: User Mode Linux has helper processes
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        elif self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Job:
    """A command that runs in the lab beside the test."""

    def __init__(self, session: Session, number: int, folder: Path, argv: tuple[str, ...]) -> None:
        self._session = session
        self._number = number
        self.folder = folder  # the host's view; `stdout` and `stderr` grow in it
        self.argv = argv

    def poll(self, timeout: float = 0.0) -> int | None:
        """Its exit status once it has ended, waiting at most this long for that."""
        return self._session.poll(self._number, timeout)

    def wait(self, timeout: float = 300.0) -> Result:
        """Wait for its end; past the timeout it is killed."""
        code = self._session.poll(self._number, timeout)
        if code is None:
            self.signal(signal.SIGKILL)
            self._session.poll(self._number, ENDING)
            raise LabTimeout(f"{' '.join(self.argv)}: killed after {timeout:g} s\n{self.stdout()}{self.stderr()}")
        return Result(self.argv, code, self.stdout(), self.stderr())

    def signal(self, signum: int = signal.SIGTERM) -> None:
        """Send a signal to it and to whatever it started (its process group)."""
        if self.poll() is None:
            self._session.tell(f"kill {self._number} {int(signum)}")

    def type(self, text: str) -> None:
        """Type on its terminal."""
        self._session.tell(f"type {self._number} {text.encode().hex()}")

    def hang_up(self) -> None:
        """Take its terminal away."""
        self._session.tell(f"hang-up {self._number}")

    def stop(self, timeout: float = ENDING) -> None:
        """End it, gently at first."""
        self.signal(signal.SIGTERM)
        if self._session.poll(self._number, timeout) is None:
            self.signal(signal.SIGKILL)
            self._session.poll(self._number, timeout)

    def stdout(self) -> str:
        """What it has written so far."""
        return self._written("stdout")

    def stderr(self) -> str:
        return self._written("stderr")

    def _written(self, stream: str) -> str:
        return written(self.folder / stream)


def written(file: Path) -> str:
    """What a process has written into a file so far."""
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


class Session:
    """A guest that is up. `run` is for commands that end, `spawn` for those that run beside the test."""

    def __init__(self, kind: str, guest: Guest, share: Path, reader: int, writer: int) -> None:
        self.kind = kind  # "uml" and "vm" own their kernel (modules may come and go), "host" does not
        self.python = sys.executable
        self.preload: str | None = None  # a library that `python` is preloaded with: it starts faster
        self._guest = guest
        self._share = share
        self._reader = reader
        self._writer = writer
        self._pending = b""
        self._exits: dict[int, int] = {}
        self._jobs = 0
        self._ready = False
        self._closed = False

    @property
    def alive(self) -> bool:
        return not self._closed and self._guest.process.poll() is None

    @property
    def files(self) -> Path:
        """A folder to exchange files: the host's path; in the guest it is `inside`."""
        folder = self._share / "files"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def inside(self) -> str:
        return f"{INSIDE}/files"

    def run(
        self,
        argv: Sequence[str],
        *,
        netns: str | None = None,
        stdin: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | str = REPOSITORY,
        timeout: float = 300.0,
    ) -> Result:
        """Run a command as root in the lab and wait for it. The caller judges its exit status."""
        return self.spawn(argv, netns=netns, stdin=stdin, env=env, cwd=cwd).wait(timeout)

    def spawn(
        self,
        argv: Sequence[str],
        *,
        netns: str | None = None,
        stdin: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | str = REPOSITORY,
        size: tuple[int, int] | None = None,
    ) -> Job:
        """Start a command as root in the lab. `netns` is one of `ip netns`; /sys stays the outer one's. With `size` it
        runs on a terminal of so many columns and lines; what it writes there is its standard output."""
        command = [str(word) for word in argv]
        self._jobs += 1
        folder = self._share / str(self._jobs)
        folder.mkdir()
        if stdin is not None:
            (folder / "stdin").write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
        if size is not None:
            (folder / "stdout").touch()
        preloaded = self.preload and any(self.python in word for word in command)
        request = {
            "argv": command,
            "env": {**ENVIRONMENT, **({"LD_PRELOAD": self.preload} if preloaded else {}), **(env or {})},
            "cwd": str(cwd),
            "netns": netns,
            "stdin": stdin is not None,
            "size": size,
        }
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        self.tell(f"run {self._jobs}")
        return Job(self, self._jobs, folder, tuple(command))

    def wait_ready(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not self._ready:
            self._listen(deadline)
            if not self._ready and time.monotonic() >= deadline:
                raise LabTimeout(f"the lab was not up in {timeout:g} s; its console ends with:\n{self._guest.story()}")

    def poll(self, number: int, timeout: float = 0.0) -> int | None:
        """The job's exit status once it has ended, waiting at most this long for it."""
        deadline = time.monotonic() + timeout
        while number not in self._exits:
            self._listen(deadline)
            if time.monotonic() >= deadline:
                break
        return self._exits.get(number)

    def tell(self, line: str) -> None:
        try:
            os.write(self._writer, f"{line}\n".encode())
        except OSError as error:
            raise self._died() from error

    def close(self) -> None:
        """End the guest and everything in it, whatever state it is in."""
        if self._closed:
            return
        try:
            self.tell("off")
        except LabError:
            pass
        self._closed = True
        os.close(self._writer)
        self._guest.stop(POLITE)
        os.close(self._reader)
        shutil.rmtree(self._share, ignore_errors=True)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self, deadline: float) -> None:
        """Take in what the agent has said, waiting for it until the deadline at most."""
        readable, _, _ = select.select([self._reader], [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            return
        piece = os.read(self._reader, 65536)
        if not piece:
            raise self._died()
        *lines, self._pending = (self._pending + piece).split(b"\n")
        for line in lines:
            match line.decode(errors="replace").split():
                case ["exit", number, code]:
                    self._exits[int(number)] = int(code)
                case ["ready"]:
                    self._ready = True

    def _died(self) -> LabError:
        return LabError(f"the lab ended unexpectedly; its console ends with:\n{self._guest.story()}")


def open_session(
    kind: str, launch: Callable[[Path, int, int], Guest], seconds: float, *, preload: str | None = None
) -> Session:
    """Launch a guest, given the shared folder and its ends of the line, and wait until it takes commands. Its `python`
    is preloaded with a library of the guest, where the launch has put that into the shared folder."""
    share = Path(tempfile.mkdtemp(prefix=f"lvstui-{kind}-"))
    from_host, to_guest = os.pipe()
    from_guest, to_host = os.pipe()
    guest = launch(share, from_host, to_host)
    os.close(from_host)
    os.close(to_host)
    session = Session(kind, guest, share, from_guest, to_guest)
    if preload is not None and (share / Path(preload).name).exists():
        session.preload = preload
    try:
        session.wait_ready(seconds)
    except BaseException:
        session.close()
        raise
    return session
