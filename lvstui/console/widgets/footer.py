"""The footer: the keys that apply to the visible rows."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.console.keys.actions import Action
from lvstui.console.keys.key_names import shown_key
from lvstui.views.head import Line, Piece

_FIRST = {
    "service": "enter next_problem filter undo command mark add edit delete scheduler save restore",
    "server": "drain weight drain_host enter next_problem undo edit delete add filter command",
    "host": "enter drain_host next_problem probe filter undo command",
    "rule": "drain weight drain_host enter next_problem undo edit delete filter command",
    "group": "enter examine more columns filter sort next_problem",
    "bound": "enter examine more columns filter sort next_problem",
    "connection": "enter examine more filter columns sort next_problem",
    "instance": "enter ask probe next_problem sync filter",
    "fact": "ask probe next_problem sync",
    "record": "enter undo columns filter next_problem",
    "snapshot": "enter restore delete save filter next_problem",
    "content": "restore filter next_problem",
}
"""Actions by how often they are needed, by the kind of rows: on a narrow screen the last are left out first."""
_ON_PAGES = "probe drain weight edit copy next_problem undo"
"""The same on the page of a server or a service."""
_ANSWERS = {"y": ("y", "yes"), "Y": ("Y", "yes"), "tab": ("Tab", "more or less"), "c": ("c", "copy commands")}
"""Keys that answer a question, by Textual's names, with the names and titles shown here."""
_TYPED = {"enter": ("Enter", "take it"), "tab": ("Tab", "complete"), "up": ("Up", "earlier lines")}
"""Keys that help to type a line. The letters themselves stand for the key TEXT."""
TEXT = "text"
_STAY = ("leave", "help")
"""What is never left out, at the end of the line."""


def footer(actions: Sequence[Action], read_only: bool, kind: str, width: int) -> Line:
    """The footer over rows of a kind: as many keys as fit, those that cannot be used dimmed; the way back and the help
    always. The views are in the tabs."""
    offered = [action for action in actions if action.footer and action.keys and action.fits(kind)]
    first = (_ON_PAGES if kind.endswith("-page") else _FIRST.get(kind, "")).split()
    order = {name: place for place, name in enumerate(first)}
    last = sorted((action for action in offered if action.id in _STAY), key=lambda action: _STAY.index(action.id))
    offered = [action for action in offered if action not in last]
    offered.sort(key=lambda action: order.get(action.id, len(order)))
    room = width - sum(_size(action) for action in last)
    line: list[Piece] = []
    for action in offered:
        if _size(action) > room:
            break
        room -= _size(action)
        line += _pieces(action, read_only)
    for action in last:
        line += _pieces(action, read_only)
    return tuple(line)


def question_footer(keys: Sequence[str]) -> Line:
    """The footer while a question is open or a line is typed: no other key works."""
    known = _TYPED if TEXT in keys else _ANSWERS
    line = [piece for key, named in known.items() if key in keys for piece in _key(*named)]
    return (*line, *_key("Esc", "no" if {"y", "Y"} & {*keys} else "leave"))


def _size(action: Action) -> int:
    return len(shown_key(action.keys[0])) + len(action.footer) + 3


def _pieces(action: Action, read_only: bool) -> tuple[Piece, Piece]:
    return _key(shown_key(action.keys[0]), action.footer, read_only and action.writes)


def _key(key: str, title: str, off: bool = False) -> tuple[Piece, Piece]:
    return Piece(f" {key}", "off" if off else "key"), Piece(f" {title} ", "off" if off else "dim")
