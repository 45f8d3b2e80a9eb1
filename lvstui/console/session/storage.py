"""The console's access to the disk, supplied by the code that starts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.console.session.choices import SavedChoices
from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.places import TablePaths
from lvstui.values import NamedTuple

if TYPE_CHECKING:
    from lvstui.store.audited import Audited
    from lvstui.store.recording import Recording
    from lvstui.store.replay import Replay
    from lvstui.views.snapshots import ListedSnapshot

NOTHING_REMEMBERED = SavedChoices()


class Storage(NamedTuple):
    """`save` writes the rules of a State into a file, completely or not at all; `load` reads a file and returns its
    rules and remarks on its lines; `due` says whether an automatic snapshot is due, `keep` takes it; `listed` lists the
    snapshots; `remove` deletes one that lvstui wrote; `to_read` and `to_write` return the file that a name means, with
    names like `@1`, `@name` and `@boot`; `folder` is where new ones go; `themes` the folders of themes; `paths` where a
    restore keeps its lock and journal; `audited` the wrapper under the source that writes the audit log, None if none
    is written; `replay` the recording that is played, `recording` the one that is made; `host` is the word for a
    director elsewhere, "" for this one; `back` is called before the console is left for the page of directors, None if
    it was not opened from there; `around` connects again to the director elsewhere, without the shared connection,
    unless it is connected; None for this one; `choices` remembers what is chosen on the screen; `refused` says why the
    folder of snapshots is not used and how to fix it, "" if it is used. All raise LvsError."""

    save: Callable[[State, Path], None]
    load: Callable[[Path], tuple[RuleSet, Sequence[str]]]
    due: Callable[[float], bool]
    keep: Callable[[State], Path]
    listed: Callable[[], Sequence[ListedSnapshot]]
    remove: Callable[[Path], None]
    to_read: Callable[[str], Path]
    to_write: Callable[[str], Path]
    folder: Path
    themes: tuple[Path, ...]
    paths: TablePaths
    audited: Audited | None = None
    replay: Replay | None = None
    recording: Recording | None = None
    refused: Callable[[], str] = lambda: ""
    host: str = ""
    back: Callable[[], None] | None = None
    around: Callable[[], bool] | None = None
    choices: SavedChoices = NOTHING_REMEMBERED

    def unsaid(self) -> str:
        """Why the audit log cannot be written, once; "" otherwise."""
        return self.audited.log.trouble if self.audited is not None and self.audited.log.unsaid() else ""
