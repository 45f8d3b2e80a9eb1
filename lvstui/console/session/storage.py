"""The console's access to the disk, supplied by the code that starts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lvstui.console.session.choices import Remembered
from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.places import Kept

if TYPE_CHECKING:
    from lvstui.store.audited import Audited
    from lvstui.store.recording import Recording
    from lvstui.store.replay import Replay
    from lvstui.views.snapshots import Snapshot

NOTHING_REMEMBERED = Remembered()


class Storage(NamedTuple):
    """`save` writes the rules of a State into a file, whole or not at all; `load` reads a file and returns its rules
    and remarks on its lines; `due` says whether an automatic snapshot is to be taken, `keep` takes it; `listed`
    names the snapshots there are; `remove` deletes one of ours; `to_read` and `to_write` tell what file a name
    stands for, `@1`, `@name` and `@boot` among them; `folder` is where new ones go; `themes` the folders of themes;
    `kept` where a restore keeps its lock and journal; `audited` the wrapper under the source that writes the audit
    log, None where none is kept; `replay` the recording that is played, `recording` the one that is made; `host` is
    the word for a director elsewhere, "" for this one; `back` is called before the console is left for the page of
    directors that it was opened from, None where there is none; `around` connects to the director elsewhere again,
    past a shared connection, unless it is connected; None for this one; `choices` remembers what is chosen on the
    screen; `refused` says why the folder of snapshots is not used and how to fix it, "" where it is. All raise
    LvsError."""

    save: Callable[[State, Path], None]
    load: Callable[[Path], tuple[RuleSet, Sequence[str]]]
    due: Callable[[float], bool]
    keep: Callable[[State], Path]
    listed: Callable[[], Sequence[Snapshot]]
    remove: Callable[[Path], None]
    to_read: Callable[[str], Path]
    to_write: Callable[[str], Path]
    folder: Path
    themes: tuple[Path, ...]
    kept: Kept
    audited: Audited | None = None
    replay: Replay | None = None
    recording: Recording | None = None
    refused: Callable[[], str] = lambda: ""
    host: str = ""
    back: Callable[[], None] | None = None
    around: Callable[[], bool] | None = None
    choices: Remembered = NOTHING_REMEMBERED

    def unsaid(self) -> str:
        """Why the audit log cannot be written, once; "" otherwise."""
        return self.audited.log.trouble if self.audited is not None and self.audited.log.unsaid() else ""
