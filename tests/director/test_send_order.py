"""Many changes are sent in an order in which the kernel finds what comes back at the head of its removed servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given

from lvstui.director import send_order
from lvstui.director.change import AddServer, AddService, Change, DeleteServer, EditServer, apply_all
from lvstui.director.model import RuleSet, Server, Service, ServiceKey, rules_from, server_key, service_key
from lvstui.director.plan import plan
from lvstui.director.send_order import sending_order
from lvstui.director.transaction import carry_out
from tests.memory import MemoryDirector
from tests.strategies import pairs

SERVICES, SERVERS = 60, 5


def table(net: int) -> RuleSet:
    """Every service with servers of one network."""
    return RuleSet(
        rules_from(
            [
                (
                    Service(service_key(6, f"192.0.2.{number}", 80)),
                    [Server(server_key(f"10.{net}.{number}.{n}", 80)) for n in range(SERVERS)],
                )
                for number in range(SERVICES)
            ]
        )
    )


def steps(*sent: Sequence[Change]) -> list[int]:
    """How many removed servers the kernel looks at for each of these sends, within two minutes: it keeps them newest
    first, looks from the head, and takes out what comes back (ip_vs_trash_get_dest)."""
    removed: list[object] = []
    found = []
    for changes in sent:
        looked = 0
        for change in changes:
            if isinstance(change, DeleteServer):
                removed.insert(0, change)
            elif isinstance(change, AddServer):
                one = DeleteServer(change.service, change.server.key)
                looked += removed.index(one) + 1 if one in removed else len(removed)
                if one in removed:
                    removed.remove(one)
        found.append(looked)
    return found


def test_what_comes_back_is_found_at_the_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send_order, "MANY", 1)
    there, back = plan(table(1), table(2)), plan(table(2), table(1))
    assert steps(sending_order(there), sending_order(back)) == [0, SERVICES * SERVERS]
    assert steps(there, back)[1] > 10 * SERVICES * SERVERS, "as planned, each addition searches"


@given(pairs())
def test_the_order_of_sending_changes_nothing_else(pair: tuple[RuleSet, RuleSet]) -> None:
    now, wanted = pair
    changes = plan(now, wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(send_order, "MANY", 0)
        sent = sending_order(changes)
    assert Counter(map(repr, sent)) == Counter(map(repr, changes))
    assert apply_all(sent, now).rules == apply_all(changes, now).rules
    assert grown(sent) == grown(changes), "hashing schedulers fill their tables in the order of additions"
    shrinks = [number for number, change in enumerate(sent) if isinstance(change, DeleteServer)]
    adds = [number for number, change in enumerate(sent) if isinstance(change, AddServer)]
    assert not shrinks or not adds or max(adds) < min(shrinks)


def grown(changes: Sequence[Change]) -> dict[ServiceKey, list[Change]]:
    """What makes each service grow, in its order."""
    found: dict[ServiceKey, list[Change]] = {}
    for change in changes:
        if isinstance(change, AddServer) or (isinstance(change, EditServer) and change.server.weight):
            found.setdefault(change.service, []).append(change)
        elif isinstance(change, AddService):
            found.setdefault(change.service.key, []).append(change)
    return found


def test_many_changes_are_sent_so_and_few_as_they_are_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    there = plan(table(1), table(2))
    few = MemoryDirector(table(1))
    carry_out(few, there, table(1))
    assert few.sent == list(there)
    monkeypatch.setattr(send_order, "MANY", len(there))
    many = MemoryDirector(table(1))
    carry_out(many, there, table(1))
    assert many.sent == list(sending_order(there)) != list(there)
    assert many.rules == few.rules
