"""What keepalived's checkers did is told apart from what somebody changed."""

from __future__ import annotations

from lvstui.director.checks.judged import judge
from lvstui.director.configured import Configured
from lvstui.director.model import RuleSet, Server
from lvstui.director.plan import plan
from lvstui.formats.rule_files import parse

SERVICE = "-A -t 192.0.2.1:80 -s wrr\n"
ONE, TWO, SORRY, NEW = (f"-a -t 192.0.2.1:80 -r 10.0.0.{n}:80 -m -w 3 -x 0 -y 0\n" for n in (1, 2, 9, 5))


def rules(*lines: str) -> RuleSet:
    return parse(SERVICE + "".join(lines), "ipvsadm").rules


KEY = next(iter(rules().rules))


def server(line: str) -> Server:
    return next(iter(rules(line).rules[KEY].servers.values()))


FIRST, SECOND = ((KEY, server(line).key) for line in (ONE, TWO))
MEANT = Configured(
    rules(ONE, TWO),
    [],
    waiting={KEY: (server(NEW),)},
    checked={FIRST: ("TCP_CHECK",)},
    inhibited=frozenset((SECOND,)),
    sorry={KEY: server(SORRY)},
)


def judged(*lines: str) -> tuple[list[str], bool]:
    """What failed, and whether anything differs beside it."""
    now = rules(*lines)
    found = judge(now, MEANT)
    return [one.words for one in found.failed], bool(plan(now, found.rules))


def test_all_checks_pass() -> None:
    assert judged(ONE, TWO) == ([], False)


def test_a_checked_server_that_is_missing_failed_its_check() -> None:
    assert judged(TWO) == (["out by check or hand"], False)


def test_a_missing_server_without_a_checker_was_removed_by_somebody() -> None:
    assert judged(ONE) == ([], True)


def test_weight_0_of_a_server_with_inhibit_on_failure() -> None:
    assert judged(ONE, TWO.replace("-w 3", "-w 0")) == (["weight 0 by check or hand"], False)
    assert judged(ONE.replace("-w 3", "-w 0"), TWO) == ([], True)


def test_a_sorry_server_in_place_of_the_others() -> None:
    words, differs = judged(SORRY)
    assert not differs and "the sorry server has taken over" in words and len(words) == 3


def test_a_server_that_waited_for_its_first_check_and_passed() -> None:
    assert judged(ONE, TWO, NEW) == ([], False)


def test_a_weight_set_by_hand_differs() -> None:
    assert judged(ONE.replace("-w 3", "-w 7"), TWO) == ([], True)


def test_a_deleted_service_differs() -> None:
    assert plan(RuleSet(), judge(RuleSet(), MEANT).rules)
