"""The one table of actions: bindings, footer, help and read-only dimming all come from it."""

from __future__ import annotations

from typing import NamedTuple


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
    Action("enter", ("enter", "right"), "go into the service", "enter", "service"),
    Action("leave", ("escape", "left"), "come back to the services"),
    Action("add", ("a",), "add a service, or a real server inside one", "add", "", True),
    Action("edit", ("e",), "edit all fields", "edit", "row", True),
    Action("delete", ("d", "delete"), "delete; names the connections that end", "delete", "row", True),
    Action("drain", ("x",), "drain: weight 0, remembers the weight; again: undrain", "drain", "server", True),
    Action("scheduler", ("s",), "change the scheduler", "sched", "", True),
    Action("weight", ("w",), "set the weight: 5, +1, -1 or 50%", "weight", "server", True),
    Action("heavier", ("plus", "equals_sign"), "weight up; a burst adds up and is asked once", "", "server", True),
    Action("lighter", ("minus",), "weight down", "", "server", True),
    Action("undo", ("u",), "undo the last change made here", "undo", "", True),
    Action("save", ("S",), "save a snapshot", "save"),
    Action("restore", ("R",), "restore a snapshot: see the plan, then apply it", "restore", "", True),
    Action("zero", ("z",), "zero the counters of the service", "", "", True),
    Action("copy", ("y",), "copy the row's ipvsadm commands to the terminal's clipboard"),
    Action("filter", ("slash",), "filter by name; ! inverts", "filter"),
    Action("sort", ("o",), "sort by the next column", "sort"),
    Action("reverse", ("O",), "reverse the order"),
    Action("pause", ("p", "space"), "pause and go on", "pause"),
    Action("help", ("question_mark", "f1"), "this help", "help"),
    Action("quit", ("q", "ctrl+c", "ctrl+q"), "quit", "quit"),
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
    "right": "→",
    "left": "←",
    "delete": "Del",
    "space": "Space",
    "f1": "F1",
}
"""How keys are spelled for a reader."""


def spelled(key: str) -> str:
    return SHOWN.get(key, key)


def footer(read_only: bool, inside: bool) -> str:
    """The footer's text for where one is: what cannot be done here is not offered."""
    here = ("", "row", "server" if inside else "service")
    words = [
        f"{spelled(action.keys[0])} {action.footer}"
        for action in ACTIONS
        if action.footer and action.where in here and not (read_only and action.writes)
    ]
    if inside:
        words.insert(0, f"{spelled('escape')} back")
    return "  ".join(words)


def help_lines(read_only: bool) -> list[tuple[str, str, bool]]:
    """Keys, what they do, and whether they are of use now."""
    return [
        (" ".join(spelled(key) for key in action.keys), action.help, not (read_only and action.writes))
        for action in ACTIONS
    ]
