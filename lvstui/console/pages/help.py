"""What the help says: every key and every command, and what the marks on the screen mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvstui.commands.table import COMMANDS, Command
from lvstui.console.keys.names import shown_key

if TYPE_CHECKING:
    from lvstui.console.context import KeyedAction


def help_lines(actions: Sequence[KeyedAction], read_only: bool) -> list[list[tuple[str, str]]]:
    """What the help says: every key, and what it does."""
    rows = [(" ".join(shown_key(key) for key in action.keys), action) for action in actions if action.keys]
    lines = [
        [
            (f"{keys:>13}", "off" if read_only and action.writes else "key"),
            (f"   {action.help}", _tone(action, read_only)),
        ]
        for keys, action in rows
    ]
    lines.append([(f"{'arrows j k':>13}", "key"), ("   move; PgUp PgDn, Home End, g G", "")])
    lines.append([(f"{'^L':>13}", "key"), ("   paint the screen anew", "")])
    lines += [[], [("commands, after :", "title")]]
    lines += [_command_line(command, read_only) for command in COMMANDS]
    lines += [[], *([(words, "dim")] for words in _LEGEND)]
    return lines


def _command_line(command: Command, read_only: bool) -> list[tuple[str, str]]:
    off = read_only and command.writes
    return [(command.usage, "off" if off else "key"), (f"   {command.help}", "off" if off else "")]


_LEGEND = (
    "~12  the kernel's slow average, until our own is known: four seconds",
    "?    this source cannot tell        …  not read yet, or not known yet",
    "–    nothing leaves through a director that only routes or tunnels",
    "trend: the last three minutes; steady draws nothing    ▲ ▼  moved within the last minute",
    "━━━│━   its part of the active connections; | where the part of its weight ends",
)


def _tone(action: KeyedAction, read_only: bool) -> str:
    return "off" if read_only and action.writes else ""
