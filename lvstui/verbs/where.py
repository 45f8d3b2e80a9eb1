"""--where: every path the program uses, and whether there is anything."""

from __future__ import annotations

import os

from lvstui import places
from lvstui.verbs.verb import Verb


def run() -> Verb:
    for name, path in places.everything().items():
        missing = "" if os.path.exists(path) else "  (not there)"
        yield f"{name:<10} {path}{missing}\n"
    return 0
