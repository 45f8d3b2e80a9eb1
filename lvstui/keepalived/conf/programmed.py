"""A configuration file -> what keepalived programs when it starts with it."""

from __future__ import annotations

from pathlib import Path

from lvstui.director.model import SyncDaemon, Timeouts
from lvstui.keepalived.conf.globals import Globals, globals_of
from lvstui.keepalived.conf.keywords import CHECKER, GLOBAL
from lvstui.keepalived.conf.lines import read_lines
from lvstui.keepalived.conf.model import Meant
from lvstui.keepalived.conf.notes import Notes
from lvstui.keepalived.conf.settled import settle
from lvstui.keepalived.conf.start import Start
from lvstui.keepalived.conf.table import Table
from lvstui.keepalived.conf.tree import blocks
from lvstui.keepalived.conf.written import groups_of, services_of


def read(path: str | Path, config_id: str = "") -> Meant:
    """See read_config."""
    notes = Notes()
    lines = read_lines(path, config_id or host_id(), notes)
    overall = globals_of(blocks(lines, GLOBAL, notes), notes)
    tree = blocks(lines, CHECKER, notes)
    services = settle(services_of(tree, notes), groups_of(tree, notes), notes)
    timeouts, sync = _settings(overall, bool(services), notes)
    table = Table(notes, mixed=not sync)
    Start(table, overall.first_mark, notes).program(services)
    return table.meant(timeouts, sync)


def host_id() -> str:
    """This machine's config-id: its host name up to the first dot."""
    import os

    return os.uname().nodename.partition(".")[0]


def _settings(
    overall: Globals, any_service: bool, notes: Notes
) -> tuple[Timeouts | None, tuple[SyncDaemon, ...] | None]:
    """The timeouts and sync daemons that the checker sets; it does so for virtual servers alone."""
    timeouts = overall.timeouts if overall.timeouts and any(overall.timeouts) else None
    if overall.sync is None:
        return (timeouts if any_service else None), None
    where, daemon, instance = overall.sync
    if instance:
        notes.add(where, f"the sync daemon follows VRRP instance {instance}: not part of the rules")
        return (timeouts if any_service else None), None
    if not any_service:
        return None, None
    return timeouts, tuple(daemon._replace(role=role) for role in ("master", "backup"))
