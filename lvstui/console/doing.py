"""What each action and each command does in the console, by its id: the one registry. A command that only
proposes changes is not here: commands/make.py has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from lvstui.commands.parse import Asked
from lvstui.console import (
    changing,
    draining,
    drifting,
    finding,
    forms,
    keeping,
    lasting,
    looking,
    ordering,
    probing,
    program,
    ramping,
    replaying,
    syncing,
)
from lvstui.console.copying import copy
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
    """One step back: a ramp under way ends first, then the marks go, the filter, and what was gone into."""
    if app.ramps:
        await ramping.stop(app)
    elif app.look.marked:
        app.look_at(app.look._replace(marked=frozenset()))
    elif app.look.filter:
        app.look_at(app.look._replace(filter=""))
    elif app.look.inside is not None:
        app.leave()


async def undo(app: Console) -> None:
    await app.tables.pane.undo(app)


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
    "filter": Act(looking.filter_, looking.filter_by),
    "sort": Act(looking.sort),
    "reverse": Act(looking.reverse),
    "pause": Act(looking.pause),
    "columns": Act(looking.columns),
    "exact": Act(looking.exact),
    "scroll_left": Act(looking.scroll_left),
    "scroll_right": Act(looking.scroll_right),
    "mark": Act(looking.mark),
    "mark_all": Act(looking.mark_all),
    "unmark_all": Act(looking.unmark_all),
    "next_problem": Act(finding.following),
    "previous_problem": Act(finding.preceding),
    "enter": Act(enter),
    "leave": Act(leave),
    "view": Act(None, looking.view),
    **{f"view-{pane.id}": Act(_view(pane)) for pane in PANES.values()},
    # a recording that is played
    "back": Act(replaying.seek(-10)),
    "on": Act(replaying.seek(10)),
    "minute_back": Act(replaying.seek(-60)),
    "minute_on": Act(replaying.seek(60)),
    "slower": Act(replaying.faster(-1)),
    "faster": Act(replaying.faster(1)),
    # the table
    "add": Act(forms.add),
    "edit": Act(forms.edit),
    "clone": Act(forms.clone),
    "delete": Act(delete),
    "drain": Act(draining.toggle, draining.drain),
    "drain_host": Act(draining.host),
    "scheduler": Act(changing.scheduler),
    "weight": Act(changing.weight),
    "heavier": Act(changing.heavier),
    "lighter": Act(changing.lighter),
    "zero": Act(changing.zero),
    "undo": Act(undo),
    "ramp": Act(None, ramping.ramp),
    "ramp-stop": Act(None, ramping.stop),
    # snapshots
    "save": Act(keeping.save, keeping.save_to),
    "restore": Act(restore, keeping.restore_of),
    "recover": Act(keeping.recover),
    # keepalived, and what is tried from here
    "ask": Act(program.ask),
    "drift": Act(drifting.row, drifting.whole),
    "conf": Act(lasting.show, lasting.conf),
    "reload": Act(None, ordering.reload),
    "failover": Act(None, ordering.failover),
    "sync": Act(syncing.line),
    "sync-check": Act(None, syncing.check),
    "probe": Act(probing.probe, probing.probe),
    "who": Act(None, probing.who),
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
