"""A small world with a clock to turn."""

from __future__ import annotations

from unittest import mock

from lvstui.demo import World, keepalived
from lvstui.director.model import (
    UDP,
    Forward,
    RuleSet,
    Server,
    Service,
    rules_from,
    server_key,
    service_key,
)
from lvstui.director.source import Scope
from lvstui.director.state import State

VIP = service_key(6, "192.168.80.200", 80)
WEB1, WEB2 = server_key("192.168.80.102", 80), server_key("192.168.80.103", 80)
DNS = service_key(UDP, "192.168.80.200", 53)
NAT = service_key(6, "192.168.80.201", 80)
CLUSTER = RuleSet(
    rules_from(
        [
            (Service(VIP, "wrr"), [Server(WEB1, weight=3), Server(WEB2, weight=1)]),
            (Service(DNS, "rr"), [Server(server_key("192.168.80.104", 53))]),
            (Service(NAT, persistence=60), [Server(server_key("10.0.0.1", 8080), Forward.MASQ)]),
        ]
    )
)
LOOK = Scope(sweep=True, vrrp=True, settings=True)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Director:
    """A world with a clock to turn."""

    def __init__(self, rules: RuleSet = CLUSTER, seed: int = 1) -> None:
        self.clock = Clock()
        self.world = World(rules, seed=seed, clock=self.clock)

    def after(self, seconds: float, scope: Scope = LOOK) -> State:
        self.clock.now += seconds
        return self.world.read(scope)


def picture(state: State) -> object:
    """All that a State shows, but for the wall clock."""
    pools = {key: list(pool) for key, pool in state.pools.items()}
    instances = tuple(
        one._replace(since=None if one.since is None else round(state.taken - one.since, 3))
        for one in state.vrrp.instances
    )
    vrrp = state.vrrp._replace(instances=instances)
    return list(state.services), pools, state.load, state.traffic, vrrp, state.at


def quiet(seed: int = 1) -> Director:
    """A world of which no server ever fails."""
    with mock.patch.object(keepalived, "FIRST_FAILURE", (10**6, 10**6)):
        return Director(seed=seed)
