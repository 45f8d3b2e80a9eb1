"""What the console needs of the disk, handed to it by whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.places import Kept


class Files(NamedTuple):
    """`save` writes the rules of a State into a file, whole or not at all; `load` reads a file and returns its rules
    and remarks on its lines; `listed` names the snapshots there are; `folder` is where new ones go; `themes` where
    themes are; `kept` where a restore keeps its lock and journal. All raise LvsError."""

    save: Callable[[State, Path], None]
    load: Callable[[Path], tuple[RuleSet, Sequence[str]]]
    listed: Callable[[], Sequence[Path]]
    folder: Path
    themes: Path
    kept: Kept
