"""The other director of a world, read beside the first: it serves while the first does not. Nobody changes it from
here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from lvstui.demo.incident import Incident, checked_by
from lvstui.demo.keepalived_config import configured_of, keeping
from lvstui.demo.routers import DirectorRole, OtherDirector, vrrp_of_other
from lvstui.demo.rows import RulePeriod, WorldPools, WorldServices, WorldSweep
from lvstui.demo.totals import LARGE, averaged, load_of, traffic_of
from lvstui.demo.traffic import STEP, Moment
from lvstui.director.change import Change
from lvstui.director.errors import NotDone
from lvstui.director.model import Rules, ServerInService, SyncDaemon, Timeouts
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import State
from lvstui.director.sync.daemons import BACKUP, MASTER
from lvstui.values import NamedTuple

SWITCHES = {"conn_reuse_mode": 1, "expire_nodest_conn": 1, "expire_quiescent_template": 1}
"""The kernel switches of a world: the connections of a removed server end, and no new client comes to a server at
weight 0."""


class FirstDirector(NamedTuple):
    """The first director at one moment: `at` by its clock, `taken` in seconds of the epoch, `now` with its traffic.
    `seat`: the other director's place then; `down`: the servers that fail their check."""

    at: float
    taken: float
    now: Moment
    seat: DirectorRole
    down: frozenset[ServerInService]
    sync: tuple[SyncDaemon, ...]


class Opposite:
    """Has the configuration of the first director, with the differences that the world's file states; changes by hand
    there do not exist here."""

    def __init__(
        self,
        first: Callable[[], FirstDirector],
        configured: Rules,
        incident: Incident,
        seed: int,
        timeouts: Timeouts,
    ) -> None:
        self._first = first
        self._incident = incident
        self._seed = seed
        self._timeouts = timeouts
        self._configured = dict(_otherwise(configured, incident.other))
        self._on_disk = configured_of(self._configured, partial(checked_by, incident))
        self._down: frozenset[ServerInService] | None = None
        self._scene = RulePeriod({}, {}, (), {}, seed)

    def read(self, scope: Scope) -> State:
        beside = self._first()
        scene = self._now(beside.down)
        now = _complement(beside.now)
        services, sweep = WorldServices(scene, now), WorldSweep(scene, now, beside.at)
        totals = averaged(scene) if len(scene.keys) >= LARGE else None
        return State(
            at=beside.at,
            taken=beside.taken,
            host=self._incident.other.host,
            services=services,
            pools=WorldPools(scope.services, sweep, sweep),
            swept=beside.at,
            load=load_of(sweep, totals, now),
            traffic=traffic_of(services, totals, now) if scope.vrrp else None,
            timeouts=self._timeouts,
            sync=tuple(daemon._replace(role=BACKUP if daemon.role == MASTER else MASTER) for daemon in beside.sync),
            vrrp=vrrp_of_other(scene.keys, self._incident.router, self._incident.other, beside.seat),
            kernel="simulated",
            owner="keepalived" if scope.owner else None,
            keeping=keeping(self._on_disk, lambda: beside.down, beside.taken) if scope.owner else None,
            sysctls=SWITCHES,
        )

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        raise NotDone(self._incident.other.host, "the other simulated director can only be read")

    def close(self) -> None:
        pass

    def _now(self, down: frozenset[ServerInService]) -> RulePeriod:
        """Its table: what is configured, without the servers that fail their check."""
        if down != self._down:
            rules = {
                key: entry._replace(
                    servers={name: server for name, server in entry.servers.items() if (key, name) not in down}
                )
                for key, entry in self._configured.items()
            }
            keys = tuple(sorted(rules))
            self._scene = RulePeriod(rules, {}, keys, {key: place for place, key in enumerate(keys)}, self._seed)
            self._down = down
        return self._scene


def _otherwise(configured: Rules, other: OtherDirector) -> Rules:
    """The configuration of the other director."""
    return {
        key: entry._replace(
            servers={
                name: server._replace(weight=other.weights.get((key, name), server.weight))
                for name, server in entry.servers.items()
            }
        )
        for key, entry in configured.items()
        if key not in other.lacks
    }


def _complement(now: Moment) -> Moment:
    """The moment of the other director, which carries traffic when the first does not."""
    counted = now.at // STEP * STEP - now.counted  # the role moves on a step, so these are whole steps
    return Moment(now.at, now.at - now.carried, counted, 1.0 - now.level, not now.carrying)
