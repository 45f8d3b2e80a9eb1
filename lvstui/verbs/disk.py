"""What the console keeps on disk and reads from it: the same formats and the same places as the verbs use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from stat import S_ISREG

from lvstui import places
from lvstui.director.errors import NotDone, Unavailable
from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.formats import files
from lvstui.formats.contents import snapshot_of_state
from lvstui.store.whole import write_whole
from lvstui.verbs.reading import read_any
from lvstui.views.snapshots import BEFORE, EXAMPLE, NAMED, Snapshot


class Disk:
    """The part of the state directory that concerns one table: `kept` holds the tables as they were before each
    restore, `folder` the snapshots an operator saves."""

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        self.folder = kept / "snapshots"

    def save(self, state: State, path: Path) -> None:
        """Saves the rules of a State, as the file's name says. Raises Unavailable when it does not tell them in full,
        NotDone when the file cannot be written."""
        _must_be_complete(state)
        if path.parent == self.folder:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                why = f"cannot be made: {error.strerror or error}"
                raise NotDone(str(self.folder), why, "LVSTUI_STATE moves it") from None
        write_whole(path, files.render(snapshot_of_state(state), files.kind_of(str(path))))

    def load(self, path: Path) -> tuple[RuleSet, Sequence[str]]:
        """The rules in a file, and remarks on its lines. Raises BadInput."""
        read = read_any(str(path))
        return read.rules, [str(remark) for remark in read.remarks]

    def listed(self) -> Sequence[Snapshot]:
        """The snapshots there are: the operator's own and the tables as they were, latest first, then the examples."""
        own = [
            *(_snapshot(path, NAMED) for path in self.folder.glob("*") if not path.name.startswith(".")),
            *(_snapshot(path, BEFORE) for path in self.kept.glob("before-restore-*")),
        ]
        examples = [_snapshot(path, EXAMPLE) for path in sorted(places.snapshots().glob("*.toml"))]
        found = [*sorted(filter(None, own), key=lambda one: -one.taken), *filter(None, examples)]
        return tuple(found)

    def remove(self, path: Path) -> None:
        """Deletes a snapshot of ours. Raises NotDone when it is not, or cannot be deleted."""
        if path.parent not in (self.folder, self.kept):
            raise NotDone(str(path), "is not in the folder of the snapshots")
        try:
            path.unlink()
        except OSError as error:
            raise NotDone(str(path), f"cannot be deleted: {error.strerror or error}") from None


def _snapshot(path: Path, kind: str) -> Snapshot | None:
    """None for what is no file, or is gone already."""
    try:
        found = path.stat()
    except OSError:
        return None
    if not S_ISREG(found.st_mode):
        return None
    return Snapshot(path, kind, found.st_mtime, found.st_size, kind != EXAMPLE)


def _must_be_complete(state: State) -> None:
    if state.unknown:
        missing = ", ".join(sorted(state.unknown))
        raise Unavailable("save", f"this read cannot tell {missing}", "run as root, or with CAP_NET_ADMIN")
