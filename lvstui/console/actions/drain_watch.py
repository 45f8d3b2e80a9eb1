"""The message about drained servers in the bottom line while nobody does anything. It is not among the actions, because
the first frame needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lvstui.commands.draining import Left
from lvstui.director.model import server_text, service_text
from lvstui.director.state import State
from lvstui.views.number import count
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.store.drained import Drain

_LOOKED_AT = 500
"""The most drained servers that are checked after each read, the latest ones: thousands would slow down keys."""


class DrainWatch:
    """Reports once for each drained server that it is empty, and for how long others have not been."""

    def __init__(self) -> None:
        self._draining: set[Place] = set()
        self._seen: tuple[State, Mapping[Place, Drain]] | None = None
        self._said = ""

    def standing(self, ctx: Context) -> str:
        """The message about drained servers, shown while there is no other."""
        state, drains = ctx.director.latest, ctx.session.drains
        if self._seen is None or self._seen[0] is not state or self._seen[1] is not drains:
            self._seen = state, drains
            self._said = self._look(ctx, state, drains)
        return self._said

    def _look(self, ctx: Context, state: State, drains: Mapping[Place, Drain]) -> str:
        messages: list[tuple[bool, str]] = []
        newest = list(drains)[-_LOOKED_AT:]
        for place in newest:
            left = Left([place], state)
            if left.gone or left.back:
                self._draining.discard(place)
                continue
            if left.empty and place in self._draining:
                self._draining.discard(place)
                where = ctx.names.service(place.service) or service_text(place.service)
                ctx.ui.status(f"{_named(ctx, place)} of {where}: {left.text}", "good")
            elif not left.empty:
                self._draining.add(place)
            reason = drains[place].reason
            why = f" ({reason})" if reason else ""
            what = "drained" if left.empty else f"draining, {left.text}"
            messages.append((left.empty, f"{_named(ctx, place)} {what}{why}"))
        messages.sort()
        more = [f"and {count(len(messages) - 2, 'more server')}"] if len(messages) > 2 else []
        older = [f"{len(drains) - len(newest)} older drains are remembered"] if len(drains) > len(newest) else []
        return "; ".join([*(text for _, text in messages[:2]), *more, *older])


def _named(ctx: Context, place: Place) -> str:
    return ctx.names.server(place.server) or server_text(place.server)
