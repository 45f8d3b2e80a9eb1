"""Who writes the table of our network namespace, told from one look through the processes: keepalived, with its parent
process and the configuration it was started with, ldirectord, kube-proxy, kube-router."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lvstui.keepalived.memory import copy_of, made_of
from lvstui.keepalived.options import Options, read_options

_NAME = "keepalived"
DEFAULT = "/etc/keepalived/keepalived.conf"
_OTHERS = ("ldirectord", "kube-proxy", "kube-router")
_CHECKER = ("keepalived_lvs", "keepalived_ipvs", "keepalived_check")
"""Names that keepalived's checker takes when it is told to name its processes."""
_PIDS = ("run/checkers.pid", "var/run/checkers.pid", "run/keepalived/checkers.pid")
_CHILDREN = 2
"""Children of a keepalived that does VRRP and checks: one that only does VRRP has one."""


class Parent(NamedTuple):
    """The process that starts and stops the others; `config` as seen from here, through its own root where that is
    not ours, None where it is not known which file it reads (`trouble` says why); `config_id` as it was started with,
    "" for the host's name, None where it is not known."""

    pid: int
    config: Path | None
    config_id: str | None = ""
    trouble: str = ""


class Found(NamedTuple):
    """`running`: whether a keepalived runs here, None when it cannot be told, because one runs that we may not look
    into. `owner` writes the table by itself: "" when nobody does, None when it cannot be told."""

    running: bool | None
    parent: Parent | None = None
    owner: str | None = ""


class Seen(NamedTuple):
    """A process of keepalived: its number, that of its parent, and its name."""

    pid: int
    above: int
    name: str


class Ending:
    """A file that becomes readable when a process ends."""

    def __init__(self, pid: int) -> None:
        """Raises OSError when it has ended already."""
        self.pid = pid
        self._file = os.pidfd_open(pid)

    def fileno(self) -> int:
        return self._file

    def close(self) -> None:
        os.close(self._file)


def look() -> Found:
    """Looks for those who share our network namespace. kube-proxy counts when it is in its ipvs mode, which makes a
    device of its own, kube-ipvs0."""
    import psutil

    processes = Path(psutil.PROCFS_PATH)
    try:
        ours = (processes / "self/ns/net").stat().st_ino
    except OSError:
        return Found(None, owner=None)
    found: list[Seen] = []
    other, hidden_keepalived, hidden = "", False, False
    names: dict[int, str] = {}
    for one in psutil.process_iter(["name", "ppid"]):
        name = names[one.pid] = str(one.info["name"] or "")
        if not name.startswith((_NAME, *_OTHERS)):
            continue
        try:
            if (processes / str(one.pid) / "ns/net").stat().st_ino != ours:
                continue
        except PermissionError:
            hidden = True
            hidden_keepalived = hidden_keepalived or name.startswith(_NAME)
        except OSError:
            continue  # it ended while we looked
        else:
            if name.startswith(_NAME):
                found.append(Seen(one.pid, one.info["ppid"] or 0, name))
            elif name != "kube-proxy" or (processes / "sys/net/ipv4/conf/kube-ipvs0").exists():
                other = next(each for each in _OTHERS if name.startswith(each))
    parent = _parent(found, names)
    if parent is None and found:
        return Found(True, None, _NAME)  # a checker alone, by net_namespace_ipvs: its parent is elsewhere
    if parent is None:
        return Found(None if hidden_keepalived else False, None, other or (None if hidden else ""))
    options = read_options(words_of(parent.pid))
    owner = _NAME if _checks(processes, parent, found, options) else other
    return Found(True, _configured(parent.pid, options), owner)


def _process(pid: int | str) -> Path:
    import psutil

    return Path(psutil.PROCFS_PATH, str(pid))


def words_of(pid: int) -> tuple[str, ...]:
    """The words that a process was started with, () when it is gone or hides them."""
    try:
        line = (_process(pid) / "cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(os.fsdecode(word) for word in line.removesuffix(b"\0").split(b"\0")) if line else ()


def _configured(pid: int, options: Options) -> Parent:
    """A parent process with the file that it reads: the one it was given, else the one that its copy in memory was made
    of, else the usual one. Which one is usual depends on the build, so the copy knows better."""
    copy = copy_of(pid)
    name = options.config or (made_of(copy) if copy is not None else "") or ("" if options.doubt else DEFAULT)
    config = seen(pid, name) if name else None
    config_id = None if options.doubt or not (options.config_id or _our_host(pid)) else options.config_id
    return Parent(pid, config, config_id, "" if name else f"which file it reads is not known: {options.doubt}")


def _our_host(pid: int) -> bool:
    """Whether a process has our host name, for sure."""
    try:
        return (_process(pid) / "ns/uts").samefile(_process("self") / "ns/uts")
    except OSError:
        return False


def _parent(found: Sequence[Seen], names: Mapping[int, str]) -> Seen | None:
    """Of the processes of keepalived the one that the others are children of; of several daemons the one that has most:
    that is the one that checks. It may be the child of one in another network namespace, and is no parent then."""
    tops = [one for one in found if not names.get(one.above, "").startswith(_NAME)]
    return max(tops, key=lambda top: sum(one.above == top.pid for one in found), default=None)


def _checks(processes: Path, parent: Seen, found: Sequence[Seen], options: Options) -> bool:
    """Whether it has a process that checks, and programs the table with it."""
    children = [one for one in found if one.above == parent.pid]
    if "P" in options.alone:
        return False
    if "C" in options.alone:
        return bool(children)
    known = {number for one in children for number in _numbers(processes / str(one.pid))}
    named = any(one.name.startswith(_CHECKER) for one in children)
    root = processes / str(parent.pid) / "root"
    return named or len(children) >= _CHILDREN or any(_pid(root / path) in known for path in _PIDS)


def _numbers(process: Path) -> tuple[str, ...]:
    """The numbers of a process: ours, and those it has in process namespaces of its own, where its files name them."""
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return (process.name,)
    return (process.name, *(number for line in lines if line.startswith("NSpid:") for number in line.split()[1:]))


def _pid(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def seen(pid: int, name: str) -> Path:
    """A file of a process as we see it: by its own name where its root and mounts are ours, or cannot be looked at."""
    process = _process(pid)
    try:
        ours = all((process / what).samefile(f"/proc/self/{what}") for what in ("root", "ns/mnt"))
        folder = Path(os.readlink(process / "cwd"))
    except OSError:
        ours, folder = True, process / "cwd"
    if name.startswith("/"):
        return Path(name) if ours else process / "root" / name.lstrip("/")
    return folder / name if ours else process / "cwd" / name
