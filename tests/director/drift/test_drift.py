"""Each kind of change by hand is named correctly, and a failed check is not called one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from lvstui.director.causes import EARLIER
from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.configured import Configured
from lvstui.director.drift import drift as kinds
from lvstui.director.drift.all import Drifts, drifts, followed
from lvstui.director.drift.drift import Drift
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import (
    Entry,
    Forward,
    RuleSet,
    Server,
    Service,
    SyncDaemon,
    Timeouts,
    rules_from,
    server_key,
    service_key,
)
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State

WEB = Service(service_key(6, "192.0.2.1", 80), "wrr")
OTHER = Service(service_key(6, "192.0.2.2", 80), "rr")
ONE, TWO, BARE, KEEN = (Server(server_key(f"10.0.0.{n}", 80), weight=3) for n in (1, 2, 3, 4))
"""BARE has no check, KEEN inhibits on failure."""
SERVERS = [ONE, TWO, BARE, KEEN]
STAYS, BACK = "stays", "is reverted to weight 3"
CHECKED = {(WEB.key, one.key): ("TCP_CHECK",) for one in (ONE, TWO, KEEN)}


def meant(*servers: Server, service: Service = WEB) -> Configured:
    rules = RuleSet(rules_from([(service, list(servers))]))
    return Configured(rules, [], checked=CHECKED, inhibited=frozenset({(WEB.key, KEEN.key)}))


MEANT = meant(*SERVERS)


def told(*down: Server) -> CheckedService:
    checks = (
        CheckedServer(
            one.key,
            3,
            3,
            one not in down,
            one not in down or one is KEEN,
            one is KEEN,
            (Checker("TCP_CHECK", one not in down, True),) if one is not BARE else (),
        )
        for one in SERVERS
    )
    return CheckedService(WEB.key, 1, True, None, tuple(checks))


def keeping(*down: Server, file: Configured = MEANT) -> KeepalivedState:
    return KeepalivedState("keepalived.conf", file, MEANT, {WEB.key: told(*down)}, 100.0)


def table(*servers: Server, service: Service = WEB) -> RuleSet:
    return RuleSet(rules_from([(service, list(servers))]))


def found(now: RuleSet, kept: KeepalivedState, settled: bool = True) -> tuple[Drift, ...]:
    return drifts(now, kept, lambda key: settled)


def only(now: RuleSet, kept: KeepalivedState, settled: bool = True) -> Drift:
    (drift,) = found(now, kept, settled)
    return drift


def three(drift: Drift) -> tuple[str, str, str]:
    return drift.fates[:3]


def test_nothing_drifts_while_the_table_is_as_keepalived_made_it() -> None:
    assert found(table(*SERVERS), keeping()) == ()


def test_a_weight_by_hand() -> None:
    drift = only(table(ONE._replace(weight=7), TWO, BARE, KEEN), keeping())
    assert (drift.kind, drift.words, drift.server) == (kinds.WEIGHT, "weight 7 by hand, configured 3", ONE.key)
    assert three(drift) == (STAYS, BACK, BACK)
    assert drift.fates.failover.startswith("stays here")


def test_a_weight_by_hand_without_a_check() -> None:
    drift = only(table(ONE, TWO, BARE._replace(weight=0), KEEN), keeping())
    assert drift.words == "weight 0 by hand, configured 3"
    assert three(drift) == (STAYS, BACK, "stays: it has no check")


def test_a_failed_check_is_no_drift() -> None:
    assert found(table(ONE, BARE, KEEN._replace(weight=0)), keeping(TWO, KEEN)) == ()


@pytest.mark.parametrize("settled", [True, False])
def test_without_a_dump_nothing_is_claimed_that_only_a_dump_can_show(settled: bool) -> None:
    now = table(ONE, BARE, KEEN._replace(weight=0))
    assert [one.kind for one in found(now, keeping(), settled)] == ([kinds.REMOVED, kinds.WEIGHT] if settled else [])


def test_an_inhibited_server_removed_while_its_check_fails() -> None:
    """keepalived keeps it in the table at weight 0: only a hand takes it out."""
    drift = only(table(ONE, TWO, BARE), keeping(KEEN))
    assert (drift.kind, drift.words) == (kinds.REMOVED, "taken out by hand while down by TCP_CHECK")


def test_another_possible_cause_is_named_besides_by_hand() -> None:
    now = table(ONE._replace(weight=7), TWO._replace(weight=8), BARE, KEEN, service=WEB._replace(scheduler="rr"))
    kept = keeping()._replace(
        causes={(WEB.key, ONE.key): "by an earlier keepalived", (WEB.key, None): "by an earlier keepalived"}
    )
    assert [one.words for one in found(now, kept)] == [
        "scheduler rr by hand or by an earlier keepalived, configured wrr",
        "weight 7 by hand or by an earlier keepalived, configured 3",
        "weight 8 by hand, configured 3",
    ]


def test_a_server_removed_by_hand() -> None:
    drift = only(table(ONE, BARE, KEEN), keeping())
    assert (drift.kind, drift.server) == (kinds.REMOVED, TWO.key)
    assert three(drift) == (STAYS, "is added again, weight 3", "is added again, weight 3")


def test_an_unknown_server() -> None:
    stranger = Server(server_key("10.0.0.99", 80), weight=1)
    drift = only(table(*SERVERS, stranger), keeping())
    assert (drift.kind, drift.server) == (kinds.ADDED, stranger.key)
    assert three(drift) == (STAYS, "is lost", STAYS)


def test_a_server_added_again_while_its_check_fails() -> None:
    drift = only(table(ONE, TWO, BARE, KEEN), keeping(TWO))
    assert (drift.kind, drift.words) == (kinds.RETURNED, "put back by hand while down by TCP_CHECK")
    assert three(drift) == (STAYS, "is lost", STAYS)


def test_an_inhibited_server_given_a_weight_while_its_check_fails() -> None:
    drift = only(table(ONE, TWO, BARE, KEEN._replace(weight=5)), keeping(KEEN))
    assert (drift.kind, drift.words) == (kinds.RAISED, "weight 5 by hand while down by TCP_CHECK")
    assert three(drift) == (STAYS, "is set to 0", BACK)


def test_a_scheduler_by_hand() -> None:
    drift = only(table(*SERVERS, service=WEB._replace(scheduler="rr", persistence=300)), keeping())
    words = "scheduler rr by hand, configured wrr; persistence 300 by hand, configured none"
    assert (drift.kind, drift.words, drift.server) == (kinds.SERVICE, words, None)
    assert three(drift) == (STAYS, "is reverted", STAYS)


def test_a_rule_by_hand() -> None:
    changed = ONE._replace(forward=Forward.TUNNEL, upper=50)
    drift = only(table(changed, TWO, BARE, KEEN), keeping())
    assert (drift.kind, drift.brief) == (kinds.RULE, "forward not route, upper not none")
    assert three(drift) == (STAYS, "is reverted", "is reverted")


def test_a_service_deleted_and_a_foreign_one() -> None:
    foreign, deleted = found(RuleSet(rules_from([(OTHER, [])])), keeping())[::-1]
    assert (deleted.kind, three(deleted)) == (kinds.DELETED, (STAYS, "is re-created", STAYS))
    assert (foreign.kind, three(foreign)) == (kinds.FOREIGN, (STAYS, STAYS, STAYS))


def test_settings() -> None:
    sync = tuple(SyncDaemon(role, "eth1", 51) for role in ("master", "backup"))
    rules = MEANT.rules._replace(timeouts=Timeouts(900, 0, 300), sync=sync)
    kept = keeping()._replace(on_disk=MEANT._replace(rules=rules), loaded=MEANT._replace(rules=rules))
    now = table(*SERVERS)._replace(timeouts=Timeouts(60, 7, 300), sync=(sync[0]._replace(id=7),))
    timeouts, changed, stopped = found(now, kept)
    assert timeouts.words == "timeout tcp 60 by hand, configured 900"
    assert three(timeouts)[:2] == ("is reverted", "is reverted")
    assert (changed.kind, three(changed)[:2]) == (kinds.SYNC, (STAYS, "is reverted"))
    assert (stopped.words, three(stopped)[0]) == ("sync daemon backup stopped by hand", "is started again")


def test_a_changed_file_waits_for_a_reload() -> None:
    kept = keeping(file=meant(ONE._replace(weight=5), TWO, BARE._replace(upper=9)))
    by_server = {one.server: one for one in found(table(*SERVERS), kept)}
    assert {one.kind for one in by_server.values()} == {kinds.WAITING}
    assert by_server[ONE.key].words == "the file says weight 3 -> 5"
    assert three(by_server[ONE.key]) == ("is applied", "is applied", "waits")
    assert three(by_server[BARE.key])[:2] == ("waits", "is applied")  # thresholds alone are overlooked
    assert by_server[KEEN.key].words == "the file no longer has it"


def test_a_changed_file_reverts_the_rules_that_it_changes() -> None:
    kept = keeping(file=meant(ONE._replace(weight=5), TWO, BARE, KEEN))
    by_kind = {one.kind: one for one in found(table(ONE._replace(weight=7), TWO, BARE, KEEN), kept)}
    assert three(by_kind[kinds.WEIGHT]) == ("is set to 5", "is set to 5", BACK)


def test_a_change_written_into_the_file_lasts_after_the_reload() -> None:
    kept = keeping(file=meant(ONE._replace(weight=7), TWO, BARE, KEEN))
    by_kind = {one.kind: one for one in found(table(ONE._replace(weight=7), TWO, BARE, KEEN), kept)}
    assert three(by_kind[kinds.WEIGHT]) == (STAYS, STAYS, BACK)


def test_a_removed_server_is_added_again_if_the_file_changes_it() -> None:
    kept = keeping(file=meant(ONE, TWO._replace(weight=5), BARE, KEEN))
    by_kind = {one.kind: one for one in found(table(ONE, BARE, KEEN), kept)}
    assert three(by_kind[kinds.REMOVED])[0] == "is added again, weight 5"


def state(at: float, rules: RuleSet, kept: KeepalivedState | None) -> State:
    """Of a machine whose clocks agree."""
    entries: Iterable[Entry] = rules.rules.values()
    services = ServiceRows([ServiceReading(entry.service, Counters(), Rates()) for entry in entries])
    pools = {
        entry.service.key: PoolRows(
            at, [ServerReading(server, 0, 0, 0, Counters(), Rates()) for server in entry.servers.values()]
        )
        for entry in entries
    }
    return State(at, at, "lvs1", services, pools, at, keeping=kept)


def kinds_of(drifts: Drifts | None) -> list[str]:
    assert drifts is not None
    return [one.kind for of in drifts.by_service.values() for one in of]


def test_a_dump_counts_only_if_it_is_younger_than_the_table() -> None:
    old = keeping()._replace(reported_at=100.0)
    before = followed(state(90.0, table(*SERVERS), old))
    gone = followed(state(110.0, table(ONE, BARE, KEEN), old), before)
    assert kinds_of(gone) == []
    by_hand = followed(state(120.0, table(ONE, BARE, KEEN), keeping()._replace(reported_at=119.0)), gone)
    assert kinds_of(by_hand) == [kinds.REMOVED]
    by_check = followed(state(120.0, table(ONE, BARE, KEEN), keeping(TWO)._replace(reported_at=119.0)), gone)
    assert kinds_of(by_check) == []


def test_a_dump_still_counts_for_the_servers_that_have_not_changed_since() -> None:
    """A drift that only the dump shows stays while another server of the service is changed."""
    old, light = keeping(ONE), TWO._replace(weight=1)
    before = followed(state(90.0, table(ONE, BARE, KEEN), old))
    assert kinds_of(before) == [kinds.RETURNED, kinds.REMOVED]
    lighter = followed(state(110.0, table(ONE, BARE._replace(weight=1), KEEN), old), before)
    assert kinds_of(lighter) == [kinds.RETURNED, kinds.REMOVED, kinds.WEIGHT]
    back = followed(state(112.0, table(ONE, light, BARE, KEEN), old), lighter)
    assert kinds_of(back) == [kinds.RETURNED, kinds.WEIGHT]
    assert back is not None and back.changed == {WEB.key: {TWO.key, BARE.key}}
    out = followed(state(114.0, table(light, BARE, KEEN), old), back)
    assert kinds_of(out) == [kinds.WEIGHT], "who took ONE out is not known"


def test_a_change_is_by_hand_only_after_the_loaded_configuration_was_read() -> None:
    """keepalived reloads a changed file: the table has its weight before we look at what it loaded."""
    rules, heavy = table(*SERVERS), ONE._replace(weight=7)
    changed, loaded = table(heavy, TWO, BARE, KEEN), meant(heavy, TWO, BARE, KEEN)
    old = KeepalivedState("keepalived.conf", MEANT, MEANT, read_at=95.0)
    before = followed(state(90.0, rules, old))
    at_once = followed(state(100.0, changed, old), before)
    assert kinds_of(at_once) == []
    reloaded = followed(state(100.2, changed, old._replace(on_disk=loaded, loaded=loaded, read_at=100.1)), at_once)
    assert kinds_of(reloaded) == []
    by_hand = followed(state(100.2, changed, old._replace(read_at=100.1)), at_once)
    assert kinds_of(by_hand) == [kinds.WEIGHT]
    # What is claimed already is held; what is new in the same service waits.
    two = table(heavy, TWO._replace(weight=8), BARE, KEEN)
    held = followed(state(102.0, two, old._replace(read_at=100.1)), by_hand)
    assert [one.server for one in (held.by_service[WEB.key] if held is not None else ())] == [ONE.key]
    both = followed(state(102.2, two, old._replace(read_at=102.1)), held)
    assert kinds_of(both) == [kinds.WEIGHT, kinds.WEIGHT]


def test_an_ending_keepalived_removes_its_services_a_moment_before() -> None:
    old = KeepalivedState("keepalived.conf", MEANT, MEANT, read_at=95.0)
    before = followed(state(90.0, table(*SERVERS), old))
    gone = followed(state(100.0, RuleSet({}), old), before)
    still_there = followed(state(100.5, RuleSet({}), old._replace(read_at=100.4)), gone)
    assert kinds_of(gone) == kinds_of(still_there) == []
    by_hand = followed(state(104.0, RuleSet({}), old._replace(read_at=103.0)), still_there)
    assert kinds_of(by_hand) == [kinds.DELETED]
    assert old.misses(frozenset()) and not old.misses(frozenset({WEB.key}))


def test_while_keepalived_programs_what_it_loaded_nothing_new_is_claimed() -> None:
    rules, loaded = table(*SERVERS), meant(ONE._replace(weight=7), TWO, BARE, KEEN)
    old = KeepalivedState("keepalived.conf", MEANT, MEANT, read_at=95.0)
    before = followed(state(90.0, rules, old))
    new = KeepalivedState("keepalived.conf", loaded, loaded, read_at=96.0, settles=True)
    under_way = followed(state(97.0, rules, new), before)
    assert kinds_of(under_way) == []
    never_done = followed(state(99.0, rules, new._replace(read_at=98.9, settles=False)), under_way)
    assert kinds_of(never_done) == [kinds.WEIGHT]


def test_nothing_is_compared_again_while_nothing_changes() -> None:
    kept = keeping()
    first = followed(state(90.0, table(ONE._replace(weight=7), TWO, BARE, KEEN), kept))
    again = followed(state(92.0, table(ONE._replace(weight=7), TWO, BARE, KEEN), kept), first)
    assert first is not None and again is not None
    assert again.by_service is first.by_service


def test_a_recording_that_is_wound_back_is_compared_from_there() -> None:
    """A report of keepalived that was too old for a later table is younger than an earlier one."""
    kept = keeping()._replace(reported_at=50.0)
    later = followed(state(90.0, table(ONE, BARE, KEEN), kept))
    assert kinds_of(later) == []
    assert kinds_of(followed(state(40.0, table(ONE, BARE, KEEN), kept), later)) == [kinds.REMOVED]


def test_a_cause_that_is_found_or_ends_changes_the_words_of_an_unchanged_table() -> None:
    rules, by_hand = table(ONE._replace(weight=7), TWO, BARE, KEEN), keeping()
    caused = by_hand._replace(causes={(WEB.key, ONE.key): EARLIER})

    def words(drifts: Drifts | None) -> list[str]:
        assert drifts is not None
        return [one.words for one in drifts.by_service[WEB.key]]

    first = followed(state(90.0, rules, by_hand))
    second = followed(state(92.0, rules, caused), first)
    third = followed(state(94.0, rules, by_hand), second)
    assert words(first) == words(third) == ["weight 7 by hand, configured 3"]
    assert words(second) == words(followed(state(92.0, rules, caused))) != words(first)


def test_a_server_that_stays_while_the_quorum_is_lost_drifts_even_if_all_checks_pass() -> None:
    """The table is as configured, and the sorry server is one of its servers; keepalived has removed the others."""
    out = tuple(one._replace(programmed=one.key != ONE.key) for one in told().servers)
    lost = CheckedService(WEB.key, 99, False, TWO.key, out)
    loaded = MEANT._replace(sorry={WEB.key: TWO}, twins=frozenset({(WEB.key, TWO.key)}))
    kept = KeepalivedState("keepalived.conf", loaded, loaded, {WEB.key: lost}, 100.0)
    drifts = found(table(*SERVERS), kept)
    assert [(drift.kind, drift.server) for drift in drifts] == [(kinds.RETURNED, ONE.key), (kinds.RAISED, KEEN.key)]
    assert all("quorum is lost" in drift.words for drift in drifts)


def test_a_restart_while_the_quorum_is_lost_brings_the_sorry_server_and_not_the_servers_that_are_up() -> None:
    sorry = Server(server_key("10.0.0.9", 80), weight=1)
    loaded = MEANT._replace(sorry={WEB.key: sorry}, quorum={WEB.key: 7})
    kept = keeping(TWO, BARE)._replace(loaded=loaded, on_disk=loaded)
    lost = kept.checks[WEB.key]._replace(quorum=7, has_quorum=False)
    out = tuple(one._replace(programmed=one.key == KEEN.key) for one in lost.servers)
    kept = kept._replace(checks={WEB.key: lost._replace(servers=out)})
    drifts = found(table(ONE._replace(weight=7), KEEN._replace(weight=7), sorry._replace(weight=5)), kept)
    assert {drift.server: drift.fates.restart for drift in drifts} == {
        ONE.key: "is lost", KEEN.key: "is set to 0", sorry.key: "is set to 1",
    }  # fmt: skip
    enough = loaded._replace(quorum={WEB.key: 6})
    drifts = found(table(ONE._replace(weight=7), KEEN._replace(weight=7), sorry), kept._replace(on_disk=enough))
    assert {drift.server: drift.fates.restart for drift in drifts} == {ONE.key: BACK, KEEN.key: BACK}, "in the file"


def test_a_poor_read_claims_nothing_that_it_does_not_know() -> None:
    poor = state(90.0, table(), keeping())._replace(unknown=frozenset({"flags"}))
    assert followed(poor) is None
    assert followed(state(90.0, table(), None)) is None


def test_comparing_only_the_changed_services_equals_comparing_all() -> None:
    entries = [(Service(service_key(6, f"192.0.2.{n}", 80), "wrr"), [ONE, TWO]) for n in range(1, 9)]
    rules = RuleSet(rules_from(entries))
    loaded = Configured(rules, [])
    kept = KeepalivedState("keepalived.conf", loaded, loaded, {}, 100.0)
    first = followed(state(90.0, rules, kept))
    key = next(iter(rules.rules))
    changed = {**rules.rules, key: rules.rules[key]._replace(servers={ONE.key: ONE._replace(weight=9)})}
    del changed[entries[3][0].key]
    later = state(92.0, RuleSet(changed), kept)
    part, whole = followed(later, first), followed(later)
    assert part is not None and whole is not None
    assert part.by_service == whole.by_service
    assert kinds_of(part) == [kinds.WEIGHT, kinds.REMOVED, kinds.DELETED]
    undone = followed(state(94.0, rules, kept), part)
    assert kinds_of(undone) == []


def test_a_keepalived_that_flushes_removes_what_others_made() -> None:
    flushing = MEANT._replace(flushes=True)
    now = RuleSet({**table(*SERVERS).rules, **rules_from([(OTHER, [])])})
    drift = only(now, keeping()._replace(on_disk=flushing))
    assert three(drift) == (STAYS, "is lost", STAYS)


def test_without_a_readable_file_nothing_is_predicted() -> None:
    kept = keeping()._replace(on_disk=None, trouble="line 3: no")
    drift = only(table(ONE._replace(weight=7), TWO, BARE, KEEN), kept)
    assert three(drift) == ("not known: the file cannot be read",) * 2 + (BACK,)
