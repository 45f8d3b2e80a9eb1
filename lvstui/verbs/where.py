"""--where: prints every path that lvstui uses, and whether it exists."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from lvstui import places
from lvstui.values import TYPE_CHECKING
from lvstui.verbs.verb import Verb

if TYPE_CHECKING:
    from pathlib import Path

    from lvstui.places import TablePaths
    from lvstui.remote.director import Remote


def run() -> Verb:
    yield from _lines(places.everything())
    return 0


def elsewhere(paths: TablePaths, remote: Remote) -> Verb:
    """What is kept here of a director elsewhere, and who answers there: nothing is kept there by looking."""
    yield from _lines({"kept here": paths.folder, "snapshots": paths.snapshots})
    hello = remote.hello
    remote.close()
    if hello is not None:
        by = "a reader that was sent" if hello.sent else f"the lvstui {hello.lvstui} that is installed"
        who = "root" if hello.user == 0 else f"user {hello.user}"
        yield f"{'there':<10} {hello.host or 'a host'}: {by}, on Python {hello.python}, as {who}\n"
    return 0


def _lines(paths: Mapping[str, Path]) -> Iterator[str]:
    for name, path in paths.items():
        missing = "" if os.path.exists(path) else "  (not there)"
        yield f"{name:<10} {path}{missing}\n"
