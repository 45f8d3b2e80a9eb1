"""Who writes the table of our network namespace, found by one search through the processes: keepalived (with its parent
process and the configuration it was started with), ldirectord, kube-proxy, kube-router."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from lvstui import trust
from lvstui.keepalived import held
from lvstui.keepalived.daemon_options import DaemonOptions, read_options
from lvstui.keepalived.memory_copy import copy_of, made_of
from lvstui.values import NamedTuple

_NAME = "keepalived"
DEFAULT = "/etc/keepalived/keepalived.conf"
_OTHERS = ("ldirectord", "kube-proxy", "kube-router")
_PROGRAMS = {
    _NAME: (_NAME,),
    "ldirectord": ("perl", "ldirectord"),
    "kube-proxy": ("kube-proxy",),
    "kube-router": ("kube-router",),
}
"""The programs that a process of each name runs."""
_PROXY = "sys/net/ipv4/conf/kube-ipvs0"
_FIRST = 0xEFFFFFFC
"""The inode of the machine's first PID namespace (PROC_PID_INIT_INO)."""
_MACHINES = "sys/net/core/netdev_max_backlog"
"""A switch that only the machine's first network namespace has."""
_TABLE_HEAD = 3
"""The number of lines above the first service in /proc/net/ip_vs."""
_VRRP = ":0070"
"""The end of the local address of a raw socket of protocol 112 in /proc/net/raw."""
_EVERYBODY = ["0", "0", "4294967295"]
"""The map of a user namespace that numbers users as the machine does."""
_LONGEST = 64
"""Bytes of a pid file that are read."""
_CHECKER = ("keepalived_lvs", "keepalived_ipvs", "keepalived_check")
"""Names of keepalived's checker when it is configured to name its processes."""
_PIDS = ("run/checkers.pid", "var/run/checkers.pid", "run/keepalived/checkers.pid")
_START = 19
"""Where the start of a process stands in its stat, in ticks since the machine started, behind its name."""
_TERM = 1 << 14
"""SIGTERM, the signal of number 15, in a mask of signals."""
_CHILDREN = 2
"""The number of children of a keepalived that does VRRP and checks; one that only does VRRP has one."""


class Parent(NamedTuple):
    """The process that starts and stops the others. `config`: its configuration file as seen from here, through its own
    root where that is not ours, None where it is not known (`trouble` says why). `config_id`: the one it was started
    with, "" for the host name, None where it is not known."""

    pid: int
    config: Path | None
    config_id: str | None = ""
    trouble: str = ""


class UntrustedProcess(NamedTuple):
    """A process of an ordinary user with the name of a program that writes the table. It is not trusted."""

    pid: int
    user: int
    name: str
    above: int = 0

    def __str__(self) -> str:
        return f"pid {self.pid} of user {self.user} calls itself {self.name}: ignored"


class KeepalivedProcesses(NamedTuple):
    """`running`: whether a keepalived runs here, None when one may run that we may not inspect or cannot see. `owner`:
    the program that writes the table by itself, "" for none, None when it is not known. `others`: the parents of the
    other keepaliveds here; `rivals`: those of them that write the table too."""

    running: bool | None
    parent: Parent | None = None
    owner: str | None = ""
    strangers: tuple[UntrustedProcess, ...] = ()
    others: tuple[Parent, ...] = ()
    rivals: tuple[Parent, ...] = ()


class ProcessStatus(NamedTuple):
    """A process of keepalived: its number, that of its parent, and its name; and its numbers as status has them."""

    pid: int
    above: int
    name: str
    numbers: tuple[str, ...] = ()


class _Hidden(Exception):
    """A process that may write the table, but may not be inspected."""


class Ending:
    """A file that becomes readable when a process ends."""

    def __init__(self, pid: int) -> None:
        """Raises OSError when it has already ended."""
        self.pid = pid
        self._file = os.pidfd_open(pid)

    def fileno(self) -> int:
        return self._file

    def close(self) -> None:
        os.close(self._file)


def look() -> KeepalivedProcesses:
    """Searches for processes in our network namespace that belong to root or to us. kube-proxy counts when it is in
    ipvs mode, where it creates a device of its own, kube-ipvs0."""
    try:
        ours = os.stat(held.PROC / "self/ns/net").st_ino
        pids = sorted(int(name) for name in os.listdir(held.PROC) if name.isdigit())
    except OSError:
        return KeepalivedProcesses(None, owner=None)
    processes: list[ProcessStatus] = []
    strangers: list[UntrustedProcess] = []
    other, hidden_keepalived, hidden = "", False, False
    names: dict[int, str] = {}
    for pid in pids:
        name = names[pid] = _name(pid)
        if not name.startswith((_NAME, *_OTHERS)):
            continue
        try:
            status = _look_at(pid, name, ours)
        except _Hidden:
            hidden = True
            hidden_keepalived = hidden_keepalived or name.startswith(_NAME)
        except (OSError, ValueError):
            continue  # it ended while we looked
        else:
            if isinstance(status, UntrustedProcess):
                strangers.append(status)
                names[pid] = ""  # its children cannot be identified by name
            elif status is not None and name.startswith(_NAME):
                processes.append(status)
            elif status is not None and (name != "kube-proxy" or (held.PROC / _PROXY).exists()):
                other = next(each for each in _OTHERS if name.startswith(each))
    apart = _apart(strangers, processes)
    tops = _tops(processes, names)
    if not tops and processes:
        return KeepalivedProcesses(
            True, None, _NAME, apart
        )  # a checker alone, by net_namespace_ipvs: its parent is elsewhere
    if not tops:
        veiled = _veiled(names)
        owner = other or (None if hidden or veiled else "")
        return KeepalivedProcesses(None if hidden_keepalived or veiled else False, None, owner, apart)
    parents, writers = [], []
    for top in tops:
        options = read_options(words_of(top.pid))
        parents.append(_configured(top.pid, options))
        if _checks(held.PROC, top, processes, options):
            writers.append(parents[-1])
    parent, *rivals = writers or parents[:1]
    others = tuple(status for status in parents if status is not parent)
    return KeepalivedProcesses(True, parent, _NAME if writers else other, apart, others, tuple(rivals))


def _veiled(names: Mapping[int, str]) -> bool:
    """Whether processes in our network namespace may be left out of our /proc: it is mounted with hidepid=, or we are
    in a PID namespace of our own. There the network is the machine's, or something shows that others work in it, as in
    a pod whose containers share one network. A network of a container's own in which nobody works is that container's
    alone."""
    if not names.get(1):
        return True
    try:
        if os.stat(held.PROC / "self/ns/pid").st_ino == _FIRST:
            return False
    except OSError:
        return False
    return (held.PROC / _MACHINES).exists() or _works()


def _works() -> bool:
    """Whether somebody works in our network namespace, though we may not see the process: the table has a service, or
    a raw socket is open for VRRP. lvstui itself hears adverts by a packet socket."""
    table = _lines("net/ip_vs", _TABLE_HEAD + 1)[_TABLE_HEAD:]
    raw = [line.split() for name in ("net/raw", "net/raw6") for line in _lines(name)[1:]]
    return bool(table) or any(len(words) > 1 and words[1].endswith(_VRRP) for words in raw)


def _lines(name: str, most: int | None = None) -> list[str]:
    """The first lines of a file in /proc; none where it cannot be read."""
    try:
        with (held.PROC / name).open(errors="replace") as file:
            return list(islice(file, most))
    except OSError:
        return []


def _process(pid: int | str) -> Path:
    return held.PROC / str(pid)


def _name(pid: int) -> str:
    try:
        return (held.PROC / str(pid) / "comm").read_text(errors="replace").rstrip("\n")
    except OSError:
        return ""


def _look_at(pid: int, name: str, ours: int) -> ProcessStatus | UntrustedProcess | None:
    """A process with one of the names; None where it is in another network namespace, or runs another program. Raises
    _Hidden where that is not known, OSError or ValueError where it has ended."""
    with held.Process(pid) as process:
        status = process.status()
        if not trust.counts(status.users):
            if _outside(status.users):
                raise _Hidden
            said = name if _worth_a_word(process, name, ours) else ""
            return UntrustedProcess(pid, status.users[0], said, status.above)
        try:
            if process.stat("ns/net").st_ino != ours:
                return None
            program = process.program()
        except PermissionError:
            raise _Hidden from None
    # A user's link of this name to sudo makes a process of root with this name, but it runs sudo.
    runs = next(programs for each, programs in _PROGRAMS.items() if name.startswith(each))
    return ProcessStatus(pid, status.above, name, status.numbers) if program.startswith(runs) else None


def _outside(users: Sequence[int]) -> bool:
    """Whether a process belongs to a user whom our user namespace has no number for: root outside, perhaps."""
    try:
        unknown = int((held.PROC / "sys/kernel/overflowuid").read_text())
        whole = (held.PROC / "self/uid_map").read_text().split() == _EVERYBODY
    except (OSError, ValueError):
        return False
    return not whole and unknown in users


def _worth_a_word(process: held.Process, name: str, ours: int) -> bool:
    """Whether a stranger has exactly the name, and is in our network namespace."""
    try:
        return name in _PROGRAMS and process.stat("ns/net").st_ino == ours
    except PermissionError:
        return False


def _apart(strangers: Sequence[UntrustedProcess], processes: Sequence[ProcessStatus]) -> tuple[UntrustedProcess, ...]:
    """The strangers that are not children of others, nor of a keepalived, which runs scripts as another user."""
    parents = {stranger.pid for stranger in strangers} | {process.pid for process in processes}
    return tuple(stranger for stranger in strangers if stranger.name and stranger.above not in parents)


def words_of(pid: int) -> tuple[str, ...]:
    """The words that a process was started with, () when it is gone or hides them."""
    try:
        with held.Process(pid) as process:
            return process.words()
    except OSError:
        return ()


def began(pid: int) -> float:
    """When the youngest of a keepalived's processes was started, in monotonic seconds, 0 where that is not known: a
    checker that was killed alone is started again by its parent. `pid`: that of the parent."""
    apart = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    children: list[str] = []
    try:
        with suppress(FileNotFoundError):  # a kernel without CONFIG_PROC_CHILDREN
            children = (_process(pid) / f"task/{pid}/children").read_text().split()
        ticks = [_started(pid), *map(_started, children)]
    except (OSError, ValueError, IndexError):
        return 0.0
    return round(max(ticks) / os.sysconf("SC_CLK_TCK") - apart, 2)


def _started(pid: int | str) -> int:
    return int((_process(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[_START])


def ends(pid: int) -> bool:
    """Whether the parent process of a keepalived has exited, or has been told to end. Its checker removes its services
    from the table first, and the parent waits for its children as long as it takes; meanwhile it takes no signal but
    theirs (core/main.c, sigend). False where it may not be inspected, and for a build without signalfd."""
    try:
        process = held.Process(pid)
    except OSError:
        return True
    with process:
        try:
            names = process.names("fdinfo")
        except OSError:
            return False
        masks = [mask for name in names if (mask := _signals(process, name)) is not None]
    return bool(masks) and not any(mask & _TERM for mask in masks)


def _signals(process: held.Process, descriptor: str) -> int | None:
    """The signals that a process takes by this descriptor, None where it is for something else."""
    try:
        text = process.read(f"fdinfo/{descriptor}").decode(errors="replace")
    except OSError:
        return None
    mask = next((line.split()[1] for line in text.splitlines() if line.startswith("sigmask:\t")), None)
    return int(mask, 16) if mask is not None else None


def _configured(pid: int, options: DaemonOptions) -> Parent:
    """A parent process with the file that it reads: the given one, else the source of its copy in memory, else the
    default. The default depends on the build, so the copy is more reliable."""
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


def _tops(processes: Sequence[ProcessStatus], names: Mapping[int, str]) -> list[ProcessStatus]:
    """Of the processes of keepalived those that the others are children of, one for each daemon; first the one that has
    most. It may be the child of one in another network namespace, and is no parent then."""
    tops = [process for process in processes if not names.get(process.above, "").startswith(_NAME)]
    return sorted(tops, key=lambda top: (-sum(process.above == top.pid for process in processes), top.pid))


def _checks(processes: Path, parent: ProcessStatus, statuses: Sequence[ProcessStatus], options: DaemonOptions) -> bool:
    """Whether it has a checker process, which programs the table."""
    children = [process for process in statuses if process.above == parent.pid]
    if "P" in options.alone:
        return False
    if "C" in options.alone:
        return bool(children)
    known = {number for process in children for number in process.numbers}
    named = any(process.name.startswith(_CHECKER) for process in children)
    root = processes / str(parent.pid) / "root"
    return named or len(children) >= _CHILDREN or any(_pid(root / path) in known for path in _PIDS)


def _pid(path: Path) -> str:
    """The number in a pid file that only root or we can have written, "" for none."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with open(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode) or trust.flaw_of(handle, str(path)):
            return ""
        return stream.read(_LONGEST).decode(errors="replace").strip()


def seen(pid: int, name: str) -> Path:
    """A file of a process as we see it: by its own name where its root and mounts are ours, or cannot be inspected."""
    process = _process(pid)
    try:
        ours = all((process / what).samefile(f"/proc/self/{what}") for what in ("root", "ns/mnt"))
        folder = Path(os.readlink(process / "cwd"))
    except OSError:
        ours, folder = True, process / "cwd"
    if name.startswith("/"):
        return Path(name) if ours else process / "root" / name.lstrip("/")
    return folder / name if ours else process / "cwd" / name
