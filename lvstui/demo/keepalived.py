"""The simulated keepalived of a world: when its checks fail and pass again, and when the VRRP role moves.

All times are whole steps of the counters, so that no counter is ever caught between two of them.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Collection

from lvstui.demo.traffic import STEP
from lvstui.director.change import AddServer, Change, DeleteServer, DeleteService, Flush
from lvstui.director.model import Rules, Server, ServerInService, ServerKey
from lvstui.values import NamedTuple

FIRST_FAILURE = (26, 40)
"""Seconds after the start within which the first server fails, so that a newcomer sees it."""
FIRST_FAILOVER = (80, 100)
DOWN = (12, 18)
BETWEEN_FAILURES = (30, 80)
AWAY = (10, 14)
BETWEEN_FAILOVERS = (150, 300)


class DemoEvent(NamedTuple):
    """What happens at `at`: servers fail ("failure") or return ("recovery"), or the role moves ("backup", "master")."""

    at: float
    kind: str


class Keepalived:
    """Checks the servers in its configuration, and adds again only what it removed itself, as that was then."""

    def __init__(self, configured: Rules, seed: int, down: Collection[bytes] = (), back: float = 0.0) -> None:
        """`down`: the addresses of hosts that fail their check from the start; they answer again after `back` seconds,
        and nothing happens by chance before that."""
        self._configured = configured
        self._services = [key for key, entry in configured.items() if entry.servers]
        self._dice = random.Random(seed)
        self._events: list[DemoEvent] = []
        self._hosts: dict[bytes, list[ServerInService]] = {}
        self._down: dict[ServerInService, Server] = {
            (key, place): server
            for key, entry in configured.items()
            for place, server in entry.servers.items()
            if place.address in down
        }
        if self._down:
            heapq.heappush(self._events, DemoEvent((back // STEP + 1) * STEP, "recovery"))
        else:
            self._plan("failure", back, FIRST_FAILURE)
        self._plan("backup", back, FIRST_FAILOVER)

    def next(self, until: float) -> DemoEvent | None:
        """The next event not after `until`; also plans what follows from it."""
        if not self._events or self._events[0].at > until:
            return None
        event = heapq.heappop(self._events)
        match event.kind:
            case "failure":
                self._plan("recovery", event.at, DOWN)
            case "recovery":
                self._plan("failure", event.at, BETWEEN_FAILURES)
            case "backup":
                self._plan("master", event.at, AWAY)
            case "master":
                self._plan("backup", event.at, BETWEEN_FAILOVERS)
        return event

    def changes(self, event: DemoEvent, rules: Rules) -> list[Change]:
        """The changes that keepalived makes to the table for an event."""
        match event.kind:
            case "failure":
                # It knows nothing of a weight that somebody else set, and adds the server as it is configured.
                self._down = {(key, name): self._configured[key].servers[name] for key, name in self._victims(rules)}
                return [DeleteServer(*place) for place in self._down]
            case "recovery":
                down, self._down = self._down, {}
                return [AddServer(key, server) for (key, _), server in down.items()]
        return []

    def note_change(self, change: Change) -> None:
        """Notes a change by an operator: a server that they added again while it was down, or whose service they
        deleted, is no longer restored."""
        match change:
            case AddServer(key, server):
                self._down.pop((key, server.key), None)
            case DeleteService(key):
                self._down = {place: server for place, server in self._down.items() if place[0] != key}
            case Flush():
                self._down = {}

    def step_down(self, now: float) -> None:
        """An operator stopped it while it is master: the role moves at the next step of the counters, and comes back
        when it is started again after a while."""
        self._events = [event for event in self._events if event.kind not in ("backup", "master")]
        heapq.heapify(self._events)
        heapq.heappush(self._events, DemoEvent((now // STEP + 1) * STEP, "backup"))

    @property
    def configured(self) -> Rules:
        """Its configuration."""
        return self._configured

    @property
    def down(self) -> Collection[ServerInService]:
        """The servers that fail their check now, without those that it will not restore itself."""
        return self._down.keys()

    def _plan(self, kind: str, after: float, span: tuple[int, int]) -> None:
        at = after + STEP * self._dice.randint(int(span[0] / STEP), int(span[1] / STEP))
        heapq.heappush(self._events, DemoEvent(at, kind))

    def _victims(self, rules: Rules) -> list[ServerInService]:
        """All servers of one host in the table; preferably a host whose services have another server."""
        victim: ServerKey | None = None
        for _ in range(8 if self._services else 0):
            key = self._dice.choice(self._services)
            standing = rules[key].servers if key in rules else {}
            checked = sorted(standing.keys() & self._configured[key].servers.keys())
            if not checked:
                continue
            victim = self._dice.choice(checked)
            if any(server.weight for other, server in standing.items() if other != victim):
                break
        if victim is None:
            return []
        if not self._hosts:
            for key, entry in self._configured.items():
                for server_key in entry.servers:
                    self._hosts.setdefault(server_key.address, []).append((key, server_key))
        return [
            place for place in self._hosts[victim.address] if place[0] in rules and place[1] in rules[place[0]].servers
        ]
