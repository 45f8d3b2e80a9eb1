"""The one registry of what each action and command does in the console, by its id. A command that only proposes changes
is in commands/make.py instead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lvstui.commands.parse import ParsedCommand
from lvstui.console.actions import (
    columns,
    conf_export,
    connections,
    doctor,
    drain,
    drift,
    edit,
    explain,
    forms,
    keepalived,
    pair,
    probe,
    problems,
    program,
    ramp,
    records,
    replace,
    replay,
    snapshots,
    sync,
    tour,
    under_way,
    view,
)
from lvstui.console.actions.clipboard import copy
from lvstui.console.editing import editor
from lvstui.console.panes import PANES, Pane
from lvstui.director.record import Record
from lvstui.values import NamedTuple
from lvstui.views.connections import ConnectionKey

if TYPE_CHECKING:
    from lvstui.console.context import Context

KeyFunction = Callable[["Context"], Awaitable[None]]
CommandFunction = Callable[["Context", ParsedCommand], Awaitable[None]]


class Act(NamedTuple):
    """What a key or a command does. `key`: for the key, None if there is no such action; `line`: for the command with
    the same id. A command without one does what its key does."""

    key: KeyFunction | None = None
    line: CommandFunction | None = None


async def tour_of(ctx: Context, parsed: ParsedCommand) -> None:
    await tour.tour(ctx)


async def enter(ctx: Context) -> None:
    key = ctx.table.key
    if isinstance(key, ConnectionKey):
        await connections.client_of(ctx, key)
    elif isinstance(key, Record) and ctx.storage.replay is not None:
        await replay.jump(ctx, key)
    elif key is not None:
        await PANES[ctx.navigation.view].enter(ctx, key)


async def leave(ctx: Context) -> None:
    """One step back: ends work in progress, else removes the marks, else the filter, else goes one level up."""
    if ctx.session.under_way:
        await under_way.stop(ctx, list(ctx.session.under_way))
    elif ctx.navigation.look.marked:
        ctx.navigation.look_at(ctx.navigation.look._replace(marked=frozenset()))
    elif ctx.navigation.look.filter:
        ctx.navigation.look_at(ctx.navigation.look._replace(filter=""))
    elif ctx.navigation.look.inside is not None:
        ctx.navigation.leave()
    elif ctx.storage.back is not None:
        ctx.storage.back()
        await program.quit_(ctx)


async def undo(ctx: Context) -> None:
    await PANES[ctx.navigation.view].undo(ctx)


async def redo(ctx: Context) -> None:
    await editor.redo(ctx)
    await PANES[ctx.navigation.view].restored(ctx)


async def delete(ctx: Context) -> None:
    if not await PANES[ctx.navigation.view].delete(ctx):
        await edit.delete(ctx)


async def restore(ctx: Context) -> None:
    path = PANES[ctx.navigation.view].snapshot(ctx, "restore")
    await (snapshots.restore_from(ctx, path) if path is not None else snapshots.restore(ctx))
    await PANES[ctx.navigation.view].restored(ctx)


async def command(ctx: Context) -> None:
    await ctx.commands.command()


def _opens(pane: Pane) -> Callable[[Context], Awaitable[None]]:
    async def open_(ctx: Context) -> None:
        if pane.id == pair.VIEW:
            pair.refuse(ctx)
        ctx.navigation.go(pane.id, pane.row(ctx))

    return open_


REGISTRY: dict[str, Act] = {
    # what is looked at
    "filter": Act(view.filter_, view.filter_by),
    "sort": Act(view.sort, view.sort_by),
    "reverse": Act(view.reverse),
    "pause": Act(view.pause),
    "columns": Act(view.columns, columns.columns),
    "exact": Act(view.exact),
    "scroll_left": Act(view.scroll_left),
    "scroll_right": Act(view.scroll_right),
    "mark": Act(view.mark),
    "mark_all": Act(view.mark_all),
    "unmark_all": Act(view.unmark_all),
    "previous_place": Act(view.previous_place),
    "next_problem": Act(problems.following),
    "previous_problem": Act(problems.preceding),
    "enter": Act(enter),
    "explain": Act(explain.explain, explain.figure),
    "leave": Act(leave),
    "view": Act(None, view.view),
    "servers": Act(None, view.servers),
    "goto": Act(None, view.goto),
    **{f"view-{pane.id}": Act(_opens(pane)) for pane in PANES.values()},
    # a recording that is played
    "back": Act(replay.seek(-10)),
    "on": Act(replay.seek(10)),
    "minute_back": Act(replay.seek(-60)),
    "minute_on": Act(replay.seek(60)),
    "slower": Act(replay.faster(-1)),
    "faster": Act(replay.faster(1)),
    # the connections
    "more": Act(connections.more),
    "client": Act(None, connections.client),
    # the doctor
    "mute": Act(doctor.mute),
    "examine": Act(connections.again),
    # the audit log
    "records": Act(records.records),
    # the table
    "add": Act(forms.add),
    "edit": Act(forms.edit),
    "clone": Act(forms.clone),
    "delete": Act(delete),
    "drain": Act(drain.toggle, drain.drain),
    "drain_host": Act(drain.host),
    "scheduler": Act(edit.scheduler),
    "weight": Act(edit.weight),
    "heavier": Act(edit.heavier),
    "lighter": Act(edit.lighter),
    "zero": Act(edit.zero),
    "undo": Act(undo),
    "redo": Act(redo),
    "replace-host": Act(None, replace.replace),
    "ramp": Act(None, ramp.ramp),
    "ramp-stop": Act(None, ramp.stop),
    # snapshots
    "save": Act(snapshots.save, snapshots.save_to),
    "restore": Act(restore, snapshots.restore_of),
    "recover": Act(snapshots.recover),
    # keepalived, and what is tried from here
    "ask": Act(program.ask),
    "drift": Act(drift.row, drift.whole),
    "conf": Act(conf_export.show, conf_export.conf),
    "reload": Act(None, keepalived.reload),
    "failover": Act(None, keepalived.failover),
    "sync": Act(sync.line),
    "sync-check": Act(None, sync.check),
    "probe": Act(probe.probe, probe.probe),
    "who": Act(None, probe.who),
    # the console itself
    "copy": Act(copy),
    "command": Act(command),
    "around": Act(program.around),
    "palette": Act(program.palette),
    "tour": Act(None, tour_of),
    "help": Act(program.help_),
    "theme": Act(program.theme, program.theme),
    "interval": Act(None, program.interval),
    "read_only": Act(program.read_only),
    "read-only": Act(None, program.read_only),
    "record": Act(None, program.record),
    "netns": Act(None, program.netns),
    "forget": Act(None, program.forget),
    "pair": Act(None, pair.pair),
    "suspend": Act(program.suspend),
    "quit": Act(program.quit_),
}
