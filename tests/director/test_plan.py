"""Properties of plan, apply, inverse and check over random rule sets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.demo.table import DEFAULT_TIMEOUTS, RuleTable
from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
    apply,
    apply_all,
    check,
    inverse,
    stated,
)
from lvstui.director.errors import Refused
from lvstui.director.model import (
    Entry,
    RuleSet,
    Server,
    Service,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    rules_from,
    server_key,
    service_key,
)
from lvstui.director.plan import plan
from lvstui.director.source import EVERYTHING
from lvstui.director.spell import spell
from lvstui.director.state import rules_of
from lvstui.director.transaction import carry_out
from tests.memory import MemoryDirector
from tests.strategies import pairs, rule_sets

KEY = service_key(6, "192.0.2.1", 80)
MARK = service_key(fwmark=7)
OTHER = server_key("10.0.0.2", 80)


def whole(now: RuleSet, wanted: RuleSet) -> RuleSet:
    """`wanted` with what it does not state taken from `now`, as a restore leaves it."""
    rules = {}
    for key, entry in wanted.rules.items():
        live = now.rules[key].servers if key in now.rules else {}
        rules[key] = Entry(entry.service, {k: stated(server, live.get(k)) for k, server in entry.servers.items()})
    timeouts, sync = wanted.timeouts or now.timeouts, now.sync if wanted.sync is None else wanted.sync
    return RuleSet(rules, timeouts, sync)


def pool(*weights: int) -> RuleSet:
    servers = [Server(server_key(f"10.0.0.{n}", 80), weight=weight) for n, weight in enumerate(weights, 1)]
    return RuleSet(rules_from([(Service(KEY), servers)]))


def rule_of(change: Change) -> object:
    """The rule that a change is about, None for settings."""
    match change:
        case AddServer(key, server) | EditServer(key, server):
            return key, server.key
        case DeleteServer(key, server_key):
            return key, server_key
        case AddService(service) | EditService(service):
            return service.key
        case DeleteService(key):
            return key
    return None


def roles(rules: RuleSet) -> RuleSet:
    return rules._replace(sync=tuple(sorted(rules.sync or ())))


@given(pairs())
def test_a_plan_leads_to_what_is_wanted(pair: tuple[RuleSet, RuleSet]) -> None:
    now, wanted = pair
    changes = plan(now, wanted)
    after = apply_all(changes, now)
    assert after.rules == whole(now, wanted).rules
    assert after.timeouts == whole(now, wanted).timeouts
    assert plan(after, wanted) == ()
    touched = [rule for change in changes if (rule := rule_of(change)) is not None]
    assert len(set(touched)) == len(touched), "a rule is touched twice"


@given(rule_sets())
def test_nothing_is_planned_if_nothing_differs_and_a_director_has_its_rules(rules: RuleSet) -> None:
    assert plan(rules, rules) == ()
    assert rules_of(MemoryDirector(rules).read(EVERYTHING)).rules == rules.rules


@given(pairs())
def test_every_planned_change_passes_its_check_and_the_kernel(pair: tuple[RuleSet, RuleSet]) -> None:
    now, wanted = pair
    # Sync daemons are stopped before another is started in their role, which is what the table insists on.
    table = RuleTable(now)
    for change in plan(now, wanted):
        check(change, table.rule_set())
        table.carry_out(change)
    assert table.rules == whole(now, wanted).rules


@given(pairs())
def test_a_service_that_stays_always_has_a_server_that_stays(pair: tuple[RuleSet, RuleSet]) -> None:
    now, wanted = pair
    kept = {key: now.rules[key].servers.keys() & wanted.rules[key].servers.keys() for key in both(now, wanted)}
    served = [key for key in both(now, wanted) if live(now.rules[key]) and live(wanted.rules[key])]
    rules = now
    for change in plan(now, wanted):
        rules = apply(change, rules)
        assert all(servers <= rules.rules[key].servers.keys() for key, servers in kept.items())
        assert all(live(rules.rules[key]) for key in served), spell(change)


def both(now: RuleSet, wanted: RuleSet) -> list[ServiceKey]:
    return [key for key in now.rules if key in wanted.rules]


def live(entry: Entry) -> bool:
    return any(server.weight for server in entry.servers.values())


@given(pairs())
def test_every_step_can_be_undone(pair: tuple[RuleSet, RuleSet]) -> None:
    now, wanted = pair
    now = now._replace(timeouts=now.timeouts or DEFAULT_TIMEOUTS, sync=now.sync or ())
    rules, undo = now, list[Change]()
    for change in plan(now, wanted):
        undo[:0] = inverse(change, rules)
        rules = apply(change, rules)
    assert roles(apply_all(undo, rules)) == roles(now)


@given(pairs(), st.data())
def test_a_refused_change_leaves_nothing_behind(pair: tuple[RuleSet, RuleSet], data: st.DataObject) -> None:
    now, wanted = pair
    changes = plan(now, wanted)
    if not changes:
        return
    director = MemoryDirector(now)
    before = director.rules
    number = data.draw(st.integers(0, len(changes) - 1))

    def refuse(change: Change) -> Refused | None:
        return Refused("ipvsadm", "no") if len(director.sent) == number + 1 else None

    director.refuse = refuse
    try:
        carry_out(director, changes, before)
        raise AssertionError("carried out what was refused")
    except Refused:
        pass
    assert roles(director.rules) == roles(before)


def test_one_weight_is_one_change() -> None:
    changes = plan(pool(1, 3, 1), pool(1, 5, 1))
    assert [spell(change) for change in changes] == ["-e -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 5"]


def test_servers_are_added_before_others_are_removed() -> None:
    changes = plan(pool(1, 0), pool(0, 1))
    assert [spell(change)[-4:] for change in changes] == ["-w 1", "-w 0"]


def test_limits_that_are_not_stated_stay() -> None:
    now = RuleSet(rules_from([(Service(KEY), [Server(OTHER, upper=100, lower=50)])]))
    silent = RuleSet(rules_from([(Service(KEY), [Server(OTHER, upper=None, lower=None)])]))
    heavier = RuleSet(rules_from([(Service(KEY), [Server(OTHER, weight=2, upper=None, lower=None)])]))
    assert plan(now, silent) == ()
    assert plan(now, heavier) == (EditServer(KEY, Server(OTHER, weight=2, upper=100, lower=50)),)


def test_a_timeout_of_0_changes_nothing() -> None:
    now = RuleSet(timeouts=Timeouts(900, 120, 300))
    assert plan(now, RuleSet(timeouts=Timeouts(0, 0, 0))) == ()
    (change,) = plan(now, RuleSet(timeouts=Timeouts(0, 60, 0)))
    assert apply(change, now).timeouts == Timeouts(900, 60, 300)


MASTER = SyncDaemon("master", "eth1", 51)
BEFORE = pool(1, 7)._replace(timeouts=Timeouts(900, 120, 300), sync=(MASTER,))


@pytest.mark.parametrize(
    ("change", "undo"),
    [
        (AddService(Service(MARK)), ["-D -f 7"]),
        (EditService(Service(KEY, "rr")), ["-E -t 192.0.2.1:80 -s wlc"]),
        (
            DeleteService(KEY),
            [
                "-A -t 192.0.2.1:80 -s wlc",
                "-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1",
                "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 7",
            ],
        ),
        (AddServer(KEY, Server(server_key("10.0.0.3", 80))), ["-d -t 192.0.2.1:80 -r 10.0.0.3:80"]),
        (EditServer(KEY, Server(OTHER, weight=0)), ["-e -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 7"]),
        (DeleteServer(KEY, OTHER), ["-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 7"]),
        (SetTimeouts(Timeouts(0, 60, 0)), ["--set 900 120 300"]),
        (StartSync(SyncDaemon("backup", "eth1")), ["--stop-daemon backup"]),
        (StopSync("master"), ["--start-daemon master --mcast-interface eth1 --syncid 51"]),
        (
            Flush(),
            [
                "-A -t 192.0.2.1:80 -s wlc",
                "-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1",
                "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 7",
            ],
        ),
    ],
)
def test_each_kind_of_change_is_undone(change: Change, undo: list[str]) -> None:
    changes = inverse(change, BEFORE)
    assert [spell(change) for change in changes] == undo
    after = apply(change, BEFORE)
    assert after != BEFORE
    assert apply_all(changes, after) == BEFORE


def test_zeroing_cannot_be_undone() -> None:
    assert inverse(Zero(), BEFORE) == inverse(Zero(KEY), BEFORE) == ()
    assert apply(Zero(), BEFORE) == BEFORE
