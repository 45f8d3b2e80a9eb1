"""The simulated keepalived of a world: when its checks fail and pass again, and when the VRRP role moves.

All times are whole steps of the counters, so that no counter is ever caught between two of them.
"""

from __future__ import annotations

import heapq
import random
from typing import NamedTuple

from lvstui.director.change import AddServer, Change, DeleteServer
from lvstui.director.model import Rules, Server, ServerKey, ServiceKey
from lvstui.director.world.traffic import STEP

FIRST_FAILURE = (18, 28)
"""Seconds after the start within which the first server fails, so that a newcomer sees one."""
FIRST_FAILOVER = (64, 80)
DOWN = (14, 24)
BETWEEN_FAILURES = (30, 80)
AWAY = (12, 20)
BETWEEN_FAILOVERS = (150, 300)

Place = tuple[ServiceKey, ServerKey]


class Event(NamedTuple):
    """What happens at `at`: servers fail ("failure") or return ("recovery"), or the role moves ("backup",
    "master")."""

    at: float
    kind: str
    places: tuple[Place, ...] = ()


class Keepalived:
    """Knows the servers as configured, and touches only those that stand in the table as it put them there: one that
    an operator has changed is left alone."""

    def __init__(self, configured: Rules, seed: int) -> None:
        self._configured = configured
        self._services = [key for key, entry in configured.items() if entry.servers]
        self._dice = random.Random(seed)
        self._events: list[Event] = []
        self._hosts: dict[bytes, list[Place]] = {}
        self._plan("failure", 0, FIRST_FAILURE)
        self._plan("backup", 0, FIRST_FAILOVER)

    def next(self, until: float) -> Event | None:
        """The next event not after `until`, which also plans what follows from it."""
        if not self._events or self._events[0].at > until:
            return None
        event = heapq.heappop(self._events)
        match event.kind:
            case "failure":
                event = event._replace(places=self._victims())
                self._plan("recovery", event.at, DOWN, event.places)
            case "recovery":
                self._plan("failure", event.at, BETWEEN_FAILURES)
            case "backup":
                self._plan("master", event.at, AWAY)
            case "master":
                self._plan("backup", event.at, BETWEEN_FAILOVERS)
        return event

    def changes(self, event: Event, rules: Rules) -> list[Change]:
        """What keepalived does to the table for an event."""
        changes: list[Change] = []
        for key, server_key in event.places:
            entry = rules.get(key)
            if entry is None:
                continue  # an operator deleted the service
            server = self._server(key, server_key)
            if event.kind == "failure" and entry.servers.get(server_key) == server:
                changes.append(DeleteServer(key, server_key))
            if event.kind == "recovery" and server_key not in entry.servers:
                changes.append(AddServer(key, server))
        return changes

    def _plan(self, kind: str, after: float, span: tuple[int, int], places: tuple[Place, ...] = ()) -> None:
        at = after + STEP * self._dice.randint(int(span[0] / STEP), int(span[1] / STEP))
        heapq.heappush(self._events, Event(at, kind, places))

    def _victims(self) -> tuple[Place, ...]:
        """Every place of one host, rather one whose service has another server to turn to."""
        if not self._services:
            return ()
        place: Place | None = None
        for _ in range(8):
            key = self._dice.choice(self._services)
            servers = self._configured[key].servers
            place = key, self._dice.choice(sorted(servers))
            if len(servers) > 1:
                break
        assert place is not None
        if not self._hosts:
            for key, entry in self._configured.items():
                for server_key in entry.servers:
                    self._hosts.setdefault(server_key.address, []).append((key, server_key))
        return tuple(self._hosts[place[1].address])

    def _server(self, key: ServiceKey, server_key: ServerKey) -> Server:
        return self._configured[key].servers[server_key]
