"""Pools that stand in the same words are equal, and pools whose rules differ never do."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given

from lvstui.director.change import EditServer
from lvstui.director.lazy_servers import LazyServers, after, columns
from lvstui.director.model import Entry, Forward, RuleSet, Server, ServerKey, Service, ServiceKey, Tunnel
from lvstui.director.plan import plan
from lvstui.director.remembered import Written
from lvstui.formats import ipvsadm
from lvstui.formats.contents import contents_of
from tests.strategies import rule_sets

KEY = ServiceKey(0, 4, 6, bytes((10, 0, 0, 1)), 80)
SERVICE = Service(KEY)


def later(*servers: Server) -> LazyServers:
    return LazyServers(lambda: {server.key: server for server in servers}, partial(columns, servers, Written(after)))


def server(last: int, **rule: object) -> Server:
    return Server(ServerKey(4, bytes((10, 0, 0, last)), 80), **rule)  # type: ignore[arg-type]


def unseen(*servers: Server) -> LazyServers:
    """Fails when somebody makes its values."""

    def make() -> dict[ServerKey, Server]:
        raise AssertionError("values were made")

    return LazyServers(make, later(*servers).columns)


def test_equal_pools_are_compared_without_making_values_in_any_order() -> None:
    pool = [server(1), server(2, weight=7, upper=5, lower=3), server(3, forward=Forward.TUNNEL)]
    now = RuleSet({KEY: Entry(SERVICE, unseen(*pool))})
    assert plan(now, RuleSet({KEY: Entry(SERVICE, unseen(*pool))})) == ()
    assert plan(now, RuleSet({KEY: Entry(SERVICE, unseen(*reversed(pool)))})) == ()


def test_the_text_of_a_service_is_compared_without_making_values_too() -> None:
    text = (
        "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 1\n-a -t 10.0.0.1:80 -r 10.0.0.1:80 -g -w 1\n"
    )
    wanted, _ = ipvsadm.read(text)
    assert plan(RuleSet({KEY: Entry(SERVICE, unseen(server(1), server(2)))}), wanted) == ()


@pytest.mark.parametrize("rule", [{"forward": Forward.LOCAL}, {"tunnel": Tunnel(0, 4789)}, {"tunnel": Tunnel(9)}])
def test_a_rule_that_text_cannot_express_never_reads_as_another(rule: dict[str, object]) -> None:
    now = RuleSet({KEY: Entry(SERVICE, later(server(1, **rule)))})
    assert plan(now, RuleSet({KEY: Entry(SERVICE, later(server(1)))})) == (EditServer(KEY, server(1)),)


@given(rule_sets(), rule_sets())
def test_a_plan_of_lazy_rules_equals_that_of_values(one: RuleSet, other: RuleSet) -> None:
    """Also where the one is the other's text, read again."""
    slow, fast = (
        [
            RuleSet({key: Entry(entry.service, how(*entry.servers.values())) for key, entry in rules.rules.items()})
            for rules in (one, other)
        ]
        for how in (lambda *all: {each.key: each for each in all}, later)
    )
    assert plan(*fast) == plan(*slow)
    again = ipvsadm.read("".join(ipvsadm.write(contents_of(slow[0]))))[0]
    values = RuleSet({key: Entry(entry.service, dict(entry.servers)) for key, entry in again.rules.items()})
    assert plan(fast[0], again) == plan(slow[0], values)
