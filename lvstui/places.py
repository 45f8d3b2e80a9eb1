"""Every path the program uses. As root, state lives in /var/lib/lvstui and locks in /run/lvstui, otherwise in the XDG
places; LVSTUI_STATE, LVSTUI_RUN, LVSTUI_CONFIG, LVSTUI_THEMES, LVSTUI_SNAPSHOTS and LVSTUI_SYSLOG move them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_SIMULATED = "demo"


class Kept(NamedTuple):
    """Where what concerns one table is kept: `folder` for what must survive, `run` for locks. `boot` names the run of
    the machine in which the table lives: it does not outlive that. `most`: snapshots that the program takes itself and
    keeps."""

    folder: Path
    run: Path
    boot: str
    most: int = 50

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


def kept(demo: bool = False) -> Kept:
    """Of the table of this network namespace; the simulated director's is nobody's, and ends with the process."""
    if demo:
        return Kept(state() / "demo", run() / "demo", f"{_SIMULATED} {os.getpid()}")
    return Kept(of_table(state()), of_table(run()), boot())


def state() -> Path:
    """Where what must survive a reboot is kept: the tables as they were before a restore, and what later joins."""
    return _moved("LVSTUI_STATE") or (
        Path("/var/lib/lvstui") if _root() else _own("XDG_STATE_HOME", ".local/state") / "lvstui"
    )


def run() -> Path:
    """Where locks live."""
    if moved := _moved("LVSTUI_RUN"):
        return moved
    if _root():
        return Path("/run/lvstui")
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


def completions() -> Path:
    """The folder of the completion scripts that come with the program."""
    return _shipped("completions")


def of_table(base: Path) -> Path:
    """The part of `base` that concerns the table of this network namespace, keyed by the namespace's own number."""
    try:
        namespace = f"net-{Path('/proc/self/ns/net').stat().st_ino}"
    except OSError:
        namespace = "net"
    return base / namespace


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
    }


def _moved(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def _root() -> bool:
    return os.geteuid() == 0


def _shipped(name: str) -> Path:
    """In a wheel the folder travels inside the package; in a checkout it stands beside it."""
    package = Path(__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
