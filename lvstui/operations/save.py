"""Saves the table to a file: for --save, for S in the console, and for automatic snapshots."""

from __future__ import annotations

from os.path import dirname, join, normpath

from lvstui.director.state import State
from lvstui.formats import rule_files
from lvstui.formats.contents import snapshot_of_state
from lvstui.operations.all_rules import with_all_rules
from lvstui.places import TablePaths
from lvstui.store.whole import write_whole
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def save(state: State, path: str | Path, paths: TablePaths, kind: str = "", what: str = "save") -> None:
    """Writes a table to a file, whole or not at all. `kind` or the file's name gives the format. A new snapshot first
    makes room in the store. Raises Unavailable where the State does not have all of the rules, NotDone when the file
    cannot be written."""
    with_all_rules(state, what)
    if normpath(dirname(path)) == normpath(join(paths.at, "snapshots")):
        from lvstui.store.snapshots import Store

        Store(paths.snapshots, paths.most, paths.journal).make_room()
    write_whole(path, rule_files.render(snapshot_of_state(state), kind or rule_files.kind_of(str(path))))
