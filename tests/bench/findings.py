"""What each finding of the doctor costs at a sweep of a large table, in milliseconds of processor time: the least of a
few.

    python -m tests.bench.findings [SERVICES SERVERS]

All services are on tunnels, so everything about them is looked at; in the ill table every sampled connection is half
open and every pool out of balance. Checks of traffic go through a part of the table at each sweep, checks of rules
through what was changed: here that is one service in a hundred.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence

from lvstui.director.facts import Facts, Flowing, Interface, Sample, Way
from lvstui.director.model import TCP, Forward, Server, ServerKey, Service, ServiceKey
from lvstui.director.serving import tallied
from lvstui.director.state import (
    Counters,
    Pool,
    PoolRows,
    Rates,
    ServerReading,
    ServiceReading,
    ServiceRows,
    State,
    total,
)
from lvstui.doctor.case import Case, Shapes, shape
from lvstui.doctor.diagnosis import AT_MOST, AT_ONCE
from lvstui.doctor.registry import FLOW_CHECKS, RULE_CHECKS, TABLE_CHECKS, FlowCheck

MOST = 5.0
"""Milliseconds that a finding may take."""
_TIMES = 5
_WORTH = 0.1
"""Milliseconds below which a finding is not listed."""
_CLIENT = bytes((203, 0, 113, 7))


def case(services: int, servers: int, ill: bool) -> Case:
    keys = [ServiceKey(0, 4, TCP, bytes((10, 1, n >> 8, n & 255)), 80) for n in range(services)]
    counters = Counters(1000, 9000, 400 * ill, 900_000, 400 * 576 * ill)
    pools, readings = {}, []
    for number, key in enumerate(keys):
        rows = [
            Server(ServerKey(4, bytes((172, 16 + at, number >> 8, number & 255)), 80), Forward.TUNNEL, 1 + at % 2)
            for at in range(servers)
        ]
        pools[key] = PoolRows(
            1.0,
            [
                ServerReading(one, 90 * (at if ill else one.weight), 5, 9, counters, Rates())
                for at, one in enumerate(rows)
            ],
        )
        persistence = 300 if number % 2 else None
        readings.append(ServiceReading(Service(key, "wlc", 0, persistence), counters, Rates()))
    flowing = {
        (key, row.server.key): Flowing(20, 20 * ill, 20, 12 * ill, _CLIENT)
        for key in keys[:AT_ONCE]
        for row in pools[key]
    }
    hosts = [server.key.address for key in keys[:100] for server in pools[key].servers()]
    facts = Facts(
        5.0,
        {
            "net.ipv4.ip_forward": 1,
            "net.ipv4.conf.eth1.forwarding": int(not ill),
            "net.ipv4.conf.all.arp_ignore": int(ill),
        },
        {"Icmp OutDestUnreachs": 99},
        60.0,
        {"eth0": Interface(True, False, 1500), "eth1": Interface(True, False, 1500)},
        {key.address: "eth0" for key in keys},
        frozenset(key.address for key in keys),
        ways={host: Way("eth1") for host in hosts} | {_CLIENT: Way("eth1")},
        sample=Sample(1.0, 2000, False, 0.1, flowing),
        networks={key.address: "eth1" for key in keys[::10]},
    )
    load = total(pool.load for pool in pools.values())
    state = State(1.0, 1001.0, "lvs1", ServiceRows(readings), pools, 1.0, load, owner="", facts=facts)
    shapes = Shapes({one.service.key: shape(one.service, pools[one.service.key].servers()) for one in readings})
    grown = {(key, row.server.key): counters for key in keys[:AT_ONCE] for row in pools[key]}
    return Case(state, facts, tallied(state), None, shapes, grown, compared=True)


def costs(of: Case) -> Iterator[tuple[str, float]]:
    """The ids of a check, and its milliseconds at a sweep."""
    state = of.state
    turn = [(state.services.find(key), state.pools[key]) for key in state.services.keys[:AT_ONCE]]
    changed = [(reading.service, pool.servers()) for reading, pool in turn[:100] if reading is not None]
    for check in TABLE_CHECKS:
        yield "/".join(check.ids), _best(lambda check=check: sum(1 for _ in check.judge(of)))  # type: ignore[misc]
    for rule in RULE_CHECKS:
        yield (
            "/".join(rule.ids),
            _best(lambda rule=rule: [list(rule.judge(*one)) for one in changed]),  # type: ignore[misc]
        )
    for flow in FLOW_CHECKS:
        yield (
            "/".join(flow.ids),
            _best(lambda flow=flow: _judged(flow, turn, of)),  # type: ignore[misc]
        )


def _judged(flow: FlowCheck, turn: Sequence[tuple[ServiceReading | None, Pool]], of: Case) -> None:
    made = 0
    for reading, pool in turn:
        if reading is not None and made < AT_MOST:
            made += sum(1 for _ in flow.judge(reading, pool, of))


def _best(work: Callable[[], object]) -> float:
    found = []
    for _ in range(_TIMES):
        began = time.process_time()
        work()
        found.append((time.process_time() - began) * 1000)
    return min(found)


def main(services: int = 10_000, servers: int = 5) -> int:
    dear = 0
    for ill in (False, True):
        print(f"{services} x {servers}, {'ill' if ill else 'healthy'}")
        for name, cost in sorted(costs(case(services, servers, ill)), key=lambda one: -one[1]):
            dear += cost > MOST
            if cost >= _WORTH:
                print(f"{cost:8.2f} ms  {name}{f'  MORE THAN {MOST:g} ms' if cost > MOST else ''}")
    return int(dear > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
