"""A restore that was cut off anywhere is finished or taken back, and what others changed meanwhile is left alone."""

from __future__ import annotations

import json as json_text

from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.change import Flush, StopSync, apply_all
from lvstui.director.merge import keeping_weights, merged
from lvstui.director.model import Entry, RuleSet, SyncDaemon, Timeouts
from lvstui.director.plan import plan, replacement
from lvstui.director.recovery import RestoreGoal, recovery, undertaking
from lvstui.formats import json
from lvstui.formats.contents import contents_of
from lvstui.formats.rule_files import parse
from lvstui.formats.rule_tables import rules_from_document
from tests.strategies import pairs

WEB = parse(
    "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3\n",
    "ipvsadm",
).rules._replace(timeouts=Timeouts(900, 120, 300), sync=())
DNS = parse("-A -u 192.0.2.1:53 -s rr\n-a -u 192.0.2.1:53 -r 10.0.0.3:53 -m -w 1 -x 0 -y 0\n", "ipvsadm").rules


def on_disk(begun: RestoreGoal) -> RestoreGoal:
    """Through the journal's form and back."""
    was, wanted = (
        rules_from_document(json_text.loads("".join(json.write(contents_of(rules)))), "journal")[0]
        for rules in (begun.was, begun.wanted)
    )
    return RestoreGoal(was, wanted, begun.flushed)


@given(pairs(), st.data(), st.booleans(), st.booleans())
def test_a_restore_cut_off_anywhere_is_recovered(
    pair: tuple[RuleSet, RuleSet], data: st.DataObject, replaces: bool, forward: bool
) -> None:
    now, wanted = pair
    changes = (replacement if replaces else plan)(now, wanted)
    done = data.draw(st.integers(0, len(changes)))
    live = apply_all(changes[:done], now)
    found = recovery(live, on_disk(undertaking(changes, now)), forward)
    assert not found.left
    goal = apply_all(changes, now) if forward else now
    assert not plan(apply_all(found.changes, live), goal)
    if forward and not replaces and not any(isinstance(change, StopSync) for change in changes):
        assert len(found.changes) == len(changes) - done


def test_only_touched_services_are_in_the_journal() -> None:
    wanted = apply_all(
        plan(WEB, parse("-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 9\n", "ipvsadm").rules),
        WEB,
    )
    some = RuleSet({**WEB.rules, **DNS.rules}, WEB.timeouts, WEB.sync)
    begun = undertaking(plan(some, RuleSet({**wanted.rules, **DNS.rules})), some)
    assert begun.was == RuleSet(WEB.rules) and begun.wanted == RuleSet(wanted.rules)


def weighing(rules: RuleSet, weight: int) -> RuleSet:
    """Every server of every service with that weight."""
    return rules._replace(
        rules={
            key: Entry(entry.service, {k: server._replace(weight=weight) for k, server in entry.servers.items()})
            for key, entry in rules.rules.items()
        }
    )


def test_a_server_that_someone_else_changed_is_left_alone() -> None:
    begun = undertaking(plan(WEB, weighing(WEB, 5)), WEB)
    (key, entry) = next(iter(WEB.rules.items()))
    one, two = sorted(entry.servers)
    live = RuleSet({key: Entry(entry.service, {one: entry.servers[one]._replace(weight=7), two: entry.servers[two]})})
    found = recovery(live, begun, True)
    assert found.left == ("10.0.0.1:80 of tcp 192.0.2.1:80 was changed by someone else",)
    after = apply_all(found.changes, live).rules[key].servers
    assert (after[one].weight, after[two].weight) == (7, 5)
    assert recovery(RuleSet(), begun, True) == ((), RuleSet(), ("tcp 192.0.2.1:80 is gone",))


def test_an_added_or_deleted_service_is_taken_back_only_if_nobody_changed_it() -> None:
    begun = undertaking(plan(WEB, RuleSet({**WEB.rules, **DNS.rules})), WEB)
    assert not recovery(DNS, begun, True).changes and not recovery(DNS, begun, True).left
    edited = {key: Entry(entry.service._replace(scheduler="lc"), entry.servers) for key, entry in DNS.rules.items()}
    for live in (weighing(DNS, 4), RuleSet(edited)):
        for forward in (True, False):
            found = recovery(live, begun, forward)
            assert (found.changes, found.left) == ((), ("udp 192.0.2.1:53 was changed by someone else",))
    assert len(recovery(DNS, begun, False).changes) == 1


def test_a_scheduler_timeouts_and_daemons_that_others_changed() -> None:
    key, entry = next(iter(WEB.rules.items()))
    wanted = RuleSet(
        {key: entry._replace(service=entry.service._replace(scheduler="lc"))},
        Timeouts(100, 50, 25),
        (SyncDaemon("master", "eth0", 5),),
    )
    begun = undertaking(plan(WEB, wanted), WEB)
    other = RuleSet(
        {key: entry._replace(service=entry.service._replace(scheduler="sh"))},
        Timeouts(1, 2, 3),
        (SyncDaemon("master", "eth9", 9),),
    )
    found = recovery(other, begun, True)
    assert found.changes == () and len(found.left) == 3
    running = wanted._replace(sync=(SyncDaemon("master", "eth0", 5, 1472, "224.0.0.81", 8848, 1),))
    assert recovery(running, begun, True).changes == ()
    assert len(recovery(WEB, begun, True).changes) == 3 and len(recovery(wanted, begun, False).changes) == 3


@given(pairs())
def test_merging_deletes_nothing(pair: tuple[RuleSet, RuleSet]) -> None:
    now, wanted = pair
    after = apply_all(plan(now, merged(now, wanted)), now)
    assert now.rules.keys() | wanted.rules.keys() == after.rules.keys()
    for key, entry in after.rules.items():
        there = now.rules[key].servers.keys() if key in now.rules else set()
        assert entry.servers.keys() >= there
        if key in wanted.rules:
            assert entry.service == wanted.rules[key].service
    assert not plan(after, merged(after, wanted))


@given(pairs())
def test_present_weights_are_kept(pair: tuple[RuleSet, RuleSet]) -> None:
    now, wanted = pair
    after = apply_all(plan(now, keeping_weights(now, wanted)), now)
    assert after.rules.keys() == wanted.rules.keys()
    for key, entry in after.rules.items():
        for server in entry.servers.values():
            old = now.rules[key].servers.get(server.key) if key in now.rules else None
            weight = old.weight if old is not None else wanted.rules[key].servers[server.key].weight
            assert server.weight == weight


@given(pairs())
def test_replacing_empties_the_table_first(pair: tuple[RuleSet, RuleSet]) -> None:
    now, wanted = pair
    changes = replacement(now, wanted)
    if now.rules and changes:
        assert changes[0] == Flush() and not any(isinstance(change, Flush) for change in changes[1:])
    if changes:
        assert not plan(apply_all(changes, now), wanted)
    assert bool(changes) == bool(plan(now, wanted))
