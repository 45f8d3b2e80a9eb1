"""Sorry servers: also one that is a real server too, and one that stands by at weight 0."""

from __future__ import annotations

import pytest

from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.checks.judged import judge
from lvstui.director.checks.verdicts import service_verdicts
from lvstui.director.configured import Configured
from lvstui.director.drift.all import of_service
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.plan import plan
from lvstui.formats.rule_files import parse

SERVICE = "-A -t 192.0.2.1:80 -s wrr\n"


def rules(weights: dict[int, int]) -> str:
    return SERVICE + "".join(f"-a -t 192.0.2.1:80 -r 10.0.0.{n}:80 -m -w {w}\n" for n, w in weights.items())


BOTH = parse(rules({1: 3, 2: 3}), "ipvsadm").rules
KEY = next(iter(BOTH.rules))
FIRST, SECOND = BOTH.rules[KEY].servers.values()
SORRY = FIRST._replace(weight=1)
MEANT = Configured(
    BOTH,
    [],
    checked={(KEY, one.key): ("TCP_CHECK",) for one in (FIRST, SECOND)},
    sorry={KEY: SORRY},
    twins=frozenset({(KEY, SORRY.key)}),
)


def told(first: bool, second: bool) -> CheckedService:
    servers = tuple(
        CheckedServer(one.key, 3, 3, alive, alive, False, (Checker("TCP_CHECK", alive, True),))
        for one, alive in ((FIRST, first), (SECOND, second))
    )
    return CheckedService(KEY, 1, first or second, SORRY.key, servers)


@pytest.mark.parametrize(
    ("weights", "watched", "first", "second", "drifts"),
    [
        ({1: 1}, told(False, False), "sorry server, down by TCP_CHECK", "down by TCP_CHECK", []),
        ({1: 5}, told(False, False), "sorry server, down by TCP_CHECK", "down by TCP_CHECK", ["weight"]),
        ({1: 3}, told(True, False), "up", "down by TCP_CHECK", []),
        ({1: 1}, told(True, False), "up", "down by TCP_CHECK", ["weight"]),
        ({2: 3}, told(False, True), "down by TCP_CHECK", "up", []),
        ({1: 3, 2: 3}, told(False, True), "down by TCP_CHECK, serves by hand", "up", ["put back"]),
        ({1: 1}, None, "up, or the sorry server", "out by check or hand", []),
        ({1: 3}, None, "up, or the sorry server", "out by check or hand", []),
        ({1: 7}, None, "up, or the sorry server", "out by check or hand", ["weight"]),
        ({1: 3, 2: 3}, None, "up", "up", []),
        ({1: 1, 2: 3}, None, "up", "up", ["weight"]),
    ],
)
def test_a_sorry_server_that_is_also_a_real_server(
    weights: dict[int, int], watched: CheckedService | None, first: str, second: str, drifts: list[str]
) -> None:
    now = parse(rules(weights), "ipvsadm").rules
    keeping = KeepalivedState("", MEANT, MEANT, {KEY: watched} if watched is not None else {}, 0.0)
    found = service_verdicts(KEY, now.rules[KEY].servers.values(), keeping, watched is not None)
    assert found is not None
    assert (found.verdicts[FIRST.key].words, found.verdicts[SECOND.key].words) == (first, second)
    assert [one.kind for one in of_service(KEY, now.rules[KEY], keeping, watched is not None)] == drifts
    if watched is None:
        # --diff, which asks nobody, says of each what drift says of it.
        differing = plan(now, judge(now, MEANT).rules)
        assert bool(differing) == bool(drifts)


def test_a_sorry_server_with_a_weight_while_there_is_a_quorum_is_by_hand() -> None:
    other = SORRY._replace(key=SORRY.key._replace(address=bytes((10, 0, 0, 9))))
    meant = MEANT._replace(sorry={KEY: other}, twins=frozenset())
    now = parse(rules({1: 3, 2: 3, 9: 1}), "ipvsadm").rules
    keeping = KeepalivedState("", meant, meant, {KEY: told(True, True)}, 0.0)
    found = service_verdicts(KEY, now.rules[KEY].servers.values(), keeping, True)
    assert found is not None and not found.quorum
    assert found.verdicts[other.key].words == "sorry server by hand: the quorum is there"
    assert [one.words for one in of_service(KEY, now.rules[KEY], keeping, True)] == [
        "sorry server by hand: the quorum is there, weight 1"
    ]
