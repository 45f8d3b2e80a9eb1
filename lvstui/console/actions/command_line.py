"""`:` — the line in which a command is typed, with completion and history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.commands.candidates import candidates
from lvstui.commands.complete import CompletionSources, complete
from lvstui.commands.quoted_words import quoted
from lvstui.console.context.ui import Text, Typing
from lvstui.console.panes import PANES
from lvstui.console.session.threads import in_thread
from lvstui.store import command_history
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.context import Context

_FILES = 40


async def ask(ctx: Context, begun: str = "") -> str:
    """Asks for a command, starting from the text `begun`; returns "" if none was given."""
    around = CompletionSources(ctx.world(), _files(ctx.storage.folder), _words(ctx))
    # Nothing is waited for before the line is there: the next keys are on their way.
    typing = Typing(lambda text: complete(text, around), ctx.session.history)
    try:
        line = await ctx.ui.ask(":", begun, changed=partial(_listed, ctx, around), typing=typing)
    finally:
        ctx.pages.list_below(())
    line = (line or "").strip().removeprefix(":").strip()
    if line:
        ctx.session.history = command_history.with_line(ctx.session.history, line)
        ctx.program.beside(partial(in_thread, command_history.add, ctx.storage.paths.folder, line), "history")
    return line


def _listed(ctx: Context, around: CompletionSources, text: str) -> str:
    """Lists the possible next words, from the second letter on; returns what is wrong with the line."""
    if len(text.strip()) < 2:
        ctx.pages.list_below(())
        return ""
    here = candidates(text, around)
    usage = [(f"{piece} ", "key" if present else "title") for piece, present in here.usage]
    lines: list[Text] = [[(" :" if here.usage else " ", "title"), *usage, (f"  {here.wants}", "dim")]]
    wide = min(34, max((len(candidate.text) for candidate in here.values), default=0))
    lines += [[(f"   {candidate.text:<{wide}}", ""), (f"  {candidate.about}", "dim")] for candidate in here.values]
    lines += [[(f"   and {count(here.more, 'more candidate')}", "dim")]] if here.more else []
    ctx.pages.list_below(lines if not here.amiss else ())
    return here.amiss


async def recall(ctx: Context) -> None:
    """Loads the command history of earlier sessions."""
    ctx.session.history = [*await in_thread(command_history.read, ctx.storage.paths.folder), *ctx.session.history]


def namespaces() -> list[str]:
    """The network namespaces that have a name."""
    try:
        return sorted(path.name for path in Path("/run/netns").iterdir())
    except OSError:
        return []


def _words(ctx: Context) -> dict[tuple[str, str], list[str]]:
    views = [pane.id for pane in PANES.values()]
    return {
        ("theme", "name"): sorted(ctx.program.theme_names),
        ("view", "name"): views,
        ("netns", "name"): namespaces(),
    }


def _files(folder: Path) -> Callable[[str], Iterable[str]]:
    """Snapshots and folders whose path begins with a text; for an empty text, the snapshots."""

    def files_beginning(begun: str) -> Iterable[str]:
        try:
            shown, _, last = begun.rpartition("/")
            where = Path(f"{shown}/").expanduser() if "/" in begun else folder if not begun else Path(".")
            paths = sorted(path for path in where.iterdir() if path.name.startswith(last))[:_FILES]
            head = f"{shown}/" if "/" in begun else f"{folder}/" if not begun else ""
            return [quoted(f"{head}{path.name}{'/' if path.is_dir() else ''}") for path in paths]
        except (OSError, RuntimeError):
            return []

    return files_beginning
