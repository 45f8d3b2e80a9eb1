"""What keys and commands do to the console itself: help, palette, theme, pace, read-only, recording, leaving."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.commands.parse import Asked
from lvstui.console.actions import command_line
from lvstui.console.keys import actions
from lvstui.console.session.threads import aside
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.remarks import nearest
from lvstui.director.source import Source
from lvstui.store.recording import Recording
from lvstui.store.tape import Writer

if TYPE_CHECKING:
    from lvstui.console.app import Console


async def ask(app: Console) -> None:
    app.poll.ask = not app.poll.ask
    app.prompt.status("keepalived is asked every 10 s" if app.poll.ask else "keepalived is asked no more")
    app.poll.wake()


async def suspend(app: Console) -> None:
    app.action_suspend_process()


async def help_(app: Console) -> None:
    from lvstui.console.pages.pages import TextPage

    lines = actions.help_lines(app.actions, bool(app.state.read_only))
    await app.push_screen_wait(
        TextPage("lvstui: what the keys do, and the commands", lines, "arrows scroll, any other key goes back")
    )


async def palette(app: Console) -> None:
    from lvstui.console.pages.command_palette import Palette

    app.push_screen(Palette())


async def quit_(app: Console) -> None:
    """Leaves the console: what is under way is asked about, and what is being sent is waited for."""
    if app.under_way:
        kinds = [one.kind for one in app.under_way]
        several = f"{len(kinds)} {'ramps' if set(kinds) == {'ramp'} else 'changes'} are under way"
        what = f"a {kinds[0]} is under way" if len(kinds) == 1 else several
        stays = "the weights stay as they are" if set(kinds) == {"ramp"} else "what is done so far stays"
        if await app.prompt.key([(f"{what}: y leaves, and {stays}", "alert")], ("y",)) is None:
            app.prompt.status(f"the {kinds[0]} goes on" if len(kinds) == 1 else "they go on")
            return
    await app.poll.sent()
    app.exit(0)


async def read_only(app: Console, asked: Asked | None = None) -> None:
    """Refuses every change from now on, or takes them again."""
    wanted = asked.get("switch") if asked is not None else None
    on = wanted == "on" if wanted is not None else not app.state.read_only
    if on:
        app.guard.hold("switched on here")
    elif app.guard.reason:
        app.guard.release()
    elif app.state.read_only:
        raise NotDone("read-only", app.state.read_only)
    await app.poll.fresh()
    reason = app.desk.state.read_only
    app.prompt.status(f"read-only: {reason}" if reason else "changes are taken again", "alert" if reason else "good")


async def interval(app: Console, asked: Asked) -> None:
    app.pace(asked.values["time"])
    app.prompt.status(f"a read every {asked.values['time']:g} s", "good")


async def theme(app: Console, asked: Asked | None = None) -> None:
    from lvstui.console.pages.theme_picker import choose_theme

    themes = sorted(app.themes.found)
    name = asked.get("name") if asked is not None else None
    if name is None:
        await choose_theme(app)
    elif name not in themes:
        raise BadInput(f"theme {name}", "there is none of this name", nearest(name, themes) or ", ".join(themes))
    else:
        app.theme = name


async def netns(app: Console, asked: Asked) -> None:
    name = asked.values["name"]
    if "/" in name:  # docker's, or that of a process
        if why := _no_namespace(name):
            raise BadInput(f"netns {name}", why, "that of a process is /proc/PID/ns/net")
        app.go_elsewhere(os.path.abspath(name))
        return
    there = command_line.namespaces()
    if name not in there:
        mend = nearest(name, there) or " ".join(there[:8]) or "or give a path: /proc/PID/ns/net"
        raise BadInput(f"netns {name}", "no such network namespace", mend)
    app.go_elsewhere(name)


def _no_namespace(path: str) -> str:
    """Why a path leads to no network namespace, "" where it leads to one."""
    try:
        kin = os.stat(path).st_dev == os.stat("/proc/self/ns/net").st_dev
    except OSError as error:
        return f"the path leads nowhere: {error.strerror}"
    return "" if kin else "is no network namespace"


async def record(app: Console, asked: Asked) -> None:
    """Records all that is read from now on; without a file, ends that."""
    name, under_way = asked.get("file"), app.files.recording
    if app.files.replay is not None:
        raise NotDone("record", "what is shown is a recording")
    if name is None:
        if under_way is None:
            raise NotDone("record", "nothing is recorded", "record FILE")
        await aside(under_way.finish)
        app.files = app.files._replace(recording=None)
        app.prompt.status("the recording is closed", "good")
        return
    if under_way is not None:
        raise NotDone("record", "a recording is under way", "record, without a file, ends it")
    path = Path(name).expanduser()
    tape = await aside(Writer, path)

    def recorded(source: Source) -> Recording:
        recording = Recording(source, tape)
        app.files = app.files._replace(recording=recording)
        return recording

    app.poll.through(recorded)
    app.prompt.status(f"recording to {path}; lvstui --replay {path} shows it", "good")
