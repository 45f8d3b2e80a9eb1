"""Every path that lvstui uses. Locks are in /run/lvstui for every user; state is in /var/lib/lvstui for root, otherwise
in the XDG state folder. LVSTUI_STATE, LVSTUI_RUN, LVSTUI_CONFIG, LVSTUI_THEMES, LVSTUI_SNAPSHOTS and LVSTUI_SYSLOG
override them."""

from __future__ import annotations

import os
from os.path import dirname, join

from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

EVERYBODYS = "/run/lvstui"
"""Where the lock of a table is, for root and every other user who may change it."""

_SIMULATED = "demo"
_JOURNAL, NOTICE = "restore.journal", "restore.notice"
_FIRST = 0xF0000000 + 256
"""Inodes below this belong to the network namespace that the kernel starts with: the kernel numbers namespaces from
0xF0000000 on and makes some dozens at its start (fs/proc/generic.c); smaller numbers are assigned by hand."""


class TablePaths(NamedTuple):
    """The paths of one table: `folder` for what must survive, `run` for locks. `boot` identifies the boot of the
    machine, which the table does not outlive. `most`: how many automatic snapshots are kept. `group`: its members may
    hold the lock, besides root. `old`: folders of earlier versions for the same table, latest first."""

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
        """Whether this belongs to the simulated director, which ends with the process."""
        return self.boot.startswith(_SIMULATED)

    @property
    def journal(self) -> Path:
        """The journal of a restore that is running or was cut off."""
        return self.folder / _JOURNAL

    @property
    def lock(self) -> Path:
        """The file whose lock is held while the table is changed."""
        return self.run / "restore.lock"

    @property
    def notice(self) -> Path:
        """The notice that says who works on the table, and whose restore was cut off; every user may read it."""
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


def table_paths(demo: bool = False) -> TablePaths:
    """The paths for the table of this network namespace. Those of the simulated director belong to nobody and end with
    the process."""
    if demo:
        return TablePaths(join(_state(), "demo"), join(_own_run(), "demo"), f"{_SIMULATED} {os.getpid()}")
    inode = _inode()
    name, base = table(), _state()
    return TablePaths(join(base, name), join(_run(), name), boot(), old=_older(base, name, inode))


def elsewhere(host: str) -> TablePaths:
    """The paths on this machine for a director on another host: its snapshots, and what was seen of it. Its locks and
    journal stay on that host."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-@") else f"%{ord(c):02x}" for c in host)
    name = f"%2e{name[1:]}" if name.startswith(".") else name
    return TablePaths(join(_state(), "hosts", name), join(_own_run(), "hosts", name), f"elsewhere {host}")


def state() -> Path:
    """The folder for what must survive a reboot, such as tables saved before a restore."""
    return _path(_state())


def _state() -> str:
    if moved := _moved("LVSTUI_STATE"):
        return moved
    return "/var/lib/lvstui" if _root() else join(_own("XDG_STATE_HOME", ".local/state"), "lvstui")


def choices() -> Path:
    """What was chosen on the console's screen, whatever the director."""
    return _path(_state()) / "console" / "choices.toml"


def run() -> Path:
    """The folder for locks, one for all users who may change a table. In a user namespace that cannot see the machine's
    root, it is a folder of our own."""
    return _path(_run())


def _run() -> str:
    if moved := _moved("LVSTUI_RUN"):
        return moved
    return EVERYBODYS if _belongs_to_root("/run") else _own_run()


def _own_run() -> str:
    """The folder for locks that concern no other user."""
    if moved := _moved("LVSTUI_RUN"):
        return moved
    if _root():
        return EVERYBODYS
    # Only a login sets XDG_RUNTIME_DIR, and anybody could make a folder in /tmp.
    own = _moved("XDG_RUNTIME_DIR")
    return join(own, "lvstui") if own else join(_state(), "run")


def configs() -> tuple[str, ...]:
    """The settings files, whether or not they exist: the machine's, then the user's own, which overrides it."""
    if moved := _moved("LVSTUI_CONFIG"):
        return (moved,)
    return "/etc/lvstui/config.toml", join(_own_config(), "lvstui/config.toml")


def _own_config() -> str:
    """The user's own settings folder. For root it follows the password file, so that sudo does not make root read a
    file that another user wrote."""
    if _root():
        import pwd

        return join(pwd.getpwuid(0).pw_dir, ".config")
    return _own("XDG_CONFIG_HOME", ".config")


def _own(variable: str, usual: str) -> str:
    """An XDG folder. It is computed here because every verb needs it, and loading a library for it would take longer
    than many verbs."""
    home = os.path.expanduser("~")
    return _moved(variable) or join(home if home != "~" else "/", usual)  # "~": a user of whom no home is known


def themes() -> Path:
    """The folder of the themes that come with the program."""
    return _path(_moved("LVSTUI_THEMES") or _shipped("themes"))


def theme_folders() -> tuple[Path, ...]:
    """All theme folders: ours, then those next to the settings files, which take precedence."""
    return (themes(), *(_path(dirname(config)) / "themes" for config in configs()))


def snapshots() -> Path:
    """The folder of the example snapshots that come with the program."""
    return _path(_moved("LVSTUI_SNAPSHOTS") or _shipped("snapshots"))


def worlds() -> tuple[Path, ...]:
    """The folders of the worlds that --demo knows by name: the example snapshots, and those made for the simulated
    director."""
    return snapshots(), _path(_package()) / "demo"


def rule_sets(folder: Path) -> list[Path]:
    """The files of a folder of worlds or example snapshots, by name; none where it may not be looked into, or is not
    there."""
    return [folder / name for name in sorted(_entries(str(folder))) if name.endswith(".toml")]


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
    """Device and inode of this network namespace, (0, 0) where they cannot be read."""
    try:
        status = os.stat("/proc/self/ns/net")
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


def _machines(inode: tuple[int, int]) -> bool:
    """Whether this is the network namespace of the machine's first process. An ordinary user cannot read that process's
    namespace, so compares its /proc/net, whose files differ in each namespace; where processes of other users are
    hidden, a kernel setting that exists only in the first namespace decides."""
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
    """The name that `ip netns` has for it, the first of several, "" for none. Only root can set one."""
    folder = "/run/netns"
    try:
        if os.stat(folder).st_uid != 0:
            return ""
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    for name in names:
        try:
            status = os.stat(join(folder, name))
        except OSError:
            continue
        if (status.st_dev, status.st_ino) == inode:
            return name
    return ""


def _older(base: str, name: str, inode: tuple[int, int]) -> tuple[str, ...]:
    """The folders that earlier versions left for the same table; they used the inode as the name. That is the folder of
    the present inode, and for the machine's own namespace also those of other kernels, because nothing else gets such
    numbers. Searched only while no folder by the new name exists."""
    now = f"net-{inode[1]}"
    if name == now or os.path.lexists(join(base, name)):
        return ()
    others = []
    if name == "host" and inode[1] < _FIRST:
        for entry in _entries(base):
            word = entry.removeprefix("net-")
            if entry not in (word, now) and word.isdecimal() and len(word) < 20 and int(word) < _FIRST:
                others.append((os.stat(join(base, entry)).st_mtime, entry))
    names = [entry for _, entry in sorted(others, reverse=True)]
    return tuple(folder for entry in (now, *names) if os.path.isdir(folder := join(base, entry)))


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def boot() -> str:
    """An identifier of this boot of the machine, which no kernel table outlives."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            return file.read().decode().strip()
    except OSError:
        return ""


def boot_rules() -> Path:
    """The rules that the machine starts with, whether or not the file exists: `@boot`."""
    usual = "/etc/lvstui/boot.toml" if _root() else join(_own_config(), "lvstui/boot.toml")
    return _path(_moved("LVSTUI_BOOT") or usual)


def unit() -> Path:
    """Where the systemd unit that restores them is installed."""
    return _path(_moved("LVSTUI_UNIT") or "/etc/systemd/system/lvstui-restore.service")


def metrics() -> Path:
    """The file that the textfile collector of node_exporter reads (Debian's default folder)."""
    return _path(_moved("LVSTUI_METRICS") or "/var/lib/prometheus/node-exporter/lvstui.prom")


def metrics_units() -> tuple[Path, Path]:
    """Where the service and the timer that write it are installed."""
    folder = unit().parent
    return folder / "lvstui-metrics.service", folder / "lvstui-metrics.timer"


def syslog() -> Path:
    """The socket of the system log: syslog's or journald's."""
    return _path(_moved("LVSTUI_SYSLOG") or "/dev/log")


def everything() -> dict[str, Path]:
    """All paths by name, for --where."""
    return {
        **dict(zip(("config", "own config"), map(_path, configs()), strict=False)),
        "state": state(),
        "run": run(),
        "choices": choices(),
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
    """Whether we are root of the machine. An ordinary user in a user namespace also has user id 0."""
    return os.geteuid() == 0 and _belongs_to_root("/")


def _belongs_to_root(path: str) -> bool:
    try:
        return os.stat(path).st_uid == 0
    except OSError:
        return False


def _package() -> str:
    return dirname(os.path.realpath(__file__))


def _shipped(name: str) -> str:
    """A folder that comes with the program: inside the package in a wheel, next to it in a checkout."""
    inside = join(_package(), name)
    return inside if os.path.isdir(inside) else join(dirname(_package()), name)
