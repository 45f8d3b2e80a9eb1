"""Turns a configuration file into what keepalived programs when it starts with it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from lvstui.director.errors import BadInput
from lvstui.director.meant import Meant, MeantSync
from lvstui.director.model import SyncDaemon, Timeouts
from lvstui.keepalived.conf.globals import Globals, globals_of
from lvstui.keepalived.conf.keywords import CHECKER, GLOBAL, STARTS_VRRP, VRRP
from lvstui.keepalived.conf.logical_lines import chosen, read_lines
from lvstui.keepalived.conf.notes import Notes
from lvstui.keepalived.conf.start import Start
from lvstui.keepalived.conf.table import Table
from lvstui.keepalived.conf.tree import blocks
from lvstui.keepalived.conf.virtual_servers import groups_of, services_of, settle


def read(path: str | Path, config_id: str | None = "") -> Meant:
    """See read_config."""
    notes = Notes()
    with notes.guarded():
        return _read(path, config_id, notes)


def passwords(path: str | Path, config_id: str | None = "") -> set[str]:
    """The passwords in a configuration and its includes, as far as it can be read."""
    notes = Notes()
    with suppress(BadInput):
        read_lines(path, chosen(config_id), notes)
    return notes.passwords


def _read(path: str | Path, config_id: str | None, notes: Notes) -> Meant:
    lines = read_lines(path, chosen(config_id), notes)
    outline = blocks(lines, GLOBAL, notes)
    overall = globals_of(outline, notes)
    tree = blocks(lines, CHECKER, notes)
    if any(node.words[0] in STARTS_VRRP for node in outline):
        blocks(lines, VRRP, Notes())  # where that process ends for a missing value, the others are ended with it
    services = settle(services_of(tree, notes), groups_of(tree, notes), notes)
    # The checker starts where the parent saw a virtual_server; the parent skips other blocks by their braces.
    checker = any(node.words[0] == "virtual_server" for node in outline)
    if services and not checker:
        notes.add(services[0].where, "stands inside a block that is not closed: keepalived programs no service at all")
        services = []
    timeouts, sync = _settings(overall, checker, notes)
    table = Table(notes, mixed=not sync)
    Start(table, overall.first_mark, notes).program(services)
    runs = overall.sync is not None and (checker or overall.sync.instance)
    follows = MeantSync(*overall.sync[1:]) if overall.sync is not None and runs else None
    return table.meant(timeouts, sync)._replace(sync=follows, flushes=checker and overall.flushes)


def _settings(overall: Globals, checker: bool, notes: Notes) -> tuple[Timeouts | None, tuple[SyncDaemon, ...] | None]:
    """The timeouts and sync daemons that the `checker` process sets, if it runs: it needs at least one
    virtual_server."""
    timeouts = overall.timeouts if checker and overall.timeouts and any(overall.timeouts) else None
    if overall.sync is None:
        return timeouts, None
    where, daemon, instance = overall.sync[:3]
    if instance:
        notes.add(where, f"the sync daemon follows VRRP instance {instance}: not part of the rules")
        return timeouts, None
    if not checker:
        notes.add(where, "without a virtual_server keepalived starts no sync daemon")
        return timeouts, None
    return timeouts, tuple(daemon._replace(role=role) for role in ("master", "backup"))
