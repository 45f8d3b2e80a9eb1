"""The workflow of a drain: what is to be remembered of it, and how many connections are left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lvstui.director.change import Change, DeleteServer, DeleteService, EditServer, Flush
from lvstui.director.model import RuleSet, server_text, service_text
from lvstui.director.state import State
from lvstui.views.draining import left
from lvstui.views.number import count
from lvstui.views.servers import Place, find


def remembered(changes: Iterable[Change], now: RuleSet) -> tuple[dict[Place, int], set[Place]]:
    """Of changes carried out on `now`: the weights of servers that they drained, and the servers that are drained no
    more."""
    new: dict[Place, int] = {}
    gone: set[Place] = set()
    for change in changes:
        match change:
            case EditServer(key, server):
                place = Place(key, server.key)
                entry = now.rules.get(key)
                before = entry.servers.get(server.key) if entry is not None else None
                if server.weight:
                    gone.add(place)
                elif before is not None and before.weight:
                    new[place] = before.weight
            case DeleteServer(key, name):
                gone.add(Place(key, name))
            case DeleteService(key) if key in now.rules:
                gone |= {Place(key, name) for name in now.rules[key].servers}
            case Flush():
                gone |= {Place(key, name) for key, entry in now.rules.items() for name in entry.servers}
            case _:
                pass
    return new, gone


class Left:
    """What is left on servers that are drained: in all, and in words."""

    def __init__(self, places: Sequence[Place], state: State) -> None:
        self.connections = 0
        self.bound = 0
        self.gone: list[Place] = []
        self.back: list[Place] = []
        for place in places:
            pool = state.servers(place.service)
            number = find(pool, place.server) if pool is not None else None
            if pool is None or number is None:
                self.gone.append(place)
                continue
            row = pool[number]
            if row.server.weight:
                self.back.append(place)
            connections, bound = left(place.service, row)
            self.connections += connections
            self.bound += bound

    @property
    def empty(self) -> bool:
        return not self.connections and not self.bound

    @property
    def text(self) -> str:
        """`12 connections and 3 persistence entries left`."""
        if self.empty:
            return "no connections left: safe to remove"
        words = [count(self.connections, "connection")] if self.connections else []
        if self.bound:
            words.append(f"{self.bound} persistence {'entry' if self.bound == 1 else 'entries'}")
        return f"{' and '.join(words)} left"


def place_text(place: Place) -> str:
    """`10.0.0.5:80 of tcp 192.0.2.1:80`"""
    return f"{server_text(place.server)} of {service_text(place.service)}"
