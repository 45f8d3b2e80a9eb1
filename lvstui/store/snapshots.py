"""The snapshots of one table: in one folder, each a whole file whose name says what it is and when it was taken.

auto-20261123T025306Z.toml             taken by the program: at a session's first change, then now and then
before-restore-20261123T025306Z.toml   the table as it was before a restore
anything-else.toml                     named by an operator; never removed by the program
"""

from __future__ import annotations

import re
import time
from _collections_abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from lvstui.director.errors import BadInput, NotDone
from lvstui.director.remarks import nearest
from lvstui.store import journal, private
from lvstui.values import NamedTuple

AUTOMATIC, BEFORE, NAMED = "automatic", "before restore", "named"
_PREFIXES = {AUTOMATIC: "auto-", BEFORE: "before-restore-"}
_STAMPED = re.compile(r"(auto|before-restore)-(\d{8}T\d{6}Z)(-\d+)?\.toml")
_STAMP = "%Y%m%dT%H%M%SZ"

APART = 600.0
"""Seconds between two automatic snapshots."""
_AHEAD = 3600.0
"""Seconds that a snapshot may be ahead of the clock and still count as young: clocks are also set by some seconds."""
_ABOVE = 2
"""The folders above the snapshots that are ours too."""
KEPT = 50
"""The number of automatic snapshots that are kept; the oldest are deleted."""


MEND = "look at what is in it; then chown and chmod go-w, or remove it"


class Snapshot(NamedTuple):
    """A file of the store. `taken`: seconds of the epoch, from its name where that has it, otherwise from the file."""

    path: Path
    kind: str
    taken: float
    size: int

    @property
    def name(self) -> str:
        """Its name in `@name`."""
        return self.path.stem


class Store:
    """The snapshots in `folder`; `most` automatic ones are kept."""

    def __init__(self, folder: Path, most: int = KEPT, journal: Path | None = None) -> None:
        """`journal`: the journal of a restore of this table; the snapshot that an unfinished restore names is not
        removed."""
        self.folder = folder
        self._most = most
        self._journal = journal

    def keep(self, kind: str, taken: float, text: Iterable[str]) -> Path:
        """Writes an automatic snapshot, or one from before a restore, whole, mode 0600, and deletes the oldest beyond
        the limit. `taken`: seconds of the epoch. Raises NotDone when it cannot be written."""
        self.make_room()
        stem = _PREFIXES[kind] + time.strftime(_STAMP, time.gmtime(taken))
        path = self.folder / f"{stem}.toml"
        number = 1
        while path.exists():  # two in one second, or the clock was set back
            number += 1
            path = self.folder / f"{stem}-{number}.toml"
        private.write(path, text, above=_ABOVE)
        self._forget(path, taken)
        return path

    def again(self, path: Path, text: Iterable[str]) -> None:
        """Writes a snapshot of `keep` again, where another lvstui has deleted it meanwhile. Raises NotDone."""
        if not path.exists():
            private.write(path, text, above=_ABOVE)

    def due(self, now: float) -> bool:
        """Whether the last automatic snapshot is old enough, even if the clock was set back."""
        last = next((snapshot.taken for snapshot in self.listed() if snapshot.kind == AUTOMATIC), None)
        return last is None or not 0 <= now - last < APART

    def named(self, name: str) -> Path:
        """The path of a snapshot of this name. Raises BadInput for an invalid name."""
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", name) or name.isdecimal() or _STAMPED.match(name):
            raise BadInput(
                f"@{name}",
                "is not a name for a snapshot",
                "use letters, digits and . _ - and begin with a letter or digit",
            )
        return self.folder / (name if name.endswith((".toml", ".json")) else f"{name}.toml")

    def make_room(self) -> None:
        """Makes the folder. Raises NotDone."""
        try:
            with private.opened(self.folder, make=True, above=_ABOVE):
                pass
        except OSError as error:
            why = f"cannot be used: {error.strerror or error}"
            raise NotDone(str(self.folder), why, private.mend(error)) from None

    def amiss(self) -> str:
        """Why the folder is not used, "" where it is."""
        return private.amiss(self.folder, _ABOVE)

    def check(self, path: Path) -> None:
        """Checks a snapshot before it is read. Raises BadInput where another user may have written it."""
        try:
            with private.opened(self.folder, above=_ABOVE):
                private.check(path)
        except FileNotFoundError:
            pass  # reading it reports the error
        except OSError as error:
            raise BadInput(str(path), f"is not used: {error.strerror or error}", private.mend(error)) from None

    def listed(self) -> Sequence[Snapshot]:
        """All snapshots, latest first: @1 is the first. One that cannot be checked is left out."""
        snapshots: list[tuple[float, int, Snapshot]] = []
        if self.amiss():
            return []
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.name.startswith("."):
                    continue
                with suppress(OSError):
                    stat = path.stat()
                    if S_ISREG(stat.st_mode):
                        file_found = Snapshot(path, *_read_name(path.name, stat.st_mtime), stat.st_size)
                        snapshots.append((file_found.taken, stat.st_mtime_ns, file_found))
        return [snapshot for _, _, snapshot in sorted(snapshots, reverse=True)]

    def address(self, text: str) -> Path:
        """The path for `@1` (the latest), `@2`... or `@name`. Raises BadInput with the names there are."""
        if amiss := self.amiss():
            raise BadInput(text, f"is not used: {amiss}", MEND)
        path = self._path_of(text)
        self.check(path)
        return path

    def _path_of(self, text: str) -> Path:
        word = text.removeprefix("@")
        listed = self.listed()
        if word.isdecimal():
            number = int(word[:10])  # no store has as many, and Python refuses to read thousands of digits
            if 1 <= number <= len(listed):
                return listed[number - 1].path
            there = f"@1 to @{len(listed)}" if listed else "none yet"
            raise BadInput(text, f"there is no such snapshot: {there}", "lvstui --snapshots lists them")
        paths = [snapshot.path for snapshot in listed if word in (snapshot.name, snapshot.path.name)]
        if not paths:
            mend = nearest(word, [snapshot.name for snapshot in listed]) or "lvstui --snapshots lists them"
            raise BadInput(text, "there is no snapshot of this name", mend)
        return paths[0]

    def remove(self, path: Path) -> None:
        """Deletes a snapshot. Raises NotDone when it is not in this store, or cannot be deleted."""
        if path.parent != self.folder:
            raise NotDone(str(path), "is not in the folder of the snapshots")
        if path.name == self._needed():
            why = "is the table as it was before a restore that is not finished"
            raise NotDone(str(path), why, "lvstui --resume or --rollback first")
        try:
            path.unlink()
        except OSError as error:
            raise NotDone(str(path), f"cannot be deleted: {error.strerror or error}") from None

    def _needed(self) -> str:
        """The name of the snapshot that an unfinished restore needs."""
        return Path(journal.names(self._journal)).name if self._journal is not None else ""

    def _forget(self, new: Path, taken: float) -> None:
        """Deletes the oldest automatic snapshots beyond the limit. Those of a time that is still to come are older than
        the new one, taken at `taken`: the clock was set back since. A failure is ignored."""
        needed = self._needed()
        own = [
            snapshot
            for snapshot in self.listed()
            if snapshot.kind != NAMED and snapshot.path != new and snapshot.path.name != needed
        ]
        own.sort(key=lambda snapshot: snapshot.taken > taken + _AHEAD)
        for snapshot in own[max(0, self._most - 1) :]:
            with suppress(OSError):
                snapshot.path.unlink()


def _read_name(name: str, written: float) -> tuple[str, float]:
    """A file's kind, and when it was taken."""
    match = _STAMPED.fullmatch(name)
    if match is None:
        return NAMED, written
    from datetime import UTC, datetime  # time.strptime loads three times as much

    text = match[2]
    day = int(text[:4]), int(text[4:6]), int(text[6:8])
    try:
        taken = datetime(*day, int(text[9:11]), int(text[11:13]), int(text[13:15]), tzinfo=UTC).timestamp()
    except ValueError:
        return NAMED, written
    return (AUTOMATIC if match[1] == "auto" else BEFORE), taken


class SnapshotHead(NamedTuple):
    """Facts from the head of a snapshot and a quick scan of the rest: host, number of services and of real servers."""

    host: str
    services: int
    servers: int


def glance(path: Path) -> SnapshotHead | None:
    """Scans a snapshot without parsing the rules, which may be fifty thousand. None for a file that does not have
    lvstui's layout."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if path.suffix != ".toml" or b"[snapshot]\n" not in data[:4096]:
        return None
    host = re.search(rb'^host = "([^"\\]*)"$', data[:4096], re.MULTILINE)
    services, servers = data.count(b"\n[[service]]\n"), data.count(b"\n[[service.server]]\n")
    return SnapshotHead(host[1].decode(errors="replace") if host else "", services, servers)
