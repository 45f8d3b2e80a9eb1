"""What may be as it is for another cause than a hand: what stood there before keepalived began, or while a group lacked
a service. Only as long as it stands so."""

from __future__ import annotations

from collections.abc import Mapping

from lvstui.director.causes import EARLIER, LACKED, Causes, RulePlace, caused, reported, unwatched
from lvstui.director.change import Change, EditServer
from lvstui.director.checks.check_report import CheckedServer, CheckedService
from lvstui.director.configured import Configured
from lvstui.director.hands import without_hands
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server, Service, server_key, service_key
from lvstui.director.record import DONE, REFUSED, Record, Who
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State, rules_of

WEB, OTHER = service_key(6, "192.0.2.1", 80), service_key(6, "192.0.2.1", 443)
ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)


def sweep(
    at: float, one: int = 3, two: int | None = 3, began: float = 5.0, scheduler: str = "wrr", **more: object
) -> State:
    """WEB with two servers of these weights, as read `at`; configured with 5 and 3, by a keepalived that `began`."""
    meant = Configured(
        RuleSet({WEB: Entry(Service(WEB, "wrr"), {ONE: Server(ONE, weight=5), TWO: Server(TWO, weight=3)})}),
        [],
        checked={(WEB, ONE): ("TCP_CHECK",), (WEB, TWO): ("TCP_CHECK",)},
    )
    keeping = KeepalivedState("k.conf", meant, meant, began=began, **more)  # type: ignore[arg-type]
    servers = [Server(ONE, weight=one), *([Server(TWO, weight=two)] if two is not None else [])]
    pool = PoolRows(at, [ServerReading(server, 0, 0, 0, Counters(), Rates()) for server in servers])
    services = ServiceRows([ServiceReading(Service(WEB, scheduler), Counters(), Rates())])
    return State(at, at, "lvs1", services, {WEB: pool}, at, keeping=keeping if began else None, owner="keepalived")


def followed(*sweeps: State) -> Causes:
    found = Causes()
    for state in sweeps:
        found = caused(state, found)
    return found


def test_a_rule_older_than_keepalived_may_be_from_an_earlier_one() -> None:
    found = followed(sweep(1.0, began=0.0), sweep(3.0, began=0.0), sweep(7.0), sweep(9.0))
    assert found.of == {(WEB, ONE): EARLIER}, "TWO is as it is configured"
    assert followed(sweep(1.0, scheduler="rr", began=0.0), sweep(7.0, scheduler="rr")).of == {
        (WEB, ONE): EARLIER, (WEB, None): EARLIER,
    }  # fmt: skip
    gone = followed(sweep(1.0, two=None, began=0.0), sweep(7.0, two=None))
    assert gone.of == {(WEB, ONE): EARLIER, (WEB, TWO): EARLIER}, "a server may be missing since then"


def test_what_was_never_touched_stays_so_under_a_configuration_that_says_the_same() -> None:
    """A server that starts as down (alpha) is not added, and stands as an earlier keepalived left it. After a reload
    without alpha it stands as configured, and its check still fails."""
    then, same = sweep(1.0, began=0.0), sweep(11.0, two=4)
    assert same.keeping is not None and same.keeping.loaded is not None
    as_it_is = {ONE: Server(ONE, weight=3), TWO: Server(TWO, weight=3)}
    meant = same.keeping.loaded._replace(rules=RuleSet({WEB: Entry(Service(WEB, "wrr"), as_it_is)}))
    found = followed(then, sweep(7.0), same._replace(keeping=same.keeping._replace(on_disk=meant, loaded=meant)))
    assert found.of == {(WEB, ONE): EARLIER}
    assert caused(sweep(13.0, one=5), found).of == {}, "changed since"


def test_a_rule_younger_than_keepalived_is_not_from_an_earlier_one() -> None:
    assert followed(sweep(1.0, one=5, began=0.0), sweep(7.0)).of == {}, "it was as configured when keepalived began"
    assert followed(sweep(1.0, began=0.0), sweep(7.0), sweep(9.0, one=4)).of == {}, "changed since"
    back = followed(sweep(1.0, began=0.0), sweep(7.0), sweep(9.0, one=4), sweep(11.0))
    assert back.of == {}, "changed, and changed back: by whom is another question"
    assert followed(sweep(1.0, began=0.0), sweep(7.0, two=9)).of == {(WEB, ONE): EARLIER}, "of each server by itself"


def test_who_came_after_keepalived_began_does_not_know_what_stood_there_then() -> None:
    assert followed(sweep(6.0), sweep(8.0)).of == {(WEB, ONE): EARLIER}
    assert followed(sweep(6.0, began=0.0), sweep(8.0)).of == {(WEB, ONE): EARLIER}, "its file was read later"
    assert followed(sweep(6.0, one=5), sweep(8.0)).of == {}, "it was as configured when it was read first"
    assert followed(sweep(6.0), sweep(8.0, one=4)).of == {}, "changed since"
    assert followed(sweep(6.0, one=5), sweep(8.0, one=5, began=7.0), sweep(9.0, began=7.0)).of == {}, "watched"


def test_who_came_later_does_not_know_either_why_a_server_serves_that_is_down() -> None:
    """An earlier keepalived left TWO. This one began with alpha, so it did not add TWO, whose check fails, and left it
    there. It has reloaded without alpha since: TWO stands as it is configured."""
    servers = CheckedServer(ONE, 5, 5, True, True), CheckedServer(TWO, 3, 3, False, False)
    down = {WEB: CheckedService(WEB, 1, True, None, servers)}
    found = followed(sweep(6.0, one=5), sweep(8.0, one=5, checks=down))
    assert found.of == {(WEB, TWO): EARLIER}
    between = sweep(8.0, one=5, checks=down).keeping
    assert between is not None and reported(followed(sweep(6.0, one=5)), between).of == {(WEB, TWO): EARLIER}
    later = between._replace(began=9.0)
    assert reported(followed(sweep(6.0, one=5)), later).of == {}, "another keepalived began: the next sweep knows more"
    assert caused(sweep(10.0, one=5, two=4, checks=down), found).of == {}, "changed since"
    assert followed(sweep(6.0, one=5, two=None), sweep(8.0, one=5), sweep(9.0, one=5, checks=down)).of == {}, "put in"
    assert followed(sweep(1.0, one=5, began=0.0), sweep(7.0, one=5, checks=down)).of == {}, "watched"
    found = followed(sweep(6.0, one=5), sweep(8.0, one=4), sweep(9.0, one=4, checks=down))
    assert found.of == {(WEB, TWO): EARLIER}, "of each server by itself"


def test_who_reads_a_table_once_knows_nothing_of_any_difference() -> None:
    state = sweep(6.0, two=None)
    assert state.keeping is not None and state.keeping.on_disk is not None
    assert unwatched(rules_of(state), state.keeping.on_disk) == {(WEB, ONE): EARLIER, (WEB, TWO): EARLIER}


def test_what_the_audit_log_knows_to_be_made_with_lvstui_is_by_hand() -> None:
    state = sweep(8.0)
    of = followed(state).of

    def left(epoch: float, change: Change, result: str = DONE) -> Mapping[RulePlace, str]:
        return without_hands(of, [Record(epoch, Who(), "lvs1", "", "do", "", "", result, change=change)], state, 5.0)

    assert left(6.0, EditServer(WEB, Server(ONE, weight=3))) == {}
    assert left(4.0, EditServer(WEB, Server(ONE, weight=3))) == of, "before keepalived began"
    assert left(6.0, EditServer(WEB, Server(ONE, weight=4))) == of, "it is otherwise now"
    assert left(6.0, EditServer(WEB, Server(ONE, weight=3)), REFUSED) == of, "it was not done"
    assert left(6.0, EditServer(OTHER, Server(ONE, weight=3))) == of, "another service"


def test_a_keepalived_is_noticed_some_seconds_after_its_start() -> None:
    late = followed(sweep(1.0, began=0.0), sweep(6.0, two=None, began=0.0), sweep(8.0, two=None))
    assert late.of == {(WEB, ONE): EARLIER}, "what it did meanwhile is its own"


def test_a_table_read_at_the_moment_of_keepalived_s_start_is_not_from_before_it() -> None:
    assert followed(sweep(2.0, one=5, began=1.0), sweep(5.0, began=1.0), sweep(7.0)).of == {}
    assert followed(sweep(2.0, one=5, began=1.0), sweep(4.9, began=1.0), sweep(7.0)).of == {(WEB, ONE): EARLIER}


def test_only_the_last_four_different_tables_are_remembered() -> None:
    many = followed(*(sweep(1.0 + n / 10, one=10 + n, began=0.0) for n in range(9)))
    assert [read for read, _ in many.tables] == [1.5, 1.6, 1.7, 1.8]


def test_a_service_that_a_group_lacked_counts_while_its_rules_stay_the_same() -> None:
    lacking = sweep(3.0, parted=frozenset({WEB, OTHER}))
    assert followed(sweep(1.0, one=5), lacking, sweep(5.0)).of == {(WEB, ONE): LACKED}
    assert followed(sweep(1.0, one=5), lacking, sweep(5.0), sweep(7.0, one=5), sweep(9.0)).of == {}
    assert followed(sweep(1.0, one=5), lacking).of == {}, "it is still told by what is missing"
