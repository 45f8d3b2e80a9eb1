"""`:` — one command of the table, typed with completion and history, and what each does in the console."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.commands.complete import Surroundings, complete
from lvstui.commands.make import makes, propose
from lvstui.commands.parse import Asked, parse
from lvstui.commands.words import quoted
from lvstui.console import draining, drifting, keeping, lasting, ordering, probing, ramping
from lvstui.console.aside import aside
from lvstui.console.field import Typing
from lvstui.console.panes import PANES
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.remarks import nearest
from lvstui.director.source import Source
from lvstui.store import typed
from lvstui.store.recording import Recording
from lvstui.store.tape import Writer

if TYPE_CHECKING:
    from lvstui.console.app import Console

_SETTINGS = ("timeouts", "sync-start", "sync-stop")
"""Commands about what is read only when it is wanted."""
_FILES = 40


async def command(app: Console, begun: str = "") -> None:
    """Asks for a command, and does it."""
    around = Surroundings(app.desk.world(), _files(app.files.folder), _words(app))
    # Nothing is waited for before the line is there: the next keys are on their way.
    line = await app.prompt.ask(":", begun, typing=Typing(lambda text: complete(text, around), app.history))
    line = (line or "").strip().removeprefix(":").strip()
    if line:
        app.history = typed.with_line(app.history, line)
        app.beside(partial(aside, typed.add, app.files.kept.folder, line), "history")
        await perform(app, line)


async def recall(app: Console) -> None:
    """The lines of earlier sessions."""
    app.history = [*await aside(typed.read, app.files.kept.folder), *app.history]


async def perform(app: Console, line: str) -> None:
    """Does what a line says. Raises LvsError."""
    asked = parse(line)
    if asked.command.writes and app.state.read_only:
        raise NotDone("read-only", app.state.read_only)
    if asked.command.id in _HERE:
        await _HERE[asked.command.id](app, asked)
    elif makes(asked.command.id):
        settings = asked.command.id in _SETTINGS
        state = await app.poll.everything() if settings else app.desk.state
        world = app.desk.world()._replace(state=state)
        await app.desk.confirm(propose(asked, world, app.desk.drained), state=state)
    else:
        from lvstui.console.doing import DOING

        await DOING[asked.command.id](app)


async def _save(app: Console, asked: Asked) -> None:
    if asked.get("file") is None:
        await keeping.save(app)
        return
    await keeping.save_as(app, asked.values["file"])


async def _restore(app: Console, asked: Asked) -> None:
    if asked.get("file") is None:
        await keeping.restore(app)
        return
    await keeping.restore_from(app, app.files.to_read(asked.values["file"]))


async def _netns(app: Console, asked: Asked) -> None:
    name = asked.values["name"]
    there = _namespaces()
    if name not in there:
        raise BadInput(f"netns {name}", "no such network namespace", nearest(name, there) or " ".join(there[:8]))
    app.go_elsewhere(name)


def _namespaces() -> list[str]:
    try:
        return sorted(path.name for path in Path("/run/netns").iterdir())
    except OSError:
        return []


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


async def _interval(app: Console, asked: Asked) -> None:
    app.pace(asked.values["time"])
    app.prompt.status(f"a read every {asked.values['time']:g} s", "good")


async def _theme(app: Console, asked: Asked) -> None:
    from lvstui.console.theming import choose_theme

    themes = sorted(app.themes.found)
    name = asked.get("name")
    if name is None:
        await choose_theme(app)
    elif name not in themes:
        raise BadInput(f"theme {name}", "there is none of this name", nearest(name, themes) or ", ".join(themes))
    else:
        app.theme = name


async def _filter(app: Console, asked: Asked) -> None:
    app.look_at(app.look._replace(filter=asked.get("text") or ""))


async def _view(app: Console, asked: Asked) -> None:
    name = asked.values["name"].lower()
    for pane in PANES.values():
        if name in (pane.id, pane.key, pane.title):
            app.go(pane.id)
            return
    views = [f"{pane.key} {pane.id}" for pane in PANES.values()]
    raise BadInput(f"view {name}", "there is none", nearest(name, PANES) or ", ".join(views))


async def _record(app: Console, asked: Asked) -> None:
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


async def _sync_check(app: Console, asked: Asked) -> None:
    from lvstui.console import syncing

    await syncing.check(app, asked)


_HERE: dict[str, Callable[[Console, Asked], Awaitable[None]]] = {
    "save": _save,
    "restore": _restore,
    "netns": _netns,
    "read-only": read_only,
    "interval": _interval,
    "theme": _theme,
    "filter": _filter,
    "view": _view,
    "record": _record,
    "drain": draining.drain,
    "drift": drifting.whole,
    "ramp": ramping.ramp,
    "ramp-stop": ramping.stop,
    "reload": ordering.reload,
    "failover": ordering.failover,
    "sync-check": _sync_check,
    "conf": lasting.conf,
    "probe": probing.probe,
    "who": probing.who,
}
"""What is not a proposal alone. The others without one do what their key does."""


def _words(app: Console) -> dict[tuple[str, str], list[str]]:
    views = [pane.id for pane in PANES.values()]
    return {
        ("theme", "name"): sorted(app.themes.found),
        ("view", "name"): views,
        ("netns", "name"): _namespaces(),
    }


def _files(folder: Path) -> Callable[[str], Iterable[str]]:
    """Files and folders that begin with a text; where none was typed, the snapshots."""

    def found(begun: str) -> Iterable[str]:
        try:
            shown, _, last = begun.rpartition("/")
            where = Path(f"{shown}/").expanduser() if "/" in begun else folder if not begun else Path(".")
            paths = sorted(path for path in where.iterdir() if path.name.startswith(last))[:_FILES]
            head = f"{shown}/" if "/" in begun else f"{folder}/" if not begun else ""
            return [quoted(f"{head}{path.name}{'/' if path.is_dir() else ''}") for path in paths]
        except (OSError, RuntimeError):
            return []

    return found
