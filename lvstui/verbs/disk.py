"""What the console stores on disk, in the formats and places that the verbs use."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from lvstui import places
from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.formats import rule_files
from lvstui.formats.contents import snapshot_of_state
from lvstui.operations.all_rules import with_all_rules
from lvstui.operations.save import save
from lvstui.places import TablePaths
from lvstui.store.snapshots import AUTOMATIC, MEND, Store
from lvstui.verbs import address
from lvstui.verbs.named_files import read_for_restore
from lvstui.views.snapshots import EXAMPLE, ListedSnapshot


class Disk:
    """The part of the state folder that belongs to one table."""

    def __init__(self, paths: TablePaths) -> None:
        self.folder = paths.snapshots
        self._paths = paths
        self._store = Store(paths.snapshots, paths.most, paths.journal)

    def save(self, state: State, path: Path) -> None:
        """Saves the rules of a State in the format of the file's name. Raises Unavailable when the State does not have
        all of them, NotDone when the file cannot be written."""
        save(state, path, self._paths)

    def due(self, now: float) -> bool:
        """Whether the last automatic snapshot is old enough. `now`: seconds of the epoch."""
        return self._store.due(now)

    def keep(self, state: State) -> Path:
        """Saves an automatic snapshot. Raises Unavailable, NotDone."""
        with_all_rules(state, "save")
        return self._store.keep(AUTOMATIC, state.taken, rule_files.render(snapshot_of_state(state), "toml"))

    def to_read(self, text: str) -> Path:
        """The file to read for a name. Raises BadInput where there is none."""
        return Path(address.to_read(text, self._paths).path).expanduser()

    def to_write(self, text: str) -> Path:
        """The file to write for a name; it need not exist. Raises BadInput, NotDone."""
        return Path(address.to_write(text, self._paths)).expanduser()

    def load(self, path: Path) -> tuple[RuleSet, Sequence[str]]:
        """The rules in a file, and remarks on its lines. Raises BadInput."""
        if path.parent == self.folder:
            self._store.check(path)
        file = address.distributed(str(path))
        read = read_for_restore(file.path, file.kind)
        return read.rules, [str(remark) for remark in (*file.remarks, *read.remarks)]

    def listed(self) -> Sequence[ListedSnapshot]:
        """The snapshots: those of the store, latest first, then the examples."""
        own = [
            ListedSnapshot(snapshot.path, snapshot.kind, snapshot.taken, snapshot.size, True)
            for snapshot in self._store.listed()
        ]
        examples = []
        for path in places.rule_sets(places.snapshots()):
            with suppress(OSError):
                stat = path.stat()
                examples.append(ListedSnapshot(path, EXAMPLE, stat.st_mtime, stat.st_size, False))
        return (*own, *examples)

    def refused(self) -> str:
        """Why the folder of snapshots is not used, with the remedy; "" where it is."""
        why = self._store.amiss()
        return f"{why}: {MEND}" if why else ""

    def remove(self, path: Path) -> None:
        """Deletes a snapshot from the store. Raises NotDone when it is not one, or cannot be deleted."""
        self._store.remove(path)
