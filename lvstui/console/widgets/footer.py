"""The footer: the keys that make sense on the rows in sight."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.console.keys.actions import Action
from lvstui.console.keys.names import shown_key
from lvstui.views.head import Line, Piece

_ON_PAGES = ("probe", "drain", "weight", "leave", "edit", "copy", "undo", "next_problem")
"""What stands first below a page."""


def footer(actions: Sequence[Action], read_only: bool, kind: str, width: int) -> Line:
    """The footer over rows of a kind: as many keys as fit, what cannot be done dimmed; the views, help and quit
    always."""
    offered = [action for action in actions if action.footer and action.keys and action.fits(kind)]
    if kind.endswith("-page"):
        order = {name: place for place, name in enumerate(_ON_PAGES)}
        offered.sort(key=lambda action: order.get(action.id, len(order)))
    last = [action for action in offered if action.id in ("help", "quit")]
    views = _views(actions)
    room = width - sum(_size(action) for action in last) - sum(len(piece.text) for piece in views)
    line: list[Piece] = []
    for action in offered:
        if action in last:
            continue
        if _size(action) > room:
            break
        room -= _size(action)
        line += _pieces(action, read_only)
    line += views
    for action in last:
        line += _pieces(action, read_only)
    return tuple(line)


def _views(actions: Sequence[Action]) -> tuple[Piece, ...]:
    keys = [shown_key(action.keys[0]) for action in actions if action.keys and action.id.startswith("view-")]
    return _key(" ".join(keys), "view") if keys else ()


def _size(action: Action) -> int:
    return len(shown_key(action.keys[0])) + len(action.footer) + 3


def _pieces(action: Action, read_only: bool) -> tuple[Piece, Piece]:
    return _key(shown_key(action.keys[0]), action.footer, read_only and action.writes)


def _key(key: str, title: str, off: bool = False) -> tuple[Piece, Piece]:
    return Piece(f" {key}", "off" if off else "key"), Piece(f" {title} ", "off" if off else "dim")
