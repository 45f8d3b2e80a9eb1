"""--list: the table once, for people or for machines."""

from __future__ import annotations

from lvstui.director.source import Source
from lvstui.formats import files
from lvstui.formats.contents import snapshot_of_state
from lvstui.verbs.verb import Verb, complete, whole

FORMATS = ("table", *files.KINDS)


def run(source: Source, kind: str) -> Verb:
    """Prints the table as `kind`. A source that cannot tell every rule still gives a table and JSON, which say what
    is unknown; ipvsadm text and TOML would lie. Raises Unavailable."""
    if kind == "table":
        from lvstui.views import table

        yield from table.plain(whole(source))
    elif kind == "json":
        from lvstui.formats import json

        yield from json.write_readings(whole(source))
    else:
        yield from files.render(snapshot_of_state(complete(source, f"--list --format {kind}")), kind)
    return 0
