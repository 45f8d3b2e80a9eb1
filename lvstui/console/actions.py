"""The one table of actions: bindings, footer, help and read-only dimming all come from it."""

from __future__ import annotations

from typing import NamedTuple

from lvstui.views.head import Line, Piece


class Action(NamedTuple):
    """`id` names it in a key map and is the method that does it; `keys` are Textual's names, the first is shown;
    `where` it makes sense: "service", "server", "row" (either) or "" (anywhere); `writes` to the director;
    `footer`: its short title there, "" when only the help tells of it."""

    id: str
    keys: tuple[str, ...]
    help: str
    footer: str = ""
    where: str = ""
    writes: bool = False


ACTIONS = (
    Action("enter", ("enter", "right"), "go into the service", "servers", "service"),
    Action("leave", ("escape", "left"), "come back to the services; drop the filter", "back", "server"),
    Action("add", ("a",), "add a service, or a real server inside one", "add", "", True),
    Action("edit", ("e",), "edit all fields", "edit", "row", True),
    Action("delete", ("d", "delete"), "delete; names the connections that end", "del", "row", True),
    Action("drain", ("x",), "drain: weight 0, remembers the weight; again: undrain", "drain", "server", True),
    Action("weight", ("w",), "set the weight: 5, +1, -1 or 50%", "weight", "server", True),
    Action("heavier", ("plus", "equals_sign"), "weight up; a burst adds up and is asked once", "", "server", True),
    Action("lighter", ("minus",), "weight down", "", "server", True),
    Action("scheduler", ("s",), "change the scheduler", "sched", "", True),
    Action("undo", ("u",), "undo the last change made here", "undo", "", True),
    Action("filter", ("slash",), "filter by name; ! inverts", "filter"),
    Action("sort", ("o",), "sort by the next column", "sort"),
    Action("save", ("S",), "save a snapshot", "save"),
    Action("restore", ("R",), "restore a snapshot: see the plan, then apply it", "restore", "", True),
    Action("recover", (), "finish or take back a restore that was cut off", "", "", True),
    Action("pause", ("p",), "pause the screen, and go on", "pause"),
    Action("reverse", ("O",), "reverse the order"),
    Action("zero", ("z",), "zero the counters of the service", "", "", True),
    Action("copy", ("y",), "copy the row's ipvsadm commands (OSC 52)", "copy", "row"),
    Action("help", ("question_mark", "f1"), "this help", "help"),
    Action("quit", ("q", "ctrl+c"), "quit", "quit"),
)

BY_ID = {action.id: action for action in ACTIONS}

SHOWN = {
    "slash": "/",
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "escape": "Esc",
    "enter": "Enter",
    "equals_sign": "=",
    "right": "Right",
    "left": "Left",
    "delete": "Del",
    "f1": "F1",
    "ctrl+c": "^C",
}
"""How keys are spelled for a reader."""


def spelled(key: str) -> str:
    return SHOWN.get(key, key)


def footer(read_only: bool, inside: bool, width: int) -> Line:
    """The footer for where one is: as many keys as fit, what cannot be done dimmed; help and quit always."""
    here = ("", "row", "server" if inside else "service")
    offered = [action for action in ACTIONS if action.footer and action.where in here]
    last = [action for action in offered if action.id in ("help", "quit")]
    room = width - sum(_size(action) for action in last)
    line: list[Piece] = []
    for action in offered:
        if action in last or (action.id == "leave" and not inside):
            continue
        if _size(action) > room:
            break
        room -= _size(action)
        line += _pieces(action, read_only)
    for action in last:
        line += _pieces(action, read_only)
    return tuple(line)


def _size(action: Action) -> int:
    return len(spelled(action.keys[0])) + len(action.footer) + 3


def _pieces(action: Action, read_only: bool) -> tuple[Piece, Piece]:
    off = read_only and action.writes
    return (
        Piece(f" {spelled(action.keys[0])}", "off" if off else "key"),
        Piece(f" {action.footer} ", "off" if off else "dim"),
    )


def help_lines(read_only: bool) -> list[list[tuple[str, str]]]:
    """What the help says: every key, and what it does."""
    rows = [(" ".join(spelled(key) for key in action.keys), action) for action in ACTIONS if action.keys]
    lines = [
        [
            (f"{keys:>12}", "off" if read_only and action.writes else "key"),
            (f"   {action.help}", _tone(action, read_only)),
        ]
        for keys, action in rows
    ]
    lines.append([(f"{'arrows j k':>12}", "key"), ("   move; PgUp PgDn, Home End, g G", "")])
    lines.append([(f"{'^L':>12}", "key"), ("   paint the screen anew", "")])
    lines += [[], *([(words, "dim")] for words in _LEGEND)]
    return lines


_LEGEND = (
    "~12  the kernel's slow average, until our own is known: four seconds",
    "?    this source cannot tell        …  not read yet, or not known yet",
    "–    nothing leaves through a director that only routes or tunnels",
    "CONNS in capitals: the column sorted by",
)


def _tone(action: Action, read_only: bool) -> str:
    return "off" if read_only and action.writes else ""
