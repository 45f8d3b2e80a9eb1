"""What is probed, and what the answers mean."""

from __future__ import annotations

import pytest

from lvstui.director.checks.connecting import PATIENCE, Connect
from lvstui.director.configured import Configured
from lvstui.director.errors import NotDone
from lvstui.director.model import IPV4, SCTP, TCP, UDP, RuleSet, ServerKey, ServiceKey, address_packed
from lvstui.director.probe import (
    TIMED_OUT,
    ArpAnswer,
    ArpAnswers,
    ProbeResult,
    answer_text,
    claims,
    knock_text,
    knocks,
    result_text,
    verdict,
)
from lvstui.director.source import ReadOnly, probes
from tests.demo.worlds import CLUSTER, Director
from tests.memory import MemoryDirector

VIP, WEB, OTHER = (address_packed(text) for text in ("192.0.2.1", "10.0.0.2", "10.0.0.101"))
MAC, SECOND = "02:00:00:00:00:02", "02:00:00:00:00:03"


def service(protocol: int = TCP, port: int = 80, fwmark: int = 0) -> ServiceKey:
    return ServiceKey(fwmark, IPV4, 0 if fwmark else protocol, b"" if fwmark else VIP, 0 if fwmark else port)


def server(port: int = 80) -> ServerKey:
    return ServerKey(IPV4, WEB, port)


def test_without_a_configuration_the_servers_own_port_is_tried() -> None:
    (one,) = knocks([(service(), server())])
    assert (one.address, one.port, one.timeout, one.check, one.unfit) == (WEB, 80, PATIENCE, "", "")
    assert knock_text(one) == "10.0.0.2:80"


def test_the_check_of_the_configuration_says_how() -> None:
    place = (service(UDP), server())
    check = Connect("TCP_CHECK", 2.0, OTHER, 8080, VIP)
    (one,) = knocks([place], Configured(RuleSet({}), [], connects={place: check}))
    assert (one.address, one.port, one.timeout, one.bind, one.check, one.unfit) == (
        OTHER,
        8080,
        2.0,
        VIP,
        "TCP_CHECK",
        "",
    )
    assert knock_text(one) == "10.0.0.2:80 at 10.0.0.101:8080 from 192.0.2.1"


@pytest.mark.parametrize(
    ("key", "port", "words"),
    [
        (service(UDP), 80, "udp is not probed"),
        (service(SCTP), 80, "sctp is not probed"),
        (service(fwmark=7), 0, "a firewall mark names no port"),
        (service(port=0), 0, "it has no port of its own"),
    ],
)
def test_impossible_probes_are_reported_and_not_tried(key: ServiceKey, port: int, words: str) -> None:
    (one,) = knocks([(key, server(port))])
    assert words in one.unfit
    assert result_text(ProbeResult(one)) == f"not tried: {one.unfit}"


def test_a_server_of_a_mark_with_a_port_is_probed() -> None:
    (one,) = knocks([(service(fwmark=7), server(8080))])
    assert (one.unfit, one.port) == ("", 8080)


def test_results_are_described_in_words() -> None:
    (one,) = knocks([(service(), server())])
    assert result_text(ProbeResult(one, 0.00042)) == "open, 0.4 ms"
    assert result_text(ProbeResult(one, 0.0274)) == "open, 27 ms"
    assert result_text(ProbeResult(one, 0.001, "refused")) == "refused, after 1.0 ms"
    assert result_text(ProbeResult(one._replace(timeout=2.0), 2.01, TIMED_OUT)) == "timed out after 2 s"


def asked(*answers: ArpAnswer, held: bool) -> ArpAnswers:
    return ArpAnswers(VIP, "eth1", held, 1.0, answers)


def test_if_only_the_master_answers_nothing_is_wrong() -> None:
    assert claims(asked(held=True), [WEB]) == []
    assert verdict(asked(held=True), [WEB]) == "192.0.2.1 is held here, and nobody else answers for it"
    assert verdict(asked(ArpAnswer(MAC), held=False), [WEB]) == "one machine answers for 192.0.2.1"
    assert verdict(asked(held=False), [WEB]) == "nobody answers for 192.0.2.1 on eth1"


def test_a_real_server_that_answers_is_named() -> None:
    for held in (True, False):
        (one,) = claims(asked(ArpAnswer(MAC, "", (WEB,)), held=held), [WEB])
        assert one.server and one.text.startswith("real server 10.0.0.2 answers for it")
        assert "arp_ignore=1" in one.text
    assert answer_text(ArpAnswer(MAC, "", (WEB,)), {WEB: "web1"}) == f"{MAC}   real server web1"


def test_two_holders_are_a_split_brain() -> None:
    clash = asked(ArpAnswer(MAC, "", (OTHER,)), held=True)
    (here,) = claims(clash, [WEB])
    said = f"it is held here, and {MAC} (10.0.0.101) answers for it too: split brain, or a clash of addresses"
    assert (here.server, here.text) == (False, said)
    assert verdict(clash, [WEB]) == f"192.0.2.1: {said}"
    (away,) = claims(asked(ArpAnswer(MAC), ArpAnswer(SECOND), held=False), [WEB])
    assert away.text.startswith("2 machines answer for it") and "split brain" in away.text


def test_a_holder_besides_a_real_server_is_not_a_split_brain() -> None:
    (one,) = claims(asked(ArpAnswer(MAC, "", (WEB,)), ArpAnswer(SECOND), held=False), [WEB])
    assert "split brain" not in one.text


def test_a_source_without_probes_says_so() -> None:
    with pytest.raises(NotDone, match="no network to probe"):
        probes(ReadOnly(MemoryDirector(RuleSet({})), "asked so"))


def test_probes_of_a_world_agree_with_its_keepalived() -> None:
    director = Director()
    places = [(key, one) for key, entry in CLUSTER.rules.items() for one in entry.servers]
    tried = probes(ReadOnly(director.world, "asked so"))
    assert all(one.open or one.target.unfit for one in tried.knock(knocks(places)))
    down: set[tuple[ServiceKey, ServerKey]] = set()
    for _ in range(60):
        state = director.after(1)
        down = {(one.target.service, one.target.server) for one in tried.knock(knocks(places)) if one.trouble}
        if down:
            break
    assert down
    for key, one in down:
        pool = state.servers(key)
        assert pool is not None and one not in {each.key for each in pool.servers()}


def test_in_a_world_only_the_master_answers() -> None:
    director = Director()
    tried = probes(director.world)
    virtual = address_packed("192.168.80.200")
    here = tried.who_has(virtual)
    assert (here.held, here.answers) == (True, ())
    for _ in range(120):
        if director.after(1).vrrp.role == "BACKUP":
            break
    away = tried.who_has(virtual)
    assert (away.held, len(away.answers), claims(away, [WEB])) == (False, 1, [])
