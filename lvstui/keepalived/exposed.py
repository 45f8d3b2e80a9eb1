"""Warnings about this machine: two keepaliveds program one table, ordinary users can write what keepalived reads, or
one of their processes only has the name of a known program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from lvstui import trust
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.keepalived.process import KeepalivedProcesses, Parent, UntrustedProcess
from lvstui.plain import plain

_SEEN = re.compile(r"/proc/\d+/(root|cwd)(?=/)")


def together(processes: KeepalivedProcesses) -> Iterator[str]:
    """A finding where several keepaliveds program this table."""
    if processes.parent is not None and processes.rivals:
        both = named(processes.parent, *processes.rivals)
        number = len(processes.rivals) + 1
        yield f"{number} keepaliveds program this table: {both}; each undoes what the other does: end one"


def named(*parents: Parent) -> str:
    """`pid 10 (/etc/keepalived/keepalived.conf) and pid 20 (/etc/other.conf)`"""
    return " and ".join(
        f"pid {parent.pid} ({_SEEN.sub('', plain(str(parent.config or 'its file is not known')))})"
        for parent in parents
    )


def exposed(parent: Parent | None, keeping: KeepalivedState | None) -> Iterator[str]:
    """A finding where an ordinary user can write or replace the configuration of a keepalived, or a file or folder that
    it includes."""
    if parent is None or parent.config is None:
        return
    running = keeping.on_disk if keeping is not None else None
    for name in dict.fromkeys((str(parent.config), *(running.files if running is not None else ()))):
        with suppress(OSError):  # a missing file is reported where it is read
            if why := trust.flaw(name):
                yield plain(f"an ordinary user can change keepalived's configuration: {_SEEN.sub('', why)}")
                return


def ignored(strangers: Sequence[UntrustedProcess]) -> Iterator[str]:
    """One line for all strangers."""
    if strangers:
        more = f" (and {len(strangers) - 1} more)" if len(strangers) > 1 else ""
        yield plain(f"{strangers[0]}{more}")
