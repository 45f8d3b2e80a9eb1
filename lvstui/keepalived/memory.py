"""The copy of its configuration that a keepalived keeps in memory since 2.2, comments and includes resolved, which its
children read again (lib/parser.c, memfd_create): the one place that tells what was loaded, and of which file."""

from __future__ import annotations

import os
from contextlib import suppress

from lvstui import opening
from lvstui.keepalived.held import Process

_COPY = "/memfd:/keepalived/consolidated_configuration"
_LONGEST = 8192
"""Bytes of a first line, which holds one path."""


def copy_of(pid: int) -> str | None:
    """The path of the copy; None where it keeps none, we may not look, or the process is neither root's nor ours."""
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
    """The name by which the daemon opened the first file of a copy, which stands in its first line; "" where none
    does."""
    try:
        with open(opening.regular(copy), "rb") as file:
            line = file.readline(_LONGEST)
    except OSError:
        return ""
    return os.fsdecode(line[2:-1]) if line.startswith(b"# ") and line.endswith(b"\n") else ""
