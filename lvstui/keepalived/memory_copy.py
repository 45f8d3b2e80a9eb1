"""The copy of its configuration that keepalived keeps in memory since 2.2, with comments and includes resolved, for its
children to read again (lib/parser.c, memfd_create). Only this shows what was loaded, and from which file."""

from __future__ import annotations

import os
from contextlib import suppress

from lvstui import opening
from lvstui.keepalived.held import Process

_COPY = "/memfd:/keepalived/consolidated_configuration"
_LONGEST = 8192
"""The most bytes of the first line, which has one path."""


def copy_of(pid: int) -> str | None:
    """The path of the copy; None where there is none, we may not read it, or the process belongs to neither root nor
    us."""
    try:
        with Process(pid) as process:
            if not process.counts():
                return None
            for name in process.names("fd"):
                with suppress(OSError):  # it was closed meanwhile
                    if process.link(f"fd/{name}").startswith(_COPY):
                        return f"/proc/{pid}/fd/{name}"
    except OSError:
        return None
    return None


def made_of(copy: str) -> str:
    """The name with which keepalived opened the first file of a copy, from its first line; "" for none."""
    try:
        with open(opening.regular(copy), "rb") as file:
            line = file.readline(_LONGEST)
    except OSError:
        return ""
    return os.fsdecode(line[2:-1]) if line.startswith(b"# ") and line.endswith(b"\n") else ""
