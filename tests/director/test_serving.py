"""What should serve, and what does: counted once for everybody who shows it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.configured import Configured
from lvstui.director.hosts import HostKey
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server, Service, ServiceKey, server_key, service_key
from lvstui.director.serving import ServiceHealth, Tally, tallied
from lvstui.director.state import (
    Counters,
    PoolRows,
    Rates,
    ServerReading,
    ServiceReading,
    ServiceRows,
    State,
    total,
)

WEB, SHOP, MAIL = (service_key(6, "192.0.2.1", port) for port in (80, 443, 25))
ONE, TWO, THREE = (Server(server_key(f"10.0.0.{n}", 80), weight=3) for n in (1, 2, 3))
SORRY = Server(server_key("10.0.0.99", 80), weight=1)
Pools = dict[ServiceKey, Sequence[tuple[Server, int]]]


def meant(*keys: ServiceKey, checked: bool = True, sorry: bool = False) -> Configured:
    """Three servers in each."""
    servers = (ONE, TWO, THREE)
    return Configured(
        RuleSet({key: Entry(Service(key, "wrr"), {one.key: one for one in servers}) for key in keys}),
        [],
        checked={(key, one.key): ("TCP_CHECK",) for key in keys for one in servers if checked},
        sorry=dict.fromkeys(keys, SORRY) if sorry else {},
    )


def keeping(of: Configured, told: float | None = None, down: Sequence[Server] = ()) -> KeepalivedState:
    if told is None:
        return KeepalivedState("", of, of)
    servers = tuple(
        CheckedServer(
            one.key, 3, 3, one not in down, one not in down, False, (Checker("TCP_CHECK", one not in down, True),)
        )
        for one in (ONE, TWO, THREE)
    )
    watched = {key: CheckedService(key, 1, len(down) < 3, None, servers) for key in of.rules.rules}
    return KeepalivedState("", of, of, watched, told)


def state(
    pools: Pools, keeps: KeepalivedState | None = None, owner: str | None = "keepalived", at: float = 10.0
) -> State:
    """Of a machine whose clocks agree."""
    made = {
        key: PoolRows(at, [ServerReading(one, active, 0, 0, Counters(), Rates()) for one, active in servers])
        for key, servers in pools.items()
    }
    services = ServiceRows([ServiceReading(Service(key, "wrr"), Counters(), Rates()) for key in pools])
    load = total(pool.load for pool in made.values())
    return State(at, at, "lvs1", services, made, at, load, keeping=keeps, owner=owner)


def rows(*servers: Server) -> list[tuple[Server, int]]:
    return [(one, 5) for one in servers]


def said(tally: Tally) -> tuple[int, int | None, int, int]:
    return tally.live, tally.configured, len(tally.down), len(tally.degraded)


def test_a_server_that_keepalived_removed_counts_as_missing() -> None:
    """Without it the count read 3/3 with two servers down."""
    found = tallied(state({WEB: rows(ONE), SHOP: rows(ONE, TWO)}, keeping(meant(WEB, SHOP), 20.0, (TWO, THREE))))
    assert said(found) == (3, 6, 0, 2)
    assert found.of(WEB) == ServiceHealth(1, 3, down=2, ill=(TWO.key, THREE.key), gone=(TWO.key, THREE.key))
    assert found.hosts == {HostKey(4, bytes((10, 0, 0, n))) for n in (2, 3)}


def test_a_service_is_down_when_it_has_servers_and_none_is_live() -> None:
    drained = ONE._replace(weight=0)
    pools: Pools = {WEB: rows(drained), SHOP: [], MAIL: rows(ONE, TWO, THREE)}
    found = tallied(state(pools, keeping(meant(WEB, MAIL), 20.0, (TWO, THREE))))
    assert found.down == [WEB] and found.degraded == []
    empty = found.of(SHOP)
    assert empty == ServiceHealth(0, 0) and empty is not None and not empty.fails, "no servers at all is another thing"
    assert said(found)[:2] == (3, 6)


def test_a_server_at_its_limit_takes_no_new_connection() -> None:
    limited = ONE._replace(upper=10)
    found = [tallied(state({WEB: [(limited, active), (TWO, 1)]}, owner="")) for active in (9, 10)]
    assert [said(one) for one in found] == [(2, 2, 0, 0), (1, 2, 0, 1)]
    assert found[1].of(WEB) == ServiceHealth(1, 2, full=1, ill=(ONE.key,))


def test_a_drain_does_not_degrade_a_service() -> None:
    found = tallied(state({WEB: rows(ONE, TWO._replace(weight=0))}, owner=""))
    assert (said(found), found.drained) == ((1, 2, 0, 0), 1)


def test_a_sorry_server_serves_but_is_not_counted() -> None:
    of = meant(WEB, sorry=True)
    found = tallied(state({WEB: rows(SORRY)}, keeping(of, 20.0, (ONE, TWO, THREE))))
    one = found.of(WEB)
    assert said(found) == (0, 3, 1, 0)
    assert one is not None and one.sorry and one.down == 3


def test_a_server_removed_by_hand_is_removed_and_for_an_unknown_reason_out() -> None:
    by_hand = tallied(state({WEB: rows(ONE)}, keeping(meant(WEB), 20.0))).of(WEB)
    unknown = tallied(state({WEB: rows(ONE)}, keeping(meant(WEB)))).of(WEB)
    assert (by_hand and by_hand.removed, unknown and unknown.out) == (2, 2)


@pytest.mark.parametrize(
    ("owner", "keeps", "why"),
    [
        (None, None, "not known whether a program"),
        ("ldirectord", None, "ldirectord writes this table"),
        ("keepalived", None, "has not been read"),
        ("keepalived", KeepalivedState("", trouble="keepalived.conf: permission denied"), "permission denied"),
    ],
)
def test_the_configured_servers_are_not_guessed(owner: str | None, keeps: KeepalivedState | None, why: str) -> None:
    found = tallied(state({WEB: rows(ONE)}, keeps, owner))
    assert said(found) == (1, None, 0, 0) and why in found.why


def test_a_sweep_continues_from_the_one_before() -> None:
    """Each step changes one thing, and the tally that follows is that of one who looks for the first time."""
    of, limited = meant(WEB, SHOP), ONE._replace(upper=7)
    steps = [
        state({WEB: rows(ONE, TWO, THREE), SHOP: rows(ONE, TWO, THREE)}, keeping(of)),
        state({WEB: rows(ONE, TWO), SHOP: rows(ONE, TWO, THREE)}, keeping(of)),
        state({WEB: rows(ONE, TWO), SHOP: rows(ONE, TWO, THREE)}, keeping(of, 99.0, (THREE,))),
        state({WEB: rows(ONE, TWO, THREE), SHOP: rows(limited, TWO, THREE)}, keeping(of, 99.0)),
        state({WEB: rows(ONE, TWO, THREE), SHOP: [(limited, 7), (TWO, 1), (THREE, 1)]}, keeping(of, 99.0)),
        state({WEB: rows(ONE, TWO, THREE), SHOP: [(limited, 6), (TWO, 1), (THREE, 1)]}, keeping(of, 99.0)),
        state({WEB: rows(ONE, TWO, THREE)}, keeping(of, 99.0)),
        state({WEB: rows(ONE, TWO, THREE), MAIL: rows(ONE)}, keeping(meant(WEB, MAIL))),
        state({WEB: rows(ONE, TWO, THREE), MAIL: rows(ONE)}, None, "ldirectord"),
    ]
    followed: Tally | None = None
    for number, now in enumerate(steps):
        now = now._replace(at=10.0 + number, swept=10.0 + number)
        followed = tallied(now, followed)
        first = tallied(now)
        assert (said(followed), followed.odd, followed.why) == (said(first), first.odd, first.why), number


def test_an_older_report_of_keepalived_does_not_count() -> None:
    """It was told before the server went: the check may have nothing to do with it."""
    of = meant(WEB)
    before = tallied(state({WEB: rows(ONE, TWO, THREE)}, keeping(of, 9.0), at=8.0))
    later = tallied(state({WEB: rows(ONE, TWO)}, keeping(of, 9.0), at=10.0), before)
    assert later.of(WEB) == ServiceHealth(2, 3, out=1, ill=(THREE.key,), gone=(THREE.key,))


def test_a_report_still_counts_for_the_servers_that_have_not_changed_since() -> None:
    """A change by hand of one server made another, which its check had taken out, one of unknown cause."""
    of = keeping(meant(WEB), 9.0, (THREE,))
    steps = [tallied(state({WEB: rows(ONE, TWO)}, of, at=8.0))]
    for at, servers in (
        (10.0, (ONE, TWO._replace(weight=0))),
        (11.0, (ONE._replace(weight=1), TWO._replace(weight=0))),
    ):
        steps.append(tallied(state({WEB: rows(*servers)}, of, at=at), steps[-1]))
        later = steps[-1].of(WEB)
        assert later == ServiceHealth(len(servers) - 1, 3, down=1, drained=1, ill=(THREE.key,), gone=(THREE.key,)), at
    gone = tallied(state({WEB: rows(ONE._replace(weight=1))}, of, at=12.0), steps[-1]).of(WEB)
    assert gone == ServiceHealth(1, 3, down=1, out=1, ill=(THREE.key, TWO.key), gone=(TWO.key, THREE.key))
