"""--save: the rules of this director into a file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from lvstui.director.source import Source
from lvstui.formats import files
from lvstui.formats.contents import snapshot_of_state
from lvstui.store.whole import write_whole
from lvstui.verbs.verb import Verb, complete


def run(source: Source, path: str, kind: str = "") -> Verb:
    """Saves into `path`; `-` is standard output. `kind` overrides what the file's name says. Raises Unavailable when
    the rules cannot be told in full, NotDone when the file cannot be written."""
    contents = snapshot_of_state(complete(source, "--save"))
    text = files.render(contents, kind or files.kind_of(path))
    if path == "-":
        yield from text
    else:
        write_whole(Path(path), text)
    return 0
