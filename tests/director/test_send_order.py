"""Many changes are sent in an order in which the kernel finds what comes back at the head of its removed servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import given

from lvstui.director import send_order
from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    Flush,
    apply_all,
)
from lvstui.director.errors import Refused
from lvstui.director.model import (
    Entry,
    RuleSet,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    rules_from,
    server_key,
    service_key,
)
from lvstui.director.plan import plan, replacement
from lvstui.director.send_order import sending_order
from lvstui.director.transaction import carry_out
from tests.memory import MemoryDirector
from tests.strategies import pairs

SERVICES, SERVERS = 60, 5
KEY = service_key(6, "198.51.100.1", 80)


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
    assert steps(sending_order(there, table(1)), sending_order(back, table(2))) == [0, SERVICES * SERVERS]
    assert steps(there, back)[1] > 10 * SERVICES * SERVERS, "as planned, each addition searches"


def emptied(*sent: Sequence[Change]) -> list[int]:
    """The same where tables are emptied and services deleted: each with its servers, newest first; the whole table in
    the order of the kernel's hash table (ip_vs_flush), for which a scrambled one stands here."""
    removed: list[tuple[ServiceKey, ServerKey]] = []
    pools: dict[ServiceKey, list[ServerKey]] = {}
    found = []

    def delete(key: ServiceKey) -> None:
        for server in reversed(pools.pop(key)):
            removed.insert(0, (key, server))

    for changes in sent:
        looked = 0
        for change in changes:
            if isinstance(change, AddService):
                pools[change.service.key] = []
            elif isinstance(change, DeleteService):
                delete(change.key)
            elif isinstance(change, Flush):
                for key in sorted(pools, key=lambda key: key.address[3] * 37 % 64):
                    delete(key)
            elif isinstance(change, AddServer):
                one = change.service, change.server.key
                looked += removed.index(one) + 1 if one in removed else len(removed)
                if one in removed:
                    removed.remove(one)
                pools[change.service].append(change.server.key)
        found.append(looked)
    return found


def test_what_comes_back_after_the_table_was_emptied_is_found_at_the_head_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send_order, "MANY", 1)
    build = plan(RuleSet(), table(1))
    wanted = RuleSet({**table(1).rules, KEY: Entry(Service(KEY), {})})
    again = replacement(table(1), wanted)
    assert emptied(sending_order(build, RuleSet()), sending_order(again, table(1))) == [0, SERVICES * SERVERS]
    assert emptied(build, again)[1] > 10 * SERVICES * SERVERS, "as planned, each addition searches"


def test_an_emptied_table_is_taken_back_once_although_its_services_were_deleted_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(send_order, "MANY", 1)
    changes = replacement(table(1), table(2))
    for refused in (Flush(), DeleteService(min(table(1).rules)), changes[-1]):
        director = MemoryDirector(table(1))
        director.refuse = partial(_refusing, [refused])
        with pytest.raises(Refused):
            carry_out(director, changes, table(1))
        assert director.rules.rules == table(1).rules and (refused in director.sent)


def _refusing(once: list[Change], change: Change) -> Refused | None:
    """Refuses a change the first time."""
    if change not in once:
        return None
    once.remove(change)
    return Refused("x", "no", "", 1)


@given(pairs())
def test_the_order_of_sending_changes_nothing_else(pair: tuple[RuleSet, RuleSet]) -> None:
    now, wanted = pair
    changes = plan(now, wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(send_order, "MANY", 0)
        sent = sending_order(changes, now)
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
    assert many.sent == list(sending_order(there, table(1))) != list(there)
    assert many.rules == few.rules
