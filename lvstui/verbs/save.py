"""--save: saves the rules of this director to a file, whole or not at all."""

from __future__ import annotations

from lvstui.director.source import Source
from lvstui.formats import rule_files
from lvstui.formats.contents import snapshot_of_state
from lvstui.operations.save import save
from lvstui.places import TablePaths
from lvstui.verbs.verb import Verb, complete


def run(source: Source, path: str, paths: TablePaths, kind: str = "") -> Verb:
    """Saves to `path`; `-` is standard output. `kind` overrides the kind in the file's name. Raises Unavailable when
    not all of the rules can be read, NotDone when the file cannot be written."""
    state = complete(source, "--save")
    if path == "-":
        yield from rule_files.render(snapshot_of_state(state), kind or rule_files.kind_of(path))
    else:
        save(state, path, paths, kind, "--save")
    return 0
