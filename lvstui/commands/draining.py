"""The workflow of a drain: what to remember, and how many connections are left."""

from __future__ import annotations

from _collections_abc import Collection, Iterable, Iterator, Sequence

from lvstui.director.change import AddServer, Change, EditServer
from lvstui.director.model import RuleSet, ServerKey, ServiceKey, server_text, service_text
from lvstui.director.state import State
from lvstui.values import TYPE_CHECKING
from lvstui.views import ending
from lvstui.views.draining import left
from lvstui.views.number import count
from lvstui.views.place import Place, find

if TYPE_CHECKING:
    from lvstui.director.runs import AddedServers


class Undrained(Collection[tuple[ServiceKey, ServerKey]]):
    """Servers that have a weight again: single ones, and those added to new services, listed when somebody looks."""

    def __init__(self) -> None:
        self.single: list[tuple[ServiceKey, ServerKey]] = []
        self.added: list[AddedServers] = []

    def __len__(self) -> int:
        return len(self.single) + sum(map(len, self.added))

    def __iter__(self) -> Iterator[tuple[ServiceKey, ServerKey]]:
        yield from self.single
        for part in self.added:
            yield from ((part.service, key) for key, server in part.servers.items() if server.weight)

    def __contains__(self, item: object) -> bool:
        return item in frozenset(self)


def remembered(changes: Iterable[Change], now: RuleSet) -> tuple[dict[Place, int], Undrained]:
    """For changes carried out on `now`: the earlier weights of servers that they drained, and the servers that have a
    weight again. A deleted server is not forgotten, because an undo adds it at weight 0."""
    new: dict[Place, int] = {}
    from lvstui.director.runs import AddedServers, parts  # whoever only shows what is drained need not have it

    served = Undrained()
    gone = served.single
    for change in parts(changes):
        if type(change) is AddedServers:
            served.added.append(change)
        elif type(change) is AddServer:  # nearly all changes: skip the work for them
            key, server = change
            if server[2]:
                gone.append((key, server[0]))
            continue
        match change:
            case EditServer(key, server):
                place = Place(key, server.key)
                entry = now.rules.get(key)
                before = entry.servers.get(server.key) if entry is not None else None
                if server.weight:
                    gone.append(place)
                elif before is not None and before.weight:
                    new[place] = before.weight
            case _:
                pass
    return new, served


def over(places: Iterable[Place], state: State) -> set[Place]:
    """The drained servers whose rule is gone or has a weight again. A server that was not read may still be drained."""
    services = frozenset(state.services.keys)
    weights: dict[ServiceKey, dict[ServerKey, int]] = {}
    finished = set()
    for place in places:
        key = place.service
        if key not in services:
            finished.add(place)
            continue
        if key not in weights:
            pool = state.servers(key)
            if pool is None:
                continue
            weights[key] = {server.key: server.weight for server in pool.servers()}
        if weights[key].get(place.server, 1):
            finished.add(place)
    return finished


class DrainRemainder:
    """What is left on drained servers: in total, in words, and what to do when it does not go away."""

    def __init__(self, places: Sequence[Place], state: State) -> None:
        self.active = self.inactive = self.bound = 0
        self.gone: list[Place] = []
        self.back: list[Place] = []
        self._switches = state.sysctls
        for place in places:
            pool = state.servers(place.service)
            number = find(pool, place.server) if pool is not None else None
            if pool is None or number is None:
                self.gone.append(place)
                continue
            row = pool[number]
            if row.server.weight:
                self.back.append(place)
            active, inactive, bound = left(place.service, row)
            self.active += active
            self.inactive += inactive
            self.bound += bound

    @property
    def connections(self) -> int:
        return self.active + self.inactive

    @property
    def empty(self) -> bool:
        return not self.connections and not self.bound

    @property
    def text(self) -> str:
        """`12 connections and 3 persistence entries left`. What a server has left is not known once its rule is gone:
        the kernel keeps the connections of a deleted server for a while."""
        if self.empty and self.gone:
            return f"{place_text(self.gone[0])} was removed: whether it has connections left is not known"
        if self.empty:
            return "no connections left: safe to remove"
        words = [count(self.connections, "connection")] if self.connections else []
        if self.bound:
            words.append(f"{self.bound} persistence {'entry' if self.bound == 1 else 'entries'}")
        return f"{' and '.join(words)} left"

    @property
    def advice(self) -> str:
        """How to get rid of what is left."""
        if self.inactive:
            return ending.udp_stays(self._switches)
        if self.bound and not self.active and (why := ending.bound_come(self._switches)):
            return f"{why}: set it to 1, or wait until the persistence times out"
        return f"wait longer; deleting it now: {ending.if_deleted(self._switches)}"


def place_text(place: Place) -> str:
    """`10.0.0.5:80 of tcp 192.0.2.1:80`"""
    return f"{server_text(place.server)} of {service_text(place.service)}"
