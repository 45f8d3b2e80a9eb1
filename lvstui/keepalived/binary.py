"""The binary of a running keepalived: whether it may be run, and running it as the daemon itself would.

It is run only where no ordinary user could have written or placed it, through the descriptor that was checked: in the
daemon's own namespaces, root, folder and environment, and with no more capabilities than the daemon may have.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from lvstui import trust
from lvstui.director.errors import NotDone
from lvstui.keepalived.held import Process
from lvstui.plain import plain

NAME = "keepalived"
_SPACES = ("mnt", "uts", "pid", "net")
_INSIDE = Path(__file__).with_name("inside.py")
_FAILED = 125
"""The exit status of inside.py when it could not run the binary."""
_MARK = b"Keepalived v"
"""A string in every keepalived binary: the beginning of the --version output."""
_VERSION = re.compile(rb"(\d{1,4})\.(\d{1,4})\.(\d{1,4})")
_VERSION_BYTES = 16
_LARGEST = 64 * 2**20

BinaryIdentity = tuple[int, int, int, int, int]
"""The identity of a binary; it changes when the file is written."""


class Unfit(Exception):
    """Why a binary is not run."""


class Binary:
    """The binary of a running keepalived, held open."""

    def __init__(self, process: Process, stack: ExitStack) -> None:
        """Raises NotDone where the process belongs to neither root nor us, or is not keepalived; OSError where it may
        not be inspected, or is gone."""
        self._process = process
        if not process.counts():
            raise NotDone(f"process {process.pid}", "does not run as root: lvstui sends it nothing")
        if (program := process.program()) != NAME:
            raise NotDone(f"process {process.pid}", f"is not keepalived but {plain(program)}")
        self._handle = process.open("exe")
        stack.callback(os.close, self._handle)
        if (version := self._find_version()) is None:
            raise NotDone(f"process {process.pid}", "is not keepalived: only its name is")
        self.version = version

    @property
    def identity(self) -> BinaryIdentity:
        """Raises OSError."""
        info = os.fstat(self._handle)
        return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns

    def _find_version(self) -> tuple[int, ...] | None:
        """The version in the binary, () where it cannot be parsed; None where this is not keepalived."""
        tail = b""
        for at in range(0, _LARGEST, 2**20):
            piece = os.pread(self._handle, 2**20, at)
            if (start := (tail + piece).find(_MARK)) >= 0:
                behind = at - len(tail) + start + len(_MARK)
                numbers = _VERSION.match(os.pread(self._handle, _VERSION_BYTES, behind))
                return tuple(map(int, numbers.groups())) if numbers is not None else ()
            if not piece:
                return None
            tail = piece[-len(_MARK) :]
        return None

    def run(self, words: Sequence[str], patience: float) -> subprocess.CompletedProcess[str]:
        """Runs it with these words. Raises Unfit with the reason where it must not or cannot be run."""
        if why := self._flaw():
            raise Unfit(f"its binary is not run: {why}")
        with ExitStack() as stack:

            def held(name: str, flags: int) -> int:
                handle = self._process.open(name, flags)
                stack.callback(os.close, handle)
                return handle

            try:
                root, folder = (held(name, os.O_RDONLY | os.O_DIRECTORY) for name in ("root", "cwd"))
                spaces = [held(f"ns/{name}", os.O_RDONLY) for name in _SPACES if self._elsewhere(f"ns/{name}")]
                chroot = bool(spaces) or self._elsewhere("root")
                bounding = self._process.status().bounding
                handles = [self._handle, root, folder, *spaces]
                done = subprocess.run(
                    [
                        *(sys.executable, "-I", "-S", str(_INSIDE)),
                        *(str(self._handle), str(root) if chroot else "-", str(folder)),
                        ",".join(map(str, spaces)) or "-",
                        "-" if bounding is None else f"{bounding:x}",
                        NAME,
                        *words,
                    ],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    pass_fds=handles,
                    env=self._environment(),
                    timeout=patience,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise Unfit(f"its binary does not answer within {patience:g} s") from None
            except (OSError, ValueError) as error:
                raise Unfit(f"its binary cannot be run: {getattr(error, 'strerror', None) or error}") from None
        said = [stream.decode(errors="replace") for stream in (done.stdout, done.stderr)]
        if done.returncode == _FAILED:
            raise Unfit(f"its binary cannot be run: {plain(said[1].strip())}")
        return subprocess.CompletedProcess(done.args, done.returncode, *said)

    def _flaw(self) -> str:
        """What lets an ordinary user write or replace it."""
        process = self._process
        name, own = process.link("exe").removesuffix(" (deleted)"), process.link("root")
        root = f"/proc/{process.pid}/root" if self._elsewhere("ns/mnt") else "/"
        if root != "/" and own != "/":
            name = name.removeprefix(own)
        try:
            return trust.flaw_of(self._handle, name, root) or trust.flaw(f"{root.rstrip('/')}{os.path.dirname(name)}")
        except OSError as error:
            return f"{os.path.dirname(name)}: {error.strerror}"

    def _elsewhere(self, name: str) -> bool:
        """Whether its namespace or root differs from ours."""
        there, here = self._process.stat(name), os.stat(f"/proc/self/{name}")
        return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)

    def _environment(self) -> dict[str, str]:
        """The daemon's own environment, without variables that change its libraries."""
        pairs = (os.fsdecode(item).partition("=") for item in self._process.read("environ").split(b"\0") if item)
        return {name: value for name, sign, value in pairs if sign and not name.startswith(("LD_", "GLIBC_"))}


def version_of(pid: int) -> tuple[int, ...]:
    """The version of the keepalived that this process runs, read from its binary without running it; () where it is not
    known."""
    try:
        with ExitStack() as stack:
            return Binary(stack.enter_context(Process(pid)), stack).version
    except (NotDone, OSError):
        return ()
