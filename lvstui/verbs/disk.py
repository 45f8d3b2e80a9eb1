"""What the console keeps on disk and reads from it: the same formats and the same places as the verbs use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lvstui import places
from lvstui.director.errors import NotDone, Unavailable
from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.formats import files
from lvstui.formats.contents import snapshot_of_state
from lvstui.store.whole import write_whole
from lvstui.verbs.reading import read_any


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

    def listed(self) -> Sequence[Path]:
        """The snapshots there are: the operator's own and the tables as they were, latest first, then the examples."""
        own = [path for folder in (self.folder, self.kept) for path in folder.glob("*") if path.is_file()]
        own.sort(key=_age)
        return [*own, *sorted(places.snapshots().glob("*.toml"))]


def _must_be_complete(state: State) -> None:
    if state.unknown:
        missing = ", ".join(sorted(state.unknown))
        raise Unavailable("save", f"this read cannot tell {missing}", "run as root, or with CAP_NET_ADMIN")


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:
        return 0.0
