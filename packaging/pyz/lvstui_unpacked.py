"""lvstui as one file: unpacks what it carries into a cache of its own, once for each build, and runs it from there.

The cache is root's /var/cache/lvstui, or the user's own ~/.cache/lvstui; LVSTUI_CACHE moves it. Nothing is run from a
place that another user could have written, or where another could put something in its stead: lvstui's own rule of
trust (lvstui/trust.py travels in the file) judges each folder on the way, every time. Where there is no such place the
file is unpacked for this run alone, and says why.
"""

from __future__ import annotations

import atexit
import fcntl
import io
import os
import sys

import lvstui_trust  # type: ignore[import-not-found]  # it is lvstui/trust.py, in the file

TYPE_CHECKING = False  # loading typing for it would take longer than all else here
if TYPE_CHECKING:
    from zipimport import zipimporter

BUILD = "@BUILD@"
"""Names what is in the payload: the version, and the beginning of its SHA-256."""
PAYLOAD = "payload.zip"
_PREFIX = "pyz-"
_UNFINISHED = ".new-"

_held: list[int] = []
"""The folder that this process runs from, open and locked, so that no newer file removes it."""


def run() -> int:
    """Runs lvstui on this process's arguments and returns its exit code."""
    folder = _kept() or _for_this_run()
    libraries = os.path.join(folder, "site")
    compiled = os.path.join(folder, f"site-{os.uname().machine}")
    sys.path[0:1] = [libraries, compiled]
    from lvstui.cli import main

    return main(sys.argv[1:])


def cache() -> str:
    """Root's folder, or the user's own. With sudo HOME may be another user's, so root does not use it."""
    if moved := os.environ.get("LVSTUI_CACHE"):
        return moved
    if os.geteuid() == 0 and os.stat("/").st_uid == 0:
        return "/var/cache/lvstui"
    own = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(own, "lvstui")


def _kept() -> str:
    """The folder of this build in the cache, unpacked where it is not there yet; "" where there is no cache for us."""
    base = os.path.abspath(cache())
    folder = os.path.join(base, _PREFIX + BUILD)
    try:
        if not _lock(folder):
            _fill(base, folder)
            if not _lock(folder):
                raise OSError(0, f"{folder} went away")
        return folder
    except OSError as error:
        _say(f"{base} is no cache: {error.strerror or error}")
        return ""


def _lock(folder: str) -> bool:
    """Whether the folder is there and can be trusted; it stays until we end. Raises OSError: it cannot be trusted."""
    while True:
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        _judge(folder)
        fcntl.flock(handle, fcntl.LOCK_SH)
        # A newer file may have removed it meanwhile.
        if os.path.exists(folder) and os.path.samestat(os.stat(folder), os.fstat(handle)):
            _held.append(handle)
            return True
        os.close(handle)


def _judge(folder: str) -> None:
    """Raises OSError where an ordinary user could have written into a folder, or laid it."""
    if flaw := lvstui_trust.flaw(folder):
        raise OSError(0, f"{flaw}, so nothing in it is run")


def _fill(base: str, folder: str) -> None:
    """Unpacks into the cache, whole or not at all, and removes what older files left there. Raises OSError."""
    import shutil
    import tempfile

    before = os.umask(0o077)
    try:
        os.makedirs(base, 0o700, exist_ok=True)
        _judge(base)
        new = tempfile.mkdtemp(prefix=_UNFINISHED, dir=base)
        handle = os.open(new, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            _unpack(new)
            # A machine that loses power now must not find half of it under the name that means all of it.
            os.sync()
            try:
                os.rename(new, folder)
            except OSError:
                # Another process was first, and its folder is as good.
                if not os.path.isdir(folder):
                    raise
        finally:
            shutil.rmtree(new, ignore_errors=True)
            os.close(handle)
    finally:
        os.umask(before)
    for name in os.listdir(base):
        if name.startswith((_PREFIX, _UNFINISHED)) and name != os.path.basename(folder):
            _remove(os.path.join(base, name))


def _remove(folder: str) -> None:
    """Removes the folder of another build, unless a process runs from it or unpacks into it."""
    import shutil

    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return  # removed by another, or no folder
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(handle)


def _for_this_run() -> str:
    """A folder that is removed when we end. TMPDIR may be another user's, who could put something else in its place:
    then it is not used."""
    import shutil

    why = ""
    for base in (None, "/run", "/tmp"):
        try:
            folder = _trusted(base)
        except OSError as error:
            why = str(error.strerror or error)
            continue
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        try:
            _unpack(folder)
        except OSError as error:
            why = str(error.strerror or error)
            continue
        _say(f"unpacked into {folder} for this run alone; LVSTUI_CACHE=FOLDER names a place of your own to keep it")
        return folder
    _say(f"nowhere to unpack: {why}; LVSTUI_CACHE=FOLDER names a place of your own")
    sys.exit(1)


def _trusted(base: str | None) -> str:
    """A new folder below `base`, by default below TMPDIR. Raises OSError where an ordinary user could replace it."""
    import tempfile

    folder = tempfile.mkdtemp(prefix="lvstui-", dir=base)
    try:
        _judge(folder)
    except OSError:
        os.rmdir(folder)
        raise
    return folder


def _unpack(folder: str) -> None:
    """Raises OSError."""
    import zipfile

    loader: zipimporter = __loader__  # type: ignore[name-defined]
    with zipfile.ZipFile(io.BytesIO(loader.get_data(os.path.join(loader.archive, PAYLOAD)))) as payload:
        payload.extractall(folder)


def _say(line: str) -> None:
    """On standard error, where there is one, without what a terminal would obey."""
    if sys.stderr is not None:
        print("lvstui: " + "".join(c if c.isprintable() else "?" for c in line), file=sys.stderr)
