"""keepalived gives up a change of a virtual_server_group at the first service that is missing in the table: the
differences in the other services are not called changes by hand."""

from __future__ import annotations

from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.checks.verdicts import DOWN, service_verdicts
from lvstui.director.configured import Configured
from lvstui.director.drift.all import drifts
from lvstui.director.keepalived_state import GONE, KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server, Service, server_key, service_key

ONE, OTHER, ALONE = (service_key(6, f"192.0.2.{n}", 80) for n in (2, 12, 3))
SERVERS = {one.key: one for one in (Server(server_key(f"10.0.0.{n}", 80), weight=3) for n in (1, 2))}
FIRST, SECOND = SERVERS
RULES = RuleSet({key: Entry(Service(key, "rr"), SERVERS) for key in (ONE, OTHER, ALONE)})
MEANT = Configured(RULES, [], groups={ONE: "G", OTHER: "G"})
OUT = Entry(Service(OTHER, "rr"), {FIRST: SERVERS[FIRST]})
LACKS = "taken out by hand or because its group lacks a service"


def told(*there: Entry) -> tuple[list[str], dict[str, str]]:
    """The verdicts on the second server of each service, and the words of each drift of a server."""
    now = RuleSet({entry.service.key: entry for entry in there})
    keeping = KeepalivedState("k", MEANT, MEANT).beside(now.rules)
    verdicts = []
    for entry in there:
        found = service_verdicts(entry.service.key, entry.servers.values(), keeping, settled=False)
        assert found is not None
        verdicts.append(found.verdicts[SECOND].words)
    return verdicts, {str(one.service): one.words for one in drifts(now, keeping) if one.server is not None}


def test_a_group_that_lacks_a_service() -> None:
    alone = OUT._replace(service=Service(ALONE, "rr"))
    verdicts, words = told(OUT, alone)
    assert verdicts == [LACKS, "taken out by hand"]
    assert words == {str(OTHER): LACKS, str(ALONE): "taken out by hand"}


def test_the_settings_of_a_service_whose_group_lacks_another() -> None:
    """As its servers do, they keep what they were before the reload. The missing one is by hand all the same."""
    now = RuleSet({OTHER: Entry(Service(OTHER, "wlc"), SERVERS), ALONE: Entry(Service(ALONE, "wlc"), SERVERS)})
    words = {one.service: one.words for one in drifts(now, KeepalivedState("k", MEANT, MEANT).beside(now.rules))}
    assert words == {
        ONE: GONE,
        OTHER: "scheduler wlc by hand or because its group lacks a service, configured rr",
        ALONE: "scheduler wlc by hand, configured rr",
    }


def test_a_server_that_is_down_for_keepalived_may_answer() -> None:
    """It cannot be added again, and keepalived takes no notice of its answers until it can."""
    failed = CheckedServer(SECOND, 3, 3, alive=False, programmed=False, checkers=(Checker("TCP_CHECK", False, True),))
    checks = {key: CheckedService(key, 1, True, None, (failed,)) for key in (OTHER, ALONE)}
    alone = OUT._replace(service=Service(ALONE, "rr"))
    keeping = KeepalivedState("k", MEANT, MEANT, checks).beside((OTHER, ALONE))
    found = [service_verdicts(one.service.key, one.servers.values(), keeping, settled=True) for one in (OUT, alone)]
    assert [one and one.verdicts[SECOND] for one in found] == [
        (DOWN, "down by TCP_CHECK or because its group lacks a service"),
        (DOWN, "down by TCP_CHECK"),
    ]


def test_a_group_that_is_complete() -> None:
    verdicts, words = told(RULES.rules[ONE], OUT)
    assert verdicts == ["not checked", "taken out by hand"]
    assert words == {str(OTHER): "taken out by hand"}


def test_nothing_is_recomputed_if_nothing_is_missing() -> None:
    """A sweep that finds the same continues from the one before."""
    keeping = KeepalivedState("k", MEANT, MEANT)
    assert keeping.beside(RULES.rules) is keeping
