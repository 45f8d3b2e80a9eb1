"""A process that is held while it is inspected, so that nothing read belongs to another process that reused its
number."""

from __future__ import annotations

import os
from pathlib import Path

from lvstui import trust
from lvstui.values import NamedTuple

PROC = Path("/proc")
_IDS = 4


class Status(NamedTuple):
    """The status of a process: its parent, its user ids (real, effective, saved, file system), its number in each
    process namespace from ours down, and the capabilities that it may ever have (None: not known)."""

    above: int
    users: tuple[int, ...]
    numbers: tuple[str, ...]
    bounding: int | None


class Process:
    """A process whose files are read through a descriptor of its folder in /proc, which becomes invalid with it."""

    def __init__(self, pid: int) -> None:
        """Raises OSError when there is no such process."""
        self.pid = pid
        self._folder = os.open(PROC / str(pid), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)

    def open(self, name: str, flags: int = os.O_RDONLY) -> int:
        return os.open(name, flags | os.O_CLOEXEC, dir_fd=self._folder)

    def read(self, name: str) -> bytes:
        with open(self.open(name), "rb") as stream:
            return stream.read()

    def link(self, name: str) -> str:
        return os.readlink(name, dir_fd=self._folder)

    def stat(self, name: str) -> os.stat_result:
        return os.stat(name, dir_fd=self._folder)

    def names(self, folder: str) -> list[str]:
        """The names in one of its folders."""
        handle = self.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return os.listdir(handle)
        finally:
            os.close(handle)

    def words(self) -> tuple[str, ...]:
        """What it was started with."""
        line = self.read("cmdline").removesuffix(b"\0")
        return tuple(os.fsdecode(word) for word in line.split(b"\0")) if line else ()

    def status(self) -> Status:
        """Its status. Raises OSError, or ValueError where it does not have the kernel's format."""
        values: dict[str, list[str]] = {}
        for line in self.read("status").decode(errors="replace").splitlines():
            name, colon, value = line.partition(":")
            if colon:
                values.setdefault(name, value.split())
        ids = tuple(int(word) for word in values.get("Uid", ()))
        above = values.get("PPid", ())
        if len(ids) != _IDS or not above:
            raise ValueError("no user ids")
        bounding = values.get("CapBnd", ())
        return Status(
            int(above[0]),
            ids,
            (str(self.pid), *values.get("NSpid", ())[1:]),
            int(bounding[0], 16) if bounding else None,
        )

    def counts(self) -> bool:
        """Whether it belongs to root or to us; only then is it trusted."""
        try:
            return trust.counts(self.status().users)
        except ValueError:
            return False

    def program(self) -> str:
        """The name of the program that it runs. Unlike the name of a process, it cannot be chosen freely."""
        return os.path.basename(self.link("exe").removesuffix(" (deleted)"))
