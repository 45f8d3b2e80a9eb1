"""Down by its check, weight 0 by hand, or unknown: never one called another."""

from __future__ import annotations

import pytest

from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.checks.verdicts import BY_HAND, DOWN, IDLE, LOST, OPEN, SORRY, STRANGER, UP, service_verdicts
from lvstui.director.configured import Configured
from lvstui.director.drift.all import of_service
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server, ServerKey
from lvstui.formats.rule_files import parse

TEXT = "-A -t 192.0.2.1:80 -s wrr\n" + "".join(f"-a -t 192.0.2.1:80 -r 10.0.0.{n}:80 -m -w 3\n" for n in range(1, 5))
RULES = parse(TEXT, "ipvsadm").rules
KEY = next(iter(RULES.rules))
SERVERS = {server.key.address[3]: server for server in RULES.rules[KEY].servers.values()}
INHIBITED, PLAIN, UNCHECKED, IDLES = 1, 2, 3, 4
"""Of the servers by their last number: one that inhibits on failure, one that is removed, one without a check, and one
whose configured weight is 0."""
SORRY_SERVER = Server(SERVERS[1].key._replace(address=bytes((10, 0, 0, 9))), SERVERS[1].forward, 1)
MEANT = Configured(
    RuleSet({KEY: Entry(RULES.rules[KEY].service, {
        server.key: server._replace(weight=0 if n == IDLES else 3) for n, server in SERVERS.items()
    })}),
    [],
    checked={(KEY, SERVERS[n].key): ("TCP_CHECK",) for n in (INHIBITED, PLAIN, IDLES)},
    inhibited=frozenset({(KEY, SERVERS[INHIBITED].key)}),
    sorry={KEY: SORRY_SERVER},
    quorum={KEY: 2},
)  # fmt: skip


def told(*, alive: bool = True, programmed: bool = True, run: bool = True, effective: int = 3) -> KeepalivedState:
    """A dump in which every server stands so."""
    servers = tuple(
        CheckedServer(server.key, 3, effective, alive, programmed, n == INHIBITED, (Checker("TCP_CHECK", alive, run),))
        for n, server in SERVERS.items()
    )
    return KeepalivedState("", MEANT, MEANT, {KEY: CheckedService(KEY, 2, alive, None, servers)}, 0.0)


NOT_ASKED = KeepalivedState("", MEANT)


def verdict(number: int, weight: int | None, keeping: KeepalivedState, settled: bool = True) -> tuple[str, str]:
    """On the server of this number, at a weight in the table or, None, not in it; the others stand there."""
    there = [server for n, server in SERVERS.items() if n != number]
    there += [SERVERS[number]._replace(weight=weight)] if weight is not None else []
    found = service_verdicts(KEY, there, keeping, settled)
    assert found is not None
    assert [one.key for one in found.out] == ([SERVERS[number].key] if weight is None else [])
    state, words = found.verdicts[SERVERS[number].key]
    return state, words


ALIVE, DEAD = told(), told(alive=False)


@pytest.mark.parametrize(
    ("number", "weight", "keeping", "state", "words"),
    [
        (PLAIN, 3, ALIVE, UP, "up"),
        (PLAIN, 3, told(run=False), UP, "up, not checked yet"),
        (PLAIN, 3, NOT_ASKED, UP, "up"),
        (UNCHECKED, 3, NOT_ASKED, UP, "not checked"),
        (PLAIN, None, DEAD, DOWN, "down by TCP_CHECK"),
        (PLAIN, None, told(alive=False, run=False), DOWN, "not up yet"),
        (PLAIN, None, ALIVE, BY_HAND, "taken out by hand"),
        (PLAIN, None, NOT_ASKED, OPEN, "out by check or hand"),
        (UNCHECKED, None, NOT_ASKED, BY_HAND, "taken out by hand"),
        (PLAIN, None, told(programmed=False), LOST, "out by keepalived"),
        (PLAIN, 3, DEAD, BY_HAND, "down by TCP_CHECK, serves by hand"),
        (INHIBITED, 0, DEAD, DOWN, "down by TCP_CHECK"),
        (INHIBITED, 0, ALIVE, BY_HAND, "weight 0 by hand"),
        (INHIBITED, 0, NOT_ASKED, OPEN, "weight 0 by check or hand"),
        (INHIBITED, 7, DEAD, BY_HAND, "down by TCP_CHECK, serves by hand"),
        (INHIBITED, 3, DEAD, BY_HAND, "down by TCP_CHECK, serves by hand or by keepalived's reload"),
        (PLAIN, 0, ALIVE, BY_HAND, "weight 0 by hand"),
        (PLAIN, 0, NOT_ASKED, BY_HAND, "weight 0 by hand"),
        (PLAIN, 0, told(effective=0), IDLE, "weight 0 by its check"),
        (IDLES, 0, ALIVE, IDLE, "weight 0 by configuration"),
        (IDLES, 0, NOT_ASKED, IDLE, "weight 0 by configuration"),
    ],
)
def test_verdicts(number: int, weight: int | None, keeping: KeepalivedState, state: str, words: str) -> None:
    assert verdict(number, weight, keeping) == (state, words)


def test_a_dump_that_is_older_than_the_table_accuses_nobody() -> None:
    assert verdict(PLAIN, None, ALIVE, settled=False) == (OPEN, "out by check or hand")
    assert verdict(INHIBITED, 0, DEAD, settled=False) == (OPEN, "weight 0 by check or hand")


def test_the_sorry_server_has_taken_over() -> None:
    found = service_verdicts(KEY, [SORRY_SERVER], NOT_ASKED, True)
    assert found is not None
    assert found.verdicts[SORRY_SERVER.key] == (SORRY, "sorry server")
    assert found.verdicts[SERVERS[UNCHECKED].key] == (LOST, "out with its quorum")
    assert found.quorum == "quorum 2 lost, the sorry server serves"
    assert len(found.out) == len(SERVERS)


def out_with_quorum(inhibited: int | None, plain: int | None, sorry: bool) -> tuple[str, str, list[str]]:
    """The words on both, which are up and taken out for the sorry server, and those of the drift. The table has them at
    these weights, and the sorry server unless a hand has taken it out."""
    alive = [
        CheckedServer(server.key, 3, 3, True, n == INHIBITED, n == INHIBITED, (Checker("TCP_CHECK", True, True),))
        for n, server in SERVERS.items()
    ]
    lost = told()._replace(checks={KEY: CheckedService(KEY, 20, False, SORRY_SERVER.key, tuple(alive))})
    weights = {INHIBITED: inhibited, PLAIN: plain}
    there = [SERVERS[n]._replace(weight=weight) for n, weight in weights.items() if weight is not None]
    there += [SORRY_SERVER] if sorry else []
    found = service_verdicts(KEY, there, lost, True)
    assert found is not None
    first, second = (found.verdicts[SERVERS[n].key].words for n in (INHIBITED, PLAIN))
    live = Entry(RULES.rules[KEY].service, {server.key: server for server in there})
    return first, second, [drift.words for drift in of_service(KEY, live, lost, True)]


@pytest.mark.parametrize("sorry", [True, False])
def test_servers_that_are_up_and_out_with_their_quorum(sorry: bool) -> None:
    """Also where a hand has taken the sorry server out of the table."""
    assert out_with_quorum(0, None, sorry) == ("weight 0 with its quorum", "out with its quorum", [])
    raised = "weight 0 with its quorum, serves by hand"
    assert out_with_quorum(7, 3, sorry) == (
        raised,
        "out with its quorum, serves by hand",
        ["weight 7 by hand while the quorum is lost", "put back by hand while the quorum is lost"],
    )
    words, _, drifts = out_with_quorum(3, None, sorry)
    assert words == f"{raised} or by keepalived's reload"
    assert drifts == ["weight 3 by hand or by keepalived's reload while the quorum is lost"]
    assert out_with_quorum(None, None, sorry)[::2] == ("taken out by hand", ["taken out by hand"])


def test_a_server_that_keepalived_has_not_set_to_weight_0_yet_for_a_sorry_server_is_not_called_raised_by_hand() -> None:
    """It adds the sorry server first. Its report is older, and holds for the servers that have not changed since."""
    there = [SERVERS[INHIBITED], SORRY_SERVER]
    found = service_verdicts(KEY, there, ALIVE, False, changed={SERVERS[PLAIN].key, SORRY_SERVER.key})
    assert found is not None and found.verdicts[SERVERS[INHIBITED].key] == (UP, "up")


def test_a_quorum_is_lost_without_a_sorry_server() -> None:
    found = service_verdicts(KEY, [], DEAD, True)
    assert found is not None
    assert found.quorum == "quorum 2 lost"


def test_a_server_that_is_not_configured_is_called_so() -> None:
    stranger = Server(ServerKey(4, bytes((10, 9, 9, 9)), 80), SERVERS[1].forward, 1)
    found = service_verdicts(KEY, [*SERVERS.values(), stranger], ALIVE, True)
    assert found is not None
    assert found.verdicts[stranger.key] == (STRANGER, "not configured")
    assert service_verdicts(KEY._replace(port=81), [], ALIVE, True) is None


@pytest.mark.parametrize(
    ("weight", "sure", "state", "words"),
    [
        (0, True, BY_HAND, "weight 0 by hand"),
        (0, False, OPEN, "weight 0 by reload or hand"),
        (None, True, BY_HAND, "taken out by hand"),
        (None, False, OPEN, "out by reload or hand"),
    ],
)
def test_nothing_is_by_hand_before_the_loaded_configuration_was_read(
    weight: int | None, sure: bool, state: str, words: str
) -> None:
    there = [server for n, server in SERVERS.items() if n != UNCHECKED]
    there += [SERVERS[UNCHECKED]._replace(weight=weight)] if weight is not None else []
    found = service_verdicts(KEY, there, NOT_ASKED, False, sure)
    assert found is not None
    assert found.verdicts[SERVERS[UNCHECKED].key] == (state, words)
