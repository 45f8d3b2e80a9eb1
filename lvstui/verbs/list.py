"""--list: the table once, for people or for machines."""

from __future__ import annotations

import time

from lvstui.director.source import EVERYTHING, Scope, Source, Telling
from lvstui.director.state import State
from lvstui.formats import files
from lvstui.formats.contents import snapshot_of_state
from lvstui.verbs.verb import Verb, complete, whole

_PATIENCE = 3.0
"""Seconds that one shot of everything waits at most to learn how this director stands in VRRP."""

FORMATS = ("table", *files.KINDS)


def run(source: Source, kind: str) -> Verb:
    """Prints the table as `kind`. A source that cannot tell every rule still gives a table and JSON, which say what
    is unknown; ipvsadm text and TOML would lie. Raises Unavailable."""
    if kind == "table":
        from lvstui.views import table

        yield from table.plain(whole(source))
    elif kind == "json":
        from lvstui.formats.readings import write_readings

        yield from write_readings(_all_there_is(source))
    else:
        yield from files.render(snapshot_of_state(complete(source, f"--list --format {kind}")), kind)
    return 0


def _all_there_is(source: Source) -> State:
    """The whole table, and all that is known around it. Who holds the virtual addresses becomes known a moment after
    the first asking."""
    end = time.monotonic() + _PATIENCE
    if isinstance(source, Telling):
        while source.read(Scope(vrrp=True)).vrrp.keepalived is None and time.monotonic() < end:
            time.sleep(0.02)
    return source.read(EVERYTHING._replace(vrrp=True, owner=True))
