"""Findings that only a probe can make."""

from __future__ import annotations

from lvstui.director.daemon import Complaint, Daemon
from lvstui.director.daemon import OrderAnswer as Said
from lvstui.director.model import Forward, Server, ServerKey, server_key
from lvstui.director.probe import ArpAnswer, ArpAnswers, Probed, ProbeResult, ProbeTarget
from lvstui.director.serving import KEEPALIVED, tallied
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading
from lvstui.doctor.diagnosis import Diagnosis, diagnosed
from lvstui.doctor.finding import CRITICAL, NOTICE, WARNING
from lvstui.doctor.registry import TRIED
from lvstui.views.findings import FindingKey, FindingView
from tests.doctor.test_diagnosis import WEB, state

ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)
MAC, SECOND = "02:00:00:00:00:02", "02:00:00:00:00:03"
AT = 1_000_000_000.0


def look(probed: Probed | None, weight: int = 1) -> Diagnosis:
    servers = [Server(key, Forward.ROUTE, weight) for key in (ONE, TWO)]
    pool = PoolRows(1.0, [ServerReading(one, 1, 0, 0, Counters(), Rates()) for one in servers])
    now = state(pools={WEB: pool})
    return diagnosed(now, tallied(now), probed=probed)


def knocked(server: ServerKey, trouble: str = "", unfit: str = "") -> ProbeResult:
    knock = ProbeTarget(WEB, server, server.address, server.port, unfit=unfit)
    return ProbeResult(knock, None if unfit else 0.001, trouble)


def answered(*answers: ArpAnswer, held: bool = True) -> Probed:
    return Probed().with_answers([ArpAnswers(WEB.address, "eth1", held, 1.0, answers)], AT)


def ids(found: Diagnosis) -> list[str]:
    return [one.id for one in found.findings if one.id in TRIED]


def test_a_closed_port_is_found_and_says_when_it_was_tried() -> None:
    found = look(Probed().with_knocked([knocked(ONE, "refused"), knocked(TWO)], AT))
    (one,) = [one for one in found.findings if one.id == "port-closed"]
    assert (one.severity, one.since, one.service) == (WARNING, AT, WEB)
    assert "refused" in one.text and "TCP from here, at " in one.seen[0].where


def test_port_closed_is_not_found_for_servers_that_take_no_connections_or_were_not_probed() -> None:
    assert ids(look(Probed().with_knocked([knocked(ONE, "refused")], AT), weight=0)) == []
    assert ids(look(Probed().with_knocked([knocked(ONE, unfit="UDP is not probed")], AT))) == []
    gone = server_key("10.0.0.9", 80)
    assert ids(look(Probed().with_knocked([knocked(gone, "refused")], AT))) == []


def test_a_finding_stands_until_the_same_is_tried_again() -> None:
    before = Probed().with_knocked([knocked(ONE, "refused")], AT)
    assert ids(look(before.with_knocked([knocked(TWO)], AT + 1))) == ["port-closed"]
    assert ids(look(before.with_knocked([knocked(ONE)], AT + 1))) == []
    clash = answered(ArpAnswer(MAC))
    assert ids(look(clash.with_answers([ArpAnswers(WEB.address, "eth1", True, 1.0)], AT + 1))) == []
    found = look(before)
    key = FindingKey(*found.findings[0].identity)
    view = FindingView(found, key, 80)
    assert any("until the same is probed again" in view.row(number).cells[1] for number in range(len(view)))


def test_unexpected_holders_of_an_address_are_distinguished() -> None:
    real = answered(ArpAnswer(MAC, "", (ONE.address,)))
    assert ids(look(real)) == ["arp-answered"]
    (one,) = [one for one in look(real).findings if one.id == "arp-answered"]
    assert one.severity == CRITICAL and "10.0.0.1" in one.text and "arp_ignore=1" in one.do[0]
    assert ids(look(answered(ArpAnswer(MAC)))) == ["address-twice"]
    assert ids(look(answered(ArpAnswer(MAC), held=False))) == []
    assert ids(look(answered(ArpAnswer(MAC), ArpAnswer(SECOND), held=False))) == ["address-twice"]


def test_an_untried_probe_is_not_a_failed_one() -> None:
    found = look(None)
    assert found.unprobed == {"port-closed", "arp-answered"}
    assert TRIED.isdisjoint(found.unjudged) and ids(found) == []
    assert look(Probed().with_knocked([knocked(ONE)], AT)).unprobed == {"arp-answered"}
    assert look(Probed().with_knocked([knocked(ONE)], AT)).passed == found.passed + 1


def test_complaints_by_keepalived_itself_are_found_if_it_was_asked() -> None:
    daemon = Daemon(7, "/etc/keepalived/keepalived.conf", "kill -HUP 7", "kill -TERM 7", "keepalived")
    complaint = Complaint("Unknown keyword 'lb_kint'", daemon.config, 12)

    def tested(*complaints: Complaint, refused: bool = False, owner: str = KEEPALIVED) -> Diagnosis:
        probed = Probed(tested=(Said(daemon, complaints, refused), AT))
        now = look(probed).seen.state._replace(owner=owner)
        return diagnosed(now, tallied(now), probed=probed)

    (one,) = [one for one in tested(complaint, refused=True).findings if one.id == "config-test"]
    assert (one.severity, one.subject) == (WARNING, daemon.config) and "keepalived refuses it" in one.text
    assert one.seen[0].name.endswith("line 12") and "--config-test, at " in one.seen[0].where
    (one,) = [one for one in tested(complaint).findings if one.id == "config-test"]
    assert one.severity == NOTICE and "keepalived warns of it" in one.text
    assert ids(tested()) == []
    assert "config-test" not in tested().unprobed
    now = look(None).seen.state._replace(owner=KEEPALIVED)
    assert "config-test" in diagnosed(now, tallied(now)).unprobed
