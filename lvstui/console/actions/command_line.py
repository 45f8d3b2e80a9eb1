"""`:` — the line in which a command is typed, with completion and history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.commands.complete import Surroundings, complete
from lvstui.commands.words import quoted
from lvstui.console.panes import PANES
from lvstui.console.session.threads import aside
from lvstui.console.widgets.line_input import Typing
from lvstui.store import typed

if TYPE_CHECKING:
    from lvstui.console.app import Console

_FILES = 40


async def ask(app: Console, begun: str = "") -> str:
    """Asks for a command, with this much of it typed; "" for none."""
    around = Surroundings(app.desk.world(), _files(app.files.folder), _words(app))
    # Nothing is waited for before the line is there: the next keys are on their way.
    line = await app.prompt.ask(":", begun, typing=Typing(lambda text: complete(text, around), app.history))
    line = (line or "").strip().removeprefix(":").strip()
    if line:
        app.history = typed.with_line(app.history, line)
        app.beside(partial(aside, typed.add, app.files.kept.folder, line), "history")
    return line


async def recall(app: Console) -> None:
    """The lines of earlier sessions."""
    app.history = [*await aside(typed.read, app.files.kept.folder), *app.history]


def namespaces() -> list[str]:
    """The network namespaces that have a name."""
    try:
        return sorted(path.name for path in Path("/run/netns").iterdir())
    except OSError:
        return []


def _words(app: Console) -> dict[tuple[str, str], list[str]]:
    views = [pane.id for pane in PANES.values()]
    return {
        ("theme", "name"): sorted(app.themes.found),
        ("view", "name"): views,
        ("netns", "name"): namespaces(),
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
