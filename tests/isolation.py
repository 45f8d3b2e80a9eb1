"""Keeps a run of the tests away from the machine: what the tests write and start goes into one folder.
The machine's own folders are listed before and after, and a difference fails the run. The lab's guests write into
memory (tests/lab/guest.sh and host.sh)."""

from __future__ import annotations

import os
import pwd
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_FOLDER = "LVSTUI_TESTS"
_ALIEN = (
    *(
        "LVSTUI_LOG",
        "LVSTUI_THEMES",
        "LVSTUI_SNAPSHOTS",
        "COLUMNS",
        "LINES",
        "NO_COLOR",
        "COLORFGBG",
        "TEXTUAL_THEME",
    ),
    *("SUDO_USER", "SSH_CONNECTION", "SSH_CLIENT", "TMUX", "STY", "ZDOTDIR", "BASH_ENV", "ENV", "PYTHONWARNINGS"),
    *("DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"),
)
"""Variables of the user who runs the tests; no test may depend on them."""
_LOGS = ("/dev/log", "/run/systemd/journal/")

Listing = dict[str, tuple[int, int, int, int]]


class Run:
    """One run of the tests, as the process that began it sees it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = dict(environment)
        self._before = listing(self._environment)

    def outside(self) -> list[str]:
        """What was written outside the folder since the run began, one line each."""
        connected = self.folder / "connected"
        lines = connected.read_text(encoding="utf-8").splitlines() if connected.exists() else []
        return [*differences(self._before, listing(self._environment)), *sorted(set(lines))]


def begin() -> Run | None:
    """Moves every place into a new folder. None in a worker of pytest-xdist, which finds them moved."""
    run = None
    os.umask(0o022)  # the user's own umask may let a group write, and then lvstui trusts none of the files
    if _FOLDER not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="lvstui-tests-"))
        run = Run(folder, os.environ)
        os.environ.update(moved(folder))
        for name in ("HOME", "TMPDIR", "XDG_RUNTIME_DIR"):
            Path(os.environ[name]).mkdir(mode=0o700)
    # In a worker, too: it is started with the COLUMNS and LINES that readline sets behind Python's back.
    for name in _ALIEN:
        os.environ.pop(name, None)
    tempfile.tempdir = None  # Python may have chosen one already
    sys.addaudithook(_note_connections)
    return run


def moved(folder: Path) -> dict[str, str]:
    """The variables that move every place into a folder."""
    home = folder / "home"
    return {
        _FOLDER: str(folder),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_RUNTIME_DIR": str(folder / "runtime"),
        "TMPDIR": str(folder / "tmp"),
        "TMUX_TMPDIR": str(folder / "tmp"),
        "LVSTUI_CONFIG": os.devnull,
        "LVSTUI_STATE": str(folder / "state"),
        "LVSTUI_RUN": str(folder / "run"),
        "LVSTUI_BOOT": str(folder / "boot.toml"),
        "LVSTUI_UNIT": str(folder / "lvstui-restore.service"),
        "LVSTUI_SYSLOG": str(folder / "log"),
    }


def _note_connections(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: a line in the folder for each connection to a log of the machine."""
    if event == "socket.connect" and str(arguments[1]).startswith(_LOGS):
        with (Path(os.environ[_FOLDER]) / "connected").open("a", encoding="utf-8") as file:
            file.write(f"{arguments[1]}: connected to by {os.environ.get('PYTEST_CURRENT_TEST', 'no test')}\n")


def listing(environment: Mapping[str, str]) -> Listing:
    """The contents of the machine's folders, for a user with this environment."""
    return {
        str(path): (found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns)
        for path in _machine(environment)
        if (found := _look(path)) is not None
    }


def differences(before: Listing, after: Listing) -> list[str]:
    """What is new, is gone, or was written to."""
    return [
        f"{path}: {'new' if path not in before else 'gone' if path not in after else 'written to'}"
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]


def _machine(environment: Mapping[str, str]) -> Iterator[Path]:
    for name in ("/etc/lvstui", "/var/lib/lvstui", "/run/lvstui", "/etc/systemd/system/lvstui-restore.service"):
        yield from _everything(Path(name))
    homes = {Path(environment[name]) for name in ("HOME",) if environment.get(name)}
    homes |= {Path(entry.pw_dir) for entry in pwd.getpwall() if entry.pw_uid == os.geteuid()}
    folders = {home / name for home in homes for name in (".config", ".cache", ".local/state", ".local/share")}
    folders |= {Path(value) for name, value in environment.items() if name.startswith("XDG_") and value.startswith("/")}
    for folder in sorted(folders):
        yield from _everything(folder / "lvstui")
    for home in sorted(homes):
        yield from (path for path in _names(home) if path.name.startswith((".hypothesis", ".zcompdump", ".lvstui")))


def _everything(path: Path) -> Iterator[Path]:
    yield path
    if not path.is_symlink():
        for inside in _names(path):
            yield from _everything(inside)


def _names(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # it is not there, or it is no folder, or we may not look into it
        return []


def _look(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None
