"""Every path the program uses. Locks live in /run/lvstui, whoever works; state in /var/lib/lvstui as root, otherwise
in the XDG place. LVSTUI_STATE, LVSTUI_RUN, LVSTUI_CONFIG, LVSTUI_THEMES, LVSTUI_SNAPSHOTS and LVSTUI_SYSLOG move
them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from lvstui.values import NamedTuple

EVERYBODYS = Path("/run/lvstui")
"""Where the lock of a table is, for root and for whoever else may change it."""

_SIMULATED = "demo"
_FIRST = 0xF0000000 + 256
"""Below it are the inodes of the network namespace that a kernel starts with: it numbers them from 0xF0000000 on, some
dozens at its start (fs/proc/generic.c), and those below by hand."""


class Kept(NamedTuple):
    """Where what concerns one table is kept: `folder` for what must survive, `run` for locks. `boot` names the run of
    the machine in which the table lives: it does not outlive that. `most`: snapshots that the program takes itself and
    keeps. `group`: whose members may hold the lock beside root. `old`: folders that earlier versions had for the same
    table, latest first."""

    folder: Path
    run: Path
    boot: str
    most: int = 50
    group: str = ""
    old: tuple[Path, ...] = ()

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
        return self.folder / "restore.journal"

    @property
    def lock(self) -> Path:
        """Held while a restore is under way."""
        return self.run / "restore.lock"

    @property
    def notice(self) -> Path:
        """Who works, and whose restore was cut off; everybody may read it."""
        return self.run / "restore.notice"


def kept(demo: bool = False) -> Kept:
    """Of the table of this network namespace; the simulated director's is nobody's, and ends with the process."""
    if demo:
        return Kept(state() / "demo", _own_run() / "demo", f"{_SIMULATED} {os.getpid()}")
    inode = _inode()
    name = table()
    return Kept(state() / name, run() / name, boot(), old=_older(state(), name, inode))


def elsewhere(host: str) -> Kept:
    """What is kept here of the director on a host: its snapshots, and what was seen of it. Its locks and its journal
    are its own."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-@") else f"%{ord(c):02x}" for c in host)
    name = f"%2e{name[1:]}" if name.startswith(".") else name
    return Kept(state() / "hosts" / name, _own_run() / "hosts" / name, f"elsewhere {host}")


def state() -> Path:
    """Where what must survive a reboot is kept: the tables as they were before a restore, and what later joins."""
    return _moved("LVSTUI_STATE") or (
        Path("/var/lib/lvstui") if _root() else _own("XDG_STATE_HOME", ".local/state") / "lvstui"
    )


def run() -> Path:
    """Where locks live: one place for all who may change a table. Where root is not ours to see, in a user namespace,
    it is a place of our own."""
    if moved := _moved("LVSTUI_RUN"):
        return moved
    return EVERYBODYS if _belongs_to_root("/run") else _own_run()


def _own_run() -> Path:
    """Where the locks live that concern nobody else."""
    if moved := _moved("LVSTUI_RUN"):
        return moved
    if _root():
        return EVERYBODYS
    # Only a login gives it; a folder in /tmp would be anybody's.
    own = _moved("XDG_RUNTIME_DIR")
    return own / "lvstui" if own else state() / "run"


def configs() -> tuple[Path, ...]:
    """The settings files, whether or not they are there: the machine's, then one's own, which counts before it."""
    if moved := _moved("LVSTUI_CONFIG"):
        return (moved,)
    return Path("/etc/lvstui/config.toml"), _own_config() / "lvstui/config.toml"


def _own_config() -> Path:
    """Root's is that of the password file, lest sudo make root read what another user wrote."""
    if _root():
        import pwd

        return Path(pwd.getpwuid(0).pw_dir) / ".config"
    return _own("XDG_CONFIG_HOME", ".config")


def _own(variable: str, usual: str) -> Path:
    """An XDG place. Every verb looks there: loading a library to work it out takes longer than many a verb."""
    return _moved(variable) or Path.home() / usual


def themes() -> Path:
    """The folder of the themes that come with the program."""
    return _moved("LVSTUI_THEMES") or _shipped("themes")


def theme_folders() -> tuple[Path, ...]:
    """All of them: ours, then those beside the settings files, which count before it."""
    return (themes(), *(config.parent / "themes" for config in configs()))


def snapshots() -> Path:
    """The folder of the example snapshots that come with the program."""
    return _moved("LVSTUI_SNAPSHOTS") or _shipped("snapshots")


def worlds() -> tuple[Path, ...]:
    """The folders of the worlds that --demo knows by name: the example snapshots, and the simulated director's own."""
    return snapshots(), Path(__file__).resolve().parent / "demo"


def completions() -> Path:
    """The folder of the completion scripts that come with the program."""
    return _shipped("completions")


def manual() -> Path:
    """The manual page that comes with the program."""
    package = Path(__file__).resolve().parent
    inside = package / "lvstui.1"
    return inside if inside.is_file() else package.parent / "docs/lvstui.1"


def table() -> str:
    """A name for the table of this network namespace, which is the same after a reboot and under another kernel: `host`
    for the machine's own, `netns-blue` for the one that `ip netns` calls blue, `net-4026532177` by the inode for one
    without a name."""
    return _name_of(_inode())


@cache
def _name_of(inode: tuple[int, int]) -> str:
    if _machines(inode):
        return "host"
    name = _called(inode)
    if name:
        return "netns-" + "".join(c if c.isascii() and (c.isalnum() or c in "._-") else f"%{ord(c):02x}" for c in name)
    return f"net-{inode[1]}" if inode[1] else "net"


def _inode() -> tuple[int, int]:
    """Device and inode of this network namespace, (0, 0) where that is not told."""
    try:
        found = Path("/proc/self/ns/net").stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def _machines(inode: tuple[int, int]) -> bool:
    """Whether this is the network namespace of the machine's first process. An ordinary user may not look at that, but
    at its /proc/net, whose files are others in each namespace; and where processes of others are hidden, at a setting
    that the kernel has in the namespace it starts with alone."""
    try:
        first = Path("/proc/1/ns/net").stat()
        return (first.st_dev, first.st_ino) == inode
    except OSError:
        pass
    try:
        return Path("/proc/1/net/dev").stat().st_ino == Path("/proc/self/net/dev").stat().st_ino
    except OSError:
        return os.path.exists("/proc/sys/net/core/netdev_max_backlog")


def _called(inode: tuple[int, int]) -> str:
    """The name that `ip netns` has for it, "" for none: the first of several. Only root can give one."""
    folder = Path("/run/netns")
    try:
        if folder.stat().st_uid != 0:
            return ""
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    for name in names:
        try:
            found = (folder / name).stat()
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == inode:
            return name
    return ""


def _older(base: Path, name: str, inode: tuple[int, int]) -> tuple[Path, ...]:
    """The folders that earlier versions, which took the inode for the name, have left for the same table, as far as
    that can be told: the one of the present inode; for the machine's own namespace also those of other kernels, which
    nothing else is numbered like. Only where there is none by the name yet."""
    if os.path.lexists(base / name) or name == f"net-{inode[1]}":
        return ()
    now = base / f"net-{inode[1]}"
    others = []
    if name == "host" and inode[1] < _FIRST:
        for folder in _entries(base):
            word = folder.name.removeprefix("net-")
            if folder.name != word and folder != now and word.isdecimal() and len(word) < 20 and int(word) < _FIRST:
                others.append((folder.stat().st_mtime, folder))
    found = [folder for _, folder in sorted(others, reverse=True)]
    return tuple(folder for folder in (now, *found) if os.path.isdir(folder))


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def boot() -> str:
    """A name for this run of the machine, which no kernel's table outlives."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def boot_rules() -> Path:
    """The rules that the machine starts with, whether or not there are any: what `@boot` stands for."""
    return _moved("LVSTUI_BOOT") or (Path("/etc/lvstui/boot.toml") if _root() else _own_config() / "lvstui/boot.toml")


def unit() -> Path:
    """Where the systemd unit goes that restores them."""
    return _moved("LVSTUI_UNIT") or Path("/etc/systemd/system/lvstui-restore.service")


def metrics() -> Path:
    """The file that the textfile collector of node_exporter reads (Debian's default folder)."""
    return _moved("LVSTUI_METRICS") or Path("/var/lib/prometheus/node-exporter/lvstui.prom")


def metrics_units() -> tuple[Path, Path]:
    """Where the service and the timer go that write it."""
    folder = unit().parent
    return folder / "lvstui-metrics.service", folder / "lvstui-metrics.timer"


def syslog() -> Path:
    """The socket at which the system's own log listens, syslog's or journald's."""
    return _moved("LVSTUI_SYSLOG") or Path("/dev/log")


def everything() -> dict[str, Path]:
    """All of them by name, for --where."""
    return {
        **dict(zip(("config", "own config"), configs(), strict=False)),
        "state": state(),
        "run": run(),
        "boot": boot_rules(),
        "themes": themes(),
        **dict(zip(("config's themes", "own themes"), theme_folders()[1:], strict=False)),
        "snapshots": snapshots(),
        "syslog": syslog(),
        "program": Path(__file__).resolve().parent,
    }


def _moved(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def _root() -> bool:
    """Whether we are the machine's root: in a user namespace of its own an ordinary user is called so too."""
    return os.geteuid() == 0 and _belongs_to_root("/")


def _belongs_to_root(path: str) -> bool:
    try:
        return os.stat(path).st_uid == 0
    except OSError:
        return False


def _shipped(name: str) -> Path:
    """In a wheel the folder travels inside the package; in a checkout it stands beside it."""
    package = Path(__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
