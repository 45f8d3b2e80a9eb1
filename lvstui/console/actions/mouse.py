"""The effect of a click: on a tab, a key of the footer, a badge of the masthead, the title of a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvstui.console.keys.actions import Action
from lvstui.console.keys.key_names import shown_key
from lvstui.views.head import Line
from lvstui.views.worst import ADDRESS

if TYPE_CHECKING:
    from lvstui.console.context import Context

_BADGES = (("drift", "drift"), ("finding", "view-doctor"), ("DOWN", "next_problem"), ("degraded", "next_problem"))
"""Words of the masthead, and the action that shows their details."""


def key_action(pieces: Line, actions: Sequence[Action]) -> str:
    """The action of the key that was clicked, or whose title was; "" if there was none."""
    for piece in reversed(pieces):
        words = piece.text.split()
        if piece.text and not words:
            return ""
        if piece.role in ("key", "open") and words:
            ids = (action.id for action in actions if words[0] in map(shown_key, action.keys))
            return next(ids, "")
    return ""


def badge_action(pieces: Line) -> str:
    """The action that shows the details of a badge."""
    return next((action for word, action in _BADGES if word in pieces[-1].text), "") if pieces else ""


def sort(ctx: Context, key: str) -> None:
    """Sorts by a column; if it is sorted by that already, in reverse."""
    look = ctx.navigation.look
    known = ctx.table.titles.values()
    wanted = key if key in known else ADDRESS if key == "name" and ADDRESS in known else None
    if wanted is None:
        return
    ctx.navigation.look_at(look._replace(sort=wanted, reverse=look.sort == wanted and not look.reverse))
