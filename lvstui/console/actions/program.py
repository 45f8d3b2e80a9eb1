"""Keys and commands for the console itself: help, palette, theme, pace, read-only, recording, quitting."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.commands.command_table import COMMANDS
from lvstui.commands.parse import ParsedCommand
from lvstui.console.actions import command_line
from lvstui.console.context.ui import Offer
from lvstui.console.keys.help import help_parts
from lvstui.console.keys.key_names import shown_key
from lvstui.console.session.threads import in_thread
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.remarks import nearest
from lvstui.director.source import Source
from lvstui.store import columns, command_history, private
from lvstui.store.recording import Recording
from lvstui.store.tape import TapeWriter

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def ask(ctx: Context) -> None:
    ctx.director.asks_keepalived = not ctx.director.asks_keepalived
    ctx.ui.status("polling keepalived every 10 s" if ctx.director.asks_keepalived else "no longer polling keepalived")
    ctx.director.wake()


async def suspend(ctx: Context) -> None:
    ctx.program.action_suspend_process()


async def help_(ctx: Context) -> None:
    await ctx.pages.help(help_parts(ctx.commands.actions, ctx.navigation.kind, bool(ctx.display.state.read_only)))


async def around(ctx: Context) -> None:
    """Connects again to a director elsewhere, without the shared connection, which may be dead. Raises NotDone if the
    director is this machine, or if it answers."""
    if ctx.storage.around is None:
        raise NotDone("around", "this director is not read over ssh")
    if not ctx.storage.around():
        raise NotDone("around", f"{ctx.storage.host} is connected: there is nothing to go round")
    ctx.director.wake()
    ctx.ui.status(f"connecting to {ctx.storage.host} again, past a shared connection")


async def palette(ctx: Context) -> None:
    ctx.pages.palette(lambda: offers(ctx))


def offers(ctx: Context) -> Iterable[Offer]:
    """Everything that the palette offers: commands, and the actions that are not commands."""
    for command in COMMANDS:
        needs = any(not arg.optional for arg in command.args)
        ask, do = partial(ctx.commands.ask, f"{command.words[0]} "), partial(ctx.commands.line, command.words[0])
        yield Offer(command.brief, command.help, ask if needs else do)
    spelled = {word for command in COMMANDS for word in (command.id, *command.words)}
    for action in ctx.commands.actions:
        if action.id not in spelled and action.id not in ("palette", "command"):
            keys = " ".join(map(shown_key, action.keys))
            text = f"{action.id.replace('_', ' ').replace('-', ' ')}  {keys}".rstrip()
            yield Offer(text, action.help, partial(ctx.commands.action, action.id))


async def quit_(ctx: Context) -> None:
    """Leaves the console: asks about work in progress, and waits for what is being sent."""
    if ctx.session.under_way:
        kinds = [operation.kind for operation in ctx.session.under_way]
        several = f"{len(kinds)} {'ramps' if set(kinds) == {'ramp'} else 'changes'} are under way"
        what = f"a {kinds[0]} is under way" if len(kinds) == 1 else several
        stays = "the weights stay as they are" if set(kinds) == {"ramp"} else "what is done so far stays"
        if await ctx.ui.key([(f"{what}: y leaves, and {stays}", "alert")], ("y",)) is None:
            ctx.ui.status(f"the {kinds[0]} continues" if len(kinds) == 1 else "they continue")
            return
    await ctx.director.sent()
    ctx.program.quit()


async def read_only(ctx: Context, parsed: ParsedCommand | None = None) -> None:
    """Refuses all changes from now on, or allows them again."""
    wanted = parsed.get("switch") if parsed is not None else None
    on = wanted == "on" if wanted is not None else not ctx.display.state.read_only
    if on:
        ctx.source.hold("switched on here")
    elif ctx.source.reason:
        ctx.source.release()
    elif ctx.display.state.read_only:
        raise NotDone("read-only", ctx.display.state.read_only)
    await ctx.director.fresh()
    reason = ctx.director.latest.read_only
    ctx.ui.status(
        f"read-only: {reason}" if reason else "read-only is off: changes are allowed", "alert" if reason else "good"
    )


async def interval(ctx: Context, parsed: ParsedCommand) -> None:
    ctx.program.pace(parsed.values["time"])
    ctx.ui.status(f"reading every {parsed.values['time']:g} s", "good")


async def theme(ctx: Context, parsed: ParsedCommand | None = None) -> None:
    themes = sorted(ctx.program.theme_names)
    name = parsed.get("name") if parsed is not None else None
    if name is None:
        taken = await ctx.pages.theme(ctx.program.theme_names)
        if taken:
            ctx.program.wear(taken)
            choices = ctx.storage.choices
            how_long = "until you leave; the settings say another" if choices.themed else "until you leave"
            how_long = "remembered for the next start" if choices.path is not None and not choices.themed else how_long
            ctx.ui.status(f"theme {taken}, {how_long}", "good")
    elif name not in themes:
        raise BadInput(f"theme {name}", "there is no theme of this name", nearest(name, themes) or ", ".join(themes))
    else:
        ctx.program.wear(name)


async def forget(ctx: Context, parsed: ParsedCommand) -> None:
    """Forgets what was chosen and typed before, and remembers nothing of this session."""
    folder = ctx.storage.paths.folder
    try:
        await in_thread(ctx.storage.choices.forget)
        for name in (command_history.NAME, columns.NAME):
            await in_thread(partial(private.remove, folder / name))
    except OSError as error:
        raise NotDone("forget", error.strerror or str(error), private.mend(error)) from None
    ctx.session.history, ctx.session.filters = [], ()
    ctx.ui.status(
        "forgotten: view, order, theme, filters, saved columns, typed commands; nothing more is kept until you leave",
        "good",
    )


async def netns(ctx: Context, parsed: ParsedCommand) -> None:
    name = parsed.values["name"]
    if ctx.storage.host:
        raise NotDone("netns", f"{ctx.storage.host} is a director elsewhere", "lvstui --netns NAME, on it")
    if "/" in name:  # docker's, or that of a process
        if why := _no_namespace(name):
            raise BadInput(f"netns {name}", why, "a process has its own at /proc/PID/ns/net")
        ctx.program.go_elsewhere(os.path.abspath(name))
        return
    there = command_line.namespaces()
    if name not in there:
        mend = nearest(name, there) or " ".join(there[:8]) or "or give a path: /proc/PID/ns/net"
        raise BadInput(f"netns {name}", "no such network namespace", mend)
    ctx.program.go_elsewhere(name)


def _no_namespace(path: str) -> str:
    """Why a path is not a network namespace, "" if it is one."""
    try:
        kin = os.stat(path).st_dev == os.stat("/proc/self/ns/net").st_dev
    except OSError as error:
        return f"the path leads nowhere: {error.strerror}"
    return "" if kin else "is not a network namespace"


def _tape(folder: Path) -> Path:
    """A name for a recording without one, in a folder of its own beside this table's other files. Raises NotDone if
    that folder cannot be used."""
    folder = folder / "recordings"
    try:
        with private.opened(folder, make=True):
            return folder / time.strftime("%Y%m%d-%H%M%S.tape")
    except OSError as error:
        raise NotDone(str(folder), error.strerror or str(error), private.mend(error)) from None


async def record(ctx: Context, parsed: ParsedCommand) -> None:
    """Records everything that is read from now on; without a name, into the state folder. A second `:record` ends
    it."""
    name, under_way = parsed.get("file"), ctx.storage.recording
    if ctx.storage.replay is not None:
        raise NotDone("record", "this is the replay of a recording")
    if name is None and under_way is not None:
        await in_thread(under_way.finish)
        ctx.storage = ctx.storage._replace(recording=None)
        ctx.ui.status("the recording is closed", "good")
        return
    if under_way is not None:
        raise NotDone("record", "a recording is under way", ":record without a file ends it")
    path = Path(name).expanduser() if name is not None else await in_thread(_tape, ctx.storage.paths.folder)
    tape = await in_thread(TapeWriter, path)

    def recorded(source: Source) -> Recording:
        recording = Recording(source, tape)
        ctx.storage = ctx.storage._replace(recording=recording)
        return recording

    ctx.director.through(recorded)
    ctx.ui.status(f"recording to {path}; lvstui --replay {path} shows it", "good")
