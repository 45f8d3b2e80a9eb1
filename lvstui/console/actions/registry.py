"""What each action and each command does in the console, by its id: the one registry. A command that only
proposes changes is not here: commands/make.py has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from lvstui.commands.parse import Asked
from lvstui.console.actions import (
    conf_export,
    drain,
    drift,
    edit,
    forms,
    keepalived,
    probe,
    problems,
    program,
    ramp,
    replace,
    replay,
    snapshots,
    sync,
    under_way,
    view,
)
from lvstui.console.actions.clipboard import copy
from lvstui.console.panes import PANES, Pane

if TYPE_CHECKING:
    from lvstui.console.app import Console

Key = Callable[["Console"], Awaitable[None]]
Line = Callable[["Console", Asked], Awaitable[None]]


class Act(NamedTuple):
    """What is done for a key, None where there is no such action, and for a command of the same id; a command without
    one does what its key does."""

    key: Key | None = None
    line: Line | None = None


async def enter(app: Console) -> None:
    key = app.main.key
    if key is not None:
        await app.tables.pane.enter(app, key)


async def leave(app: Console) -> None:
    """One step back: what is under way ends first, then the marks go, the filter, and what was gone into."""
    if app.under_way:
        await under_way.stop(app, list(app.under_way))
    elif app.look.marked:
        app.look_at(app.look._replace(marked=frozenset()))
    elif app.look.filter:
        app.look_at(app.look._replace(filter=""))
    elif app.look.inside is not None:
        app.leave()


async def undo(app: Console) -> None:
    await app.tables.pane.undo(app)


async def redo(app: Console) -> None:
    await app.desk.redo()


async def delete(app: Console) -> None:
    await app.tables.pane.delete(app)


async def restore(app: Console) -> None:
    await app.tables.pane.restore(app)


async def command(app: Console) -> None:
    await app.acts.command()


def _view(pane: Pane) -> Callable[[Console], Awaitable[None]]:
    async def open_(app: Console) -> None:
        app.go(pane.id)

    return open_


DOING: dict[str, Act] = {
    # what is looked at
    "filter": Act(view.filter_, view.filter_by),
    "sort": Act(view.sort),
    "reverse": Act(view.reverse),
    "pause": Act(view.pause),
    "columns": Act(view.columns),
    "exact": Act(view.exact),
    "scroll_left": Act(view.scroll_left),
    "scroll_right": Act(view.scroll_right),
    "mark": Act(view.mark),
    "mark_all": Act(view.mark_all),
    "unmark_all": Act(view.unmark_all),
    "next_problem": Act(problems.following),
    "previous_problem": Act(problems.preceding),
    "enter": Act(enter),
    "leave": Act(leave),
    "view": Act(None, view.view),
    **{f"view-{pane.id}": Act(_view(pane)) for pane in PANES.values()},
    # a recording that is played
    "back": Act(replay.seek(-10)),
    "on": Act(replay.seek(10)),
    "minute_back": Act(replay.seek(-60)),
    "minute_on": Act(replay.seek(60)),
    "slower": Act(replay.faster(-1)),
    "faster": Act(replay.faster(1)),
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
    "palette": Act(program.palette),
    "help": Act(program.help_),
    "theme": Act(program.theme, program.theme),
    "interval": Act(None, program.interval),
    "read_only": Act(program.read_only),
    "read-only": Act(None, program.read_only),
    "record": Act(None, program.record),
    "netns": Act(None, program.netns),
    "suspend": Act(program.suspend),
    "quit": Act(program.quit_),
}
