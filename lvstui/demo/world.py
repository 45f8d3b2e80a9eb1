"""World: the simulated director as a Source. On each call it catches up with everything that happened since the last
one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from math import exp

from lvstui.demo.earlier import Earlier
from lvstui.demo.incident import CALM, Incident, begun, checked_by
from lvstui.demo.keepalived import DemoEvent, Keepalived
from lvstui.demo.keepalived_config import configured_of, keeping
from lvstui.demo.opposite import SWITCHES, FirstDirector, Opposite
from lvstui.demo.probes import ProbedWorld, WorldProbes
from lvstui.demo.routers import DirectorRole, vrrp
from lvstui.demo.rows import RulePeriod, WorldPools, WorldServices, WorldSweep
from lvstui.demo.table import DEFAULT_TIMEOUTS, RuleTable
from lvstui.demo.totals import LARGE, Totals, averaged, load_of, traffic_of
from lvstui.demo.traffic import STEP, Life, Moment, changed, newborn
from lvstui.director.change import AddService, Change, DeleteService, Flush, Zero, service_of, stated
from lvstui.director.configured import Configured
from lvstui.director.daemon import Daemon, KeepalivedOrder, OrderAnswer
from lvstui.director.errors import NotDone, Refused
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, ServiceKey
from lvstui.director.probe import Probes
from lvstui.director.source import EVERYTHING, UNNAMED, Outcome, Purpose, Scope, Source, TrafficMemory
from lvstui.director.state import Load, Rates, State, Vrrp

_TURN = 5.0
"""Seconds in which connections decrease or grow by a factor of e when the VRRP role moves."""

_DAEMON = Daemon(
    pid=1,
    config="the rules that this world began with",
    reload="systemctl reload keepalived.service",
    stop="systemctl stop keepalived.service",
    start="wait: the simulated one starts by itself",
    unit="keepalived.service",
    keeps_table=True,
)


class World:
    """A director on which traffic flows, a server fails now and then, and the VRRP role moves. The same rules, seed
    and clock make the same world."""

    def __init__(
        self,
        rules: RuleSet,
        incident: Incident = CALM,
        *,
        seed: int = 1998,
        clock: Callable[[], float] = time.monotonic,
        host: str = "",
    ) -> None:
        """`rules`: the configuration of its keepalived. `host`: another name than the incident's."""
        entries = {
            key: Entry(entry.service, {server.key: stated(server, None) for server in entry.servers.values()})
            for key, entry in rules.rules.items()
        }
        self._timeouts, self._sync = rules.timeouts or DEFAULT_TIMEOUTS, rules.sync or ()
        self._seed = seed
        self._clock = clock
        self._host = host or incident.host
        self._incident = incident
        self._began = clock()
        self._taken = time.time()
        self._now = 0.0
        self._daemon = Keepalived(entries, seed, incident.down, incident.back)
        self._scene = _scene(begun(entries, incident), {}, None, seed)
        # The last time the VRRP role moved: when, seconds carried and the level by then, and whether it came to us.
        self._moved = Moment(0.0, 0.0, 0.0)
        self._stopped = False
        self._swept: WorldSweep | None = None
        self._load: Load | None = None
        self._carried: tuple[float, Rates] | None = None
        self._totals: tuple[RulePeriod, Totals] | None = None
        self._on_disk: Configured | None = None
        self._held: tuple[object, DirectorRole, Vrrp] | None = None
        # A console may send while a read is under way in another thread.
        self._lock = threading.Lock()
        self._earlier = Earlier(entries, incident, seed)

    def read(self, scope: Scope) -> State:
        with self._lock:
            at = self._catch_up()
            now = self._moment(self._now)
            current = WorldSweep(self._scene, now, at)
            if scope.sweep:
                self._swept = current
                self._load = load_of(current, self._averages(), now)
            services = WorldServices(self._scene, now)
            return State(
                at=at,
                taken=self._taken + self._now,
                host=self._host,
                services=services,
                pools=WorldPools(scope.services, current, self._swept),
                swept=self._swept.at if self._swept is not None else None,
                load=self._load,
                traffic=self._traffic(services, now) if scope.vrrp else None,
                timeouts=self._timeouts,
                sync=self._sync,
                vrrp=self._vrrp(now),
                kernel="simulated",
                owner="keepalived" if scope.owner else None,
                keeping=self._keeping() if scope.owner else None,
                sysctls=SWITCHES,
            )

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        with self._lock:
            self._catch_up()
            outcomes = self._carry_out(changes, self._moment(self._now))
            for outcome in outcomes:
                if outcome.error is None:
                    self._daemon.note_change(outcome.change)
            return outcomes

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        """Orders to its keepalived. A test finds nothing wrong. A reload, as with the real one, does not touch what its
        configuration has not changed, which here is everything. A stopped one leaves its table, and comes back."""
        with self._lock:
            self._catch_up()
            if order is KeepalivedOrder.STOP:
                if not self._moved.carrying:
                    raise NotDone("keepalived", "the simulated one is stopped already")
                self._daemon.step_down(self._now)
                self._stopped = True
                return OrderAnswer(_DAEMON, successors=((self._incident.router.instance, self._incident.other.host),))
        return OrderAnswer(_DAEMON)

    def probes(self) -> Probes:
        return WorldProbes(self._lock, self._now_there, lambda: self.read(EVERYTHING), self._seed)

    def memory(self) -> TrafficMemory:
        """What it carried before it began."""
        return lambda key, server, at: self._earlier.carried(key, server, at - self._began)

    @property
    def host(self) -> str:
        """This director's name."""
        return self._host

    @property
    def peer(self) -> str:
        """The other director's name."""
        return self._incident.other.host

    def other(self) -> Source:
        """The other director of the pair: it checks the same servers, and has the role that this one does not have."""
        return Opposite(self._beside, self._daemon.configured, self._incident, self._seed, self._timeouts)

    def _beside(self) -> FirstDirector:
        """What the other director must know of this one, now."""
        with self._lock:
            at = self._catch_up()
            now = self._moment(self._now)
            seat = self._seat(not now.carrying)
            down = frozenset(self._daemon.down)
            return FirstDirector(at, self._taken + self._now, now, seat._replace(failed=False), down, self._sync)

    def _now_there(self) -> ProbedWorld:
        """What probes find now."""
        self._catch_up()
        return ProbedWorld(self._scene.rules, frozenset(self._daemon.down), self._moved.carrying, bool(self._sync))

    def close(self) -> None:
        pass

    def _catch_up(self) -> float:
        """Lets every event happen that is due, each at its own time. Returns the clock's time."""
        at = self._clock()
        self._now = max(self._now, at - self._began)
        while (event := self._daemon.next(self._now)) is not None:
            self._happen(event)
        return at

    def _happen(self, event: DemoEvent) -> None:
        if event.kind in ("master", "backup"):
            self._moved = self._moment(event.at)._replace(carrying=event.kind == "master")
            self._stopped = self._stopped and event.kind == "backup"
            return
        changes = self._daemon.changes(event, self._scene.rules)
        if changes:
            self._carry_out(changes, self._moment(event.at))

    def _moment(self, at: float) -> Moment:
        moved = self._moved
        passed = at - moved.at
        goal = 1.0 if moved.carrying else 0.0
        level = goal + (moved.level - goal) * exp(-passed / _TURN)
        if not moved.carrying:
            return Moment(at, moved.carried, moved.carried, level, False)
        # The role moves on a step, so whole steps since then are whole steps of the counters.
        return Moment(at, moved.carried + passed, moved.carried + passed // STEP * STEP, level, True)

    def _carry_out(self, changes: Sequence[Change], now: Moment) -> tuple[Outcome, ...]:
        before = self._scene
        table = RuleTable(RuleSet(before.rules, self._timeouts, self._sync))
        lives = dict(before.lives)
        fresh: set[ServiceKey] = set()
        zeroed: set[ServiceKey] = set()
        outcomes = []
        for change in changes:
            try:
                table.carry_out(change)
            except Refused as refused:
                outcomes.append(Outcome(change, refused))
                continue
            outcomes.append(Outcome(change))
            match change:
                case AddService() | DeleteService() | Flush():
                    key = service_of(change)
                    fresh.update(table.touched if key is None else (key,))
                case Zero(None):
                    zeroed.update(table.rules)
                case Zero(key) if key is not None:
                    zeroed.add(key)
        for key in table.touched | zeroed:
            entry = table.rules.get(key)
            if entry is None:
                lives.pop(key, None)
            elif key in fresh or key not in before.rules:
                lives[key] = newborn(entry, self._seed, now)
            else:
                lives[key] = changed(before.life(key), entry, self._seed, now, zero=key in zeroed)
        self._timeouts, self._sync = table.timeouts or self._timeouts, table.sync or ()
        self._scene = _scene(table.rules, lives, before, self._seed)
        return tuple(outcomes)

    def _keeping(self) -> KeepalivedState:
        if self._on_disk is None:
            self._on_disk = configured_of(self._daemon.configured, partial(checked_by, self._incident))
        return keeping(self._on_disk, lambda: self._daemon.down, self._taken + self._now)

    def _averages(self) -> Totals | None:
        """The averages of a large world, None for one that can be added up."""
        scene = self._scene
        if len(scene.keys) < LARGE:
            return None
        if self._totals is None or self._totals[0] is not scene:
            self._totals = scene, averaged(scene)
        return self._totals[1]

    def _traffic(self, services: WorldServices, now: Moment) -> Rates:
        step = now.at // STEP
        if self._carried is None or self._carried[0] != step:
            self._carried = step, traffic_of(services, self._averages(), now)
        return self._carried[1]

    def _vrrp(self, now: Moment) -> Vrrp:
        known, seat = self._held, self._seat(now.carrying)
        if known is None or known[0] is not self._scene.keys or known[1] != seat:
            seen = vrrp(self._scene.keys, self._incident.router, self._incident.other, seat)
            known = self._held = self._scene.keys, seat, seen
        return known[2]

    def _seat(self, carrying: bool) -> DirectorRole:
        """One of the two directors. What it tracks fails if the role moved by chance, not if an operator stopped its
        keepalived."""
        moved, since = self._moved.at, self._incident.router.since
        epoch = self._taken + moved if moved else None if since is None else self._taken - since
        return DirectorRole(carrying, epoch, not carrying and not self._stopped)


def _scene(
    rules: dict[ServiceKey, Entry], lives: dict[ServiceKey, Life], before: RulePeriod | None, seed: int
) -> RulePeriod:
    if before is not None and before.rules.keys() == rules.keys():
        return RulePeriod(rules, lives, before.keys, before.numbers, seed)
    keys = tuple(sorted(rules))
    return RulePeriod(rules, lives, keys, {key: i for i, key in enumerate(keys)}, seed)
