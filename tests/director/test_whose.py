"""Who made a change that was seen: never someone else where keepalived may have done it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lvstui.director.change import AddServer, AddService, Change, DeleteServer, DeleteService, EditServer, EditService
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, Forward, RuleSet, Server, Service, server_key, service_key
from lvstui.director.observed import KEEPER, NOT_KEPT, ObservedSweep, decided, recorded
from lvstui.director.state import State, Vrrp
from lvstui.director.sweeps import ObservedChanges
from lvstui.director.whose import possible

WEB, OTHER = service_key(6, "192.0.2.1", 80), service_key(6, "192.0.2.2", 80)
ONE, TWO, SORRY, STRANGE = (server_key(f"10.0.0.{last}", 80) for last in (1, 2, 9, 99))
RULES = RuleSet({WEB: Entry(Service(WEB, "wrr"), {ONE: Server(ONE, weight=9), TWO: Server(TWO, weight=3)})})
NOW = RuleSet({
    WEB: RULES.rules[WEB]._replace(servers={**RULES.rules[WEB].servers, STRANGE: Server(STRANGE, weight=1)}),
    OTHER: Entry(Service(OTHER, "rr"), {}),
})  # fmt: skip
PLAIN = Configured(RULES, [], checked={(WEB, ONE): ("TCP_CHECK",)})
INHIBITS = PLAIN._replace(inhibited=frozenset([(WEB, ONE)]))
SETS_WEIGHTS = PLAIN._replace(checked={(WEB, ONE): ("MISC_CHECK",)})
WITH_SORRY = PLAIN._replace(sorry={WEB: Server(SORRY, weight=1)})


@pytest.mark.parametrize(
    ("change", "meant", "wanted"),
    [
        (EditServer(WEB, Server(ONE, weight=1)), PLAIN, False),
        (EditServer(WEB, Server(ONE, weight=0)), PLAIN, False),
        (EditServer(WEB, Server(ONE, weight=9)), PLAIN, True),
        (EditServer(WEB, Server(ONE, weight=0)), INHIBITS, True),
        (EditServer(WEB, Server(TWO, weight=0)), INHIBITS, False),
        (EditServer(WEB, Server(ONE, weight=1)), INHIBITS, False),
        (EditServer(WEB, Server(ONE, weight=1)), SETS_WEIGHTS, True),
        (EditServer(WEB, Server(TWO, weight=1)), SETS_WEIGHTS, False),
        (EditServer(WEB, Server(ONE, weight=0)), WITH_SORRY, True),
        (EditServer(WEB, Server(ONE, Forward.MASQ, weight=9)), PLAIN, False),
        (EditServer(WEB, Server(STRANGE, weight=0)), INHIBITS, False),
        (DeleteServer(WEB, ONE), PLAIN, True),
        (DeleteServer(WEB, SORRY), WITH_SORRY, True),
        (DeleteServer(WEB, STRANGE), PLAIN, False),
        (AddServer(WEB, Server(ONE, weight=9)), PLAIN, True),
        (AddServer(WEB, Server(ONE, weight=4)), PLAIN, False),
        (AddServer(WEB, Server(SORRY, weight=1)), WITH_SORRY, True),
        (AddServer(WEB, Server(SORRY, weight=1)), PLAIN, False),
        (EditService(Service(WEB, "lc")), PLAIN, False),
        (EditService(Service(WEB, "wrr")), PLAIN, True),
        (AddService(Service(WEB, "wrr")), PLAIN, True),
        (AddService(Service(OTHER, "rr")), PLAIN, False),
        (DeleteService(WEB), PLAIN, True),
        (DeleteService(OTHER), PLAIN, False),
        (DeleteService(OTHER), PLAIN._replace(flushes=True), True),
    ],
)
def test_keepalived_does_what_its_configuration_and_its_checks_call_for(
    change: Change, meant: Configured, wanted: bool
) -> None:
    assert possible(change, NOW, meant) is wanted


BY_HAND = EditServer(WEB, Server(ONE, weight=1))
READ = 100.0


def keeping(looked: float, loaded: Configured | None = PLAIN, **more: object) -> KeepalivedState:
    return KeepalivedState("k.conf", PLAIN, loaded, read_at=looked, began=5.0)._replace(**more)  # type: ignore[arg-type]


def state(
    at: float, keeping: KeepalivedState | None, runs: bool | None = True, searched_at: float | None = None
) -> State:
    vrrp = Vrrp(keepalived=runs, searched_at=searched_at)
    return State(at, at, "lb1", (), vrrp=vrrp, keeping=keeping)  # type: ignore[arg-type]


def sight(change: Change = BY_HAND, was: KeepalivedState | None = None, runs: bool | None = True) -> ObservedSweep:
    was = was or keeping(90.0)
    return ObservedSweep(ObservedChanges((change,), NOW), 0.0, 1.0, READ, was if runs else None, runs, looks=True)


def who(one: ObservedSweep, now: State) -> str:
    (record,) = recorded(one, now, "")
    return record.source


def test_it_waits_until_it_is_known_whether_another_configuration_was_loaded() -> None:
    """The configuration is read beside the table, so at first what is known of it is older than the change."""
    one = sight()
    assert decided([one], state(101.0, keeping(99.0))) == 0
    assert decided([one], state(102.0, keeping(101.0))) == 1
    assert who(one, state(102.0, keeping(101.0))) == NOT_KEPT
    assert decided([one], state(102.0, keeping(101.0, settles=True))) == 0
    assert decided([one], state(120.0, keeping(99.0))) == 1, "it does not wait for ever"
    assert who(one, state(120.0, keeping(99.0))) == KEEPER
    assert decided([one], None) == 1, "the console is about to end"
    assert decided([one, sight(DeleteServer(WEB, ONE))], state(101.0, keeping(99.0))) == 0, "in their order"


@pytest.mark.parametrize(
    ("now", "was"),
    [
        (lambda: state(102.0, keeping(101.0, PLAIN._replace(flushes=True))), None),
        (lambda: state(102.0, keeping(101.0, None)), keeping(90.0, None)),
        (lambda: state(102.0, keeping(101.0, began=99.0)), None),
        (lambda: state(102.0, keeping(101.0, rivals=(7,))), None),
        (lambda: state(102.0, None), None),
    ],
    ids=("reloaded", "no copy", "restarted", "two keepaliveds", "it has ended"),
)
def test_in_doubt_it_may_be_keepalived(now: Callable[[], State], was: KeepalivedState | None) -> None:
    one = sight(was=was)
    assert decided([one], now()) == 1 and who(one, now()) == KEEPER


def test_a_keepalived_that_has_just_started_is_found_some_seconds_later() -> None:
    one = sight(AddService(Service(OTHER, "rr")), runs=False)
    assert decided([one], state(101.0, None, runs=False)) == 0
    assert decided([one], state(103.0, None)) == 1 and who(one, state(103.0, None)) == KEEPER
    later = state(107.0, None, runs=False)
    assert decided([one], later) == 1 and who(one, later) == NOT_KEPT


def test_nobody_is_blamed_before_a_keepalived_was_searched_for_once_more() -> None:
    """On a busy machine the search comes late, and keepalived may have started and programmed its table before it."""
    one = sight(AddService(Service(OTHER, "rr")), runs=False)
    unsearched = state(114.0, None, runs=False, searched_at=99.0)
    assert decided([one], unsearched) == 0
    never = unsearched._replace(at=116.0)
    assert decided([one], never) == 1 and who(one, never) == KEEPER
    searched = state(101.0, None, runs=False, searched_at=100.5)
    assert decided([one], searched) == 1 and who(one, searched) == NOT_KEPT
