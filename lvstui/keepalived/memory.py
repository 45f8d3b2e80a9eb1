"""The copy of its configuration that a keepalived keeps in memory since 2.2, comments and includes resolved, which its
children read again (lib/parser.c, memfd_create): the one place that tells what was loaded, and of which file."""

from __future__ import annotations

import os

_COPY = "/memfd:/keepalived/consolidated_configuration"
_LONGEST = 8192
"""Bytes of a first line, which holds one path."""


def copy_of(pid: int) -> str | None:
    """The path of the copy; None where it keeps none, or we may not look."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    for name in names:
        try:
            if os.readlink(f"{folder}/{name}").startswith(_COPY):
                return f"{folder}/{name}"
        except OSError:
            continue  # it was closed meanwhile
    return None


def made_of(copy: str) -> str:
    """The name by which the daemon opened the first file of a copy, which stands in its first line; "" where none
    does."""
    try:
        with open(copy, "rb") as file:
            line = file.readline(_LONGEST)
    except OSError:
        return ""
    return os.fsdecode(line[2:-1]) if line.startswith(b"# ") and line.endswith(b"\n") else ""
