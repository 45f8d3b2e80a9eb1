"""The message about drained servers in the bottom line while nobody does anything. It is not among the actions, because
the first frame needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lvstui.commands.draining import DrainRemainder
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
    """Reports once for each drained server that it is empty in all its services, and what is left on others."""

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
        newest = list(drains)[-_LOOKED_AT:]
        servers: dict[str, list[Place]] = {}
        for place in newest:
            left = DrainRemainder([place], state)
            if left.gone or left.back:
                self._draining.discard(place)
            else:
                servers.setdefault(_named(ctx, place), []).append(place)
        messages: list[tuple[bool, str]] = []
        emptied: list[str] = []
        for name, places in servers.items():
            left, several = DrainRemainder(places, state), len(places) > 1
            if not left.empty:
                self._draining.update(places)
            elif not self._draining.isdisjoint(places):
                self._draining.difference_update(places)
                emptied.append(f"{name} of {_where(ctx, places)}: {left.text}")
            reason = drains[places[-1]].reason
            why = f" ({reason})" if reason else ""
            where = f" in {_where(ctx, places)}" if several else ""
            what = f"drained{where}" if left.empty else f"draining{where}, {left.text}"
            messages.append((left.empty, f"{name} {what}{why}"))
        if emptied:
            ctx.ui.status("; ".join(emptied), "good")
        messages.sort()
        more = [f"and {count(len(messages) - 2, 'more server')}"] if len(messages) > 2 else []
        older = [f"{len(drains) - len(newest)} older drains are remembered"] if len(drains) > len(newest) else []
        return "; ".join([*(text for _, text in messages[:2]), *more, *older])


def _where(ctx: Context, places: Sequence[Place]) -> str:
    """`www`; `3 services`."""
    services = {place.service for place in places}
    if len(services) > 1:
        return count(len(services), "service")
    (service,) = services
    return ctx.names.service(service) or service_text(service)


def _named(ctx: Context, place: Place) -> str:
    return ctx.names.server(place.server) or server_text(place.server)
