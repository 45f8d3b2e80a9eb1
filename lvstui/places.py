"""Every path the program uses. Locks live in /run/lvstui, whoever works; state in /var/lib/lvstui as root, otherwise
in the XDG place. LVSTUI_STATE, LVSTUI_RUN, LVSTUI_CONFIG, LVSTUI_THEMES, LVSTUI_SNAPSHOTS and LVSTUI_SYSLOG move
them.

Every verb asks for some of them, and `pathlib` takes longer to load than many a verb: paths are worked out as text
here, and become a Path where somebody takes one.
"""

from __future__ import annotations

import os
from os.path import dirname, join

from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

EVERYBODYS = "/run/lvstui"
"""Where the lock of a table is, for root and for whoever else may change it."""

_SIMULATED = "demo"
_JOURNAL, NOTICE = "restore.journal", "restore.notice"
_FIRST = 0xF0000000 + 256
"""Below it are the inodes of the network namespace that a kernel starts with: it numbers them from 0xF0000000 on, some
dozens at its start (fs/proc/generic.c), and those below by hand."""


class Kept(NamedTuple):
    """Where what concerns one table is kept: `at` is the folder for what must survive, `running` that for locks. `boot`
    names the run of the machine in which the table lives: it does not outlive that. `most`: snapshots that the program
    takes itself and keeps. `group`: whose members may hold the lock beside root. `old`: folders that earlier versions
    had for the same table, latest first."""

    at: str | Path
    running: str | Path
    boot: str
    most: int = 50
    group: str = ""
    old: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """For what must survive."""
        return _path(self.at)

    @property
    def run(self) -> Path:
        """For locks."""
        return _path(self.running)

    @property
    def snapshots(self) -> Path:
        """The folder of the snapshots."""
        return self.folder / "snapshots"

    @property
    def simulated(self) -> bool:
        """Whether it is the simulated director's, which ends with the process."""
        return self.boot.startswith(_SIMULATED)

    @property
    def journal(self) -> Path:
        """Of a restore under way, or cut off."""
        return self.folder / _JOURNAL

    @property
    def lock(self) -> Path:
        """Held while a restore is under way."""
        return self.run / "restore.lock"

    @property
    def notice(self) -> Path:
        """Who works, and whose restore was cut off; everybody may read it."""
        return self.run / NOTICE

    @property
    def quiet(self) -> bool:
        """Whether at a glance no restore is under way or stands cut off: looking closer takes longer than many a
        verb."""
        return not os.path.lexists(join(self.at, _JOURNAL)) and _blank(join(self.running, NOTICE))


def _blank(path: str) -> bool:
    """Whether a notice is not there, or says nothing: what is left of one whose work is done."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        return not os.read(descriptor, 4096).strip()
    except OSError:
        return False
    finally:
        os.close(descriptor)


def kept(demo: bool = False) -> Kept:
    """Of the table of this network namespace; the simulated director's is nobody's, and ends with the process."""
    if demo:
        return Kept(join(_state(), "demo"), join(_own_run(), "demo"), f"{_SIMULATED} {os.getpid()}")
    inode = _inode()
    name, base = table(), _state()
    return Kept(join(base, name), join(_run(), name), boot(), old=_older(base, name, inode))


def elsewhere(host: str) -> Kept:
    """What is kept here of the director on a host: its snapshots, and what was seen of it. Its locks and its journal
    are its own."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-@") else f"%{ord(c):02x}" for c in host)
    name = f"%2e{name[1:]}" if name.startswith(".") else name
    return Kept(join(_state(), "hosts", name), join(_own_run(), "hosts", name), f"elsewhere {host}")


def state() -> Path:
    """Where what must survive a reboot is kept: the tables as they were before a restore, and what later joins."""
    return _path(_state())


def _state() -> str:
    if moved := _moved("LVSTUI_STATE"):
        return moved
    return "/var/lib/lvstui" if _root() else join(_own("XDG_STATE_HOME", ".local/state"), "lvstui")


def run() -> Path:
    """Where locks live: one place for all who may change a table. Where root is not ours to see, in a user namespace,
    it is a place of our own."""
    return _path(_run())


def _run() -> str:
    if moved := _moved("LVSTUI_RUN"):
        return moved
    return EVERYBODYS if _belongs_to_root("/run") else _own_run()


def _own_run() -> str:
    """Where the locks live that concern nobody else."""
    if moved := _moved("LVSTUI_RUN"):
        return moved
    if _root():
        return EVERYBODYS
    # Only a login gives it; a folder in /tmp would be anybody's.
    own = _moved("XDG_RUNTIME_DIR")
    return join(own, "lvstui") if own else join(_state(), "run")


def configs() -> tuple[str, ...]:
    """The settings files, whether or not they are there: the machine's, then one's own, which counts before it."""
    if moved := _moved("LVSTUI_CONFIG"):
        return (moved,)
    return "/etc/lvstui/config.toml", join(_own_config(), "lvstui/config.toml")


def _own_config() -> str:
    """Root's is that of the password file, lest sudo make root read what another user wrote."""
    if _root():
        import pwd

        return join(pwd.getpwuid(0).pw_dir, ".config")
    return _own("XDG_CONFIG_HOME", ".config")


def _own(variable: str, usual: str) -> str:
    """An XDG place. Every verb looks there: loading a library to work it out takes longer than many a verb."""
    home = os.path.expanduser("~")
    return _moved(variable) or join(home if home != "~" else "/", usual)  # "~": a user of whom no home is known


def themes() -> Path:
    """The folder of the themes that come with the program."""
    return _path(_moved("LVSTUI_THEMES") or _shipped("themes"))


def theme_folders() -> tuple[Path, ...]:
    """All of them: ours, then those beside the settings files, which count before it."""
    return (themes(), *(_path(dirname(config)) / "themes" for config in configs()))


def snapshots() -> Path:
    """The folder of the example snapshots that come with the program."""
    return _path(_moved("LVSTUI_SNAPSHOTS") or _shipped("snapshots"))


def worlds() -> tuple[Path, ...]:
    """The folders of the worlds that --demo knows by name: the example snapshots, and the simulated director's own."""
    return snapshots(), _path(_package()) / "demo"


def completions() -> Path:
    """The folder of the completion scripts that come with the program."""
    return _path(_shipped("completions"))


def manual() -> Path:
    """The manual page that comes with the program."""
    inside = join(_package(), "lvstui.1")
    return _path(inside if os.path.isfile(inside) else join(dirname(_package()), "docs/lvstui.1"))


def table() -> str:
    """A name for the table of this network namespace, which is the same after a reboot and under another kernel: `host`
    for the machine's own, `netns-blue` for the one that `ip netns` calls blue, `net-4026532177` by the inode for one
    without a name."""
    return _name_of(_inode())


def _name_of(inode: tuple[int, int]) -> str:
    if inode not in _names:
        _names[inode] = _name_worked_out(inode)
    return _names[inode]


_names: dict[tuple[int, int], str] = {}


def _name_worked_out(inode: tuple[int, int]) -> str:
    if _machines(inode):
        return "host"
    name = _called(inode)
    if name:
        return "netns-" + "".join(c if c.isascii() and (c.isalnum() or c in "._-") else f"%{ord(c):02x}" for c in name)
    return f"net-{inode[1]}" if inode[1] else "net"


def _inode() -> tuple[int, int]:
    """Device and inode of this network namespace, (0, 0) where that is not told."""
    try:
        found = os.stat("/proc/self/ns/net")
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def _machines(inode: tuple[int, int]) -> bool:
    """Whether this is the network namespace of the machine's first process. An ordinary user may not look at that, but
    at its /proc/net, whose files are others in each namespace; and where processes of others are hidden, at a setting
    that the kernel has in the namespace it starts with alone."""
    try:
        first = os.stat("/proc/1/ns/net")
        return (first.st_dev, first.st_ino) == inode
    except OSError:
        pass
    try:
        return os.stat("/proc/1/net/dev").st_ino == os.stat("/proc/self/net/dev").st_ino
    except OSError:
        return os.path.exists("/proc/sys/net/core/netdev_max_backlog")


def _called(inode: tuple[int, int]) -> str:
    """The name that `ip netns` has for it, "" for none: the first of several. Only root can give one."""
    folder = "/run/netns"
    try:
        if os.stat(folder).st_uid != 0:
            return ""
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    for name in names:
        try:
            found = os.stat(join(folder, name))
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == inode:
            return name
    return ""


def _older(base: str, name: str, inode: tuple[int, int]) -> tuple[str, ...]:
    """The folders that earlier versions, which took the inode for the name, have left for the same table, as far as
    that can be told: the one of the present inode; for the machine's own namespace also those of other kernels, which
    nothing else is numbered like. Only where there is none by the name yet."""
    now = f"net-{inode[1]}"
    if name == now or os.path.lexists(join(base, name)):
        return ()
    others = []
    if name == "host" and inode[1] < _FIRST:
        for entry in _entries(base):
            word = entry.removeprefix("net-")
            if entry not in (word, now) and word.isdecimal() and len(word) < 20 and int(word) < _FIRST:
                others.append((os.stat(join(base, entry)).st_mtime, entry))
    found = [entry for _, entry in sorted(others, reverse=True)]
    return tuple(folder for entry in (now, *found) if os.path.isdir(folder := join(base, entry)))


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def boot() -> str:
    """A name for this run of the machine, which no kernel's table outlives."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            return file.read().decode().strip()
    except OSError:
        return ""


def boot_rules() -> Path:
    """The rules that the machine starts with, whether or not there are any: what `@boot` stands for."""
    usual = "/etc/lvstui/boot.toml" if _root() else join(_own_config(), "lvstui/boot.toml")
    return _path(_moved("LVSTUI_BOOT") or usual)


def unit() -> Path:
    """Where the systemd unit goes that restores them."""
    return _path(_moved("LVSTUI_UNIT") or "/etc/systemd/system/lvstui-restore.service")


def metrics() -> Path:
    """The file that the textfile collector of node_exporter reads (Debian's default folder)."""
    return _path(_moved("LVSTUI_METRICS") or "/var/lib/prometheus/node-exporter/lvstui.prom")


def metrics_units() -> tuple[Path, Path]:
    """Where the service and the timer go that write it."""
    folder = unit().parent
    return folder / "lvstui-metrics.service", folder / "lvstui-metrics.timer"


def syslog() -> Path:
    """The socket at which the system's own log listens, syslog's or journald's."""
    return _path(_moved("LVSTUI_SYSLOG") or "/dev/log")


def everything() -> dict[str, Path]:
    """All of them by name, for --where."""
    return {
        **dict(zip(("config", "own config"), map(_path, configs()), strict=False)),
        "state": state(),
        "run": run(),
        "boot": boot_rules(),
        "themes": themes(),
        **dict(zip(("config's themes", "own themes"), theme_folders()[1:], strict=False)),
        "snapshots": snapshots(),
        "syslog": syslog(),
        "program": _path(_package()),
    }


def _path(text: str | Path) -> Path:
    from pathlib import Path

    return Path(text)


def _moved(variable: str) -> str:
    return os.environ.get(variable, "")


def _root() -> bool:
    """Whether we are the machine's root: in a user namespace of its own an ordinary user is called so too."""
    return os.geteuid() == 0 and _belongs_to_root("/")


def _belongs_to_root(path: str) -> bool:
    try:
        return os.stat(path).st_uid == 0
    except OSError:
        return False


def _package() -> str:
    return dirname(os.path.realpath(__file__))


def _shipped(name: str) -> str:
    """In a wheel the folder travels inside the package; in a checkout it stands beside it."""
    inside = join(_package(), name)
    return inside if os.path.isdir(inside) else join(dirname(_package()), name)
