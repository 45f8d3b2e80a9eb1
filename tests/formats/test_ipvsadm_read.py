"""Everything `ipvsadm -R` 1.31 and ipvsadm-restore accept, the broken saves of older versions, and what is refused."""

from __future__ import annotations

import pytest

from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet, Server, Service, SyncDaemon, Timeouts, server_text, service_text
from lvstui.formats import ipvsadm
from tests.formats.ipvsadm_lines import HEAD, NAMES, ONE_SERVICE, REFUSED, REMARKED, SERVERS, SERVICES


def read(text: str) -> tuple[RuleSet, list[str]]:
    """Reads with both gears, which must agree."""
    rules, remarks = ipvsadm.read(text, "f")
    assert ipvsadm.read(text, "f", fast=False) == (rules, remarks)
    return rules, [str(remark) for remark in remarks]


def only_service(text: str) -> tuple[Service, list[str]]:
    rules, remarks = read(text)
    (entry,) = rules.rules.values()
    return entry.service, remarks


def only_server(text: str) -> tuple[Server, list[str]]:
    rules, remarks = read(text)
    (entry,) = rules.rules.values()
    (server,) = entry.servers.values()
    return server, remarks


@pytest.mark.parametrize("line", ONE_SERVICE)
def test_every_spelling_of_a_service_is_the_same(line: str) -> None:
    service, remarks = only_service(line)
    assert service_text(service.key) == "tcp 192.0.2.1:80"
    assert (service.scheduler, service.persistence) == ("wrr", 300)
    assert remarks == []


@pytest.mark.parametrize(("words", "expected"), SERVICES)
def test_services(words: str, expected: dict[str, object]) -> None:
    service, remarks = only_service(f"-A -u 192.0.2.1:53 {words}")
    for name, value in expected.items():
        assert getattr(service, name) == value
    assert remarks == []


@pytest.mark.parametrize(("line", "text"), NAMES)
def test_names_of_services(line: str, text: str) -> None:
    service, remarks = only_service(line)
    assert service_text(service.key) == text
    assert remarks == []


@pytest.mark.parametrize(("words", "expected"), SERVERS)
def test_servers(words: str, expected: dict[str, object]) -> None:
    server, remarks = only_server(f"{HEAD}-a -t 192.0.2.1:80 {words}")
    assert server_text(server.key) == "10.0.0.5:80"
    for name, value in expected.items():
        assert getattr(server, name) == value
    assert remarks == []


def test_a_tunnel_may_lead_to_the_other_family() -> None:
    server, remarks = only_server(
        "-A -t [2001:db8::1]:80\n-a -t [2001:db8::1]:80 -r 10.0.0.5:80 -i -w 1 --tun-type ipip"
    )
    assert (server.key.family, remarks) == (4, [])


def test_the_table_is_run_line_by_line() -> None:
    rules, remarks = read(
        "-A -t 192.0.2.9:80\n-C\n" + HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -m -w 3 -x 9 -y 1\n"
        "-a -t 192.0.2.1:80 -r 10.0.0.6:80\n-e -t 192.0.2.1:80 -r 10.0.0.5:80 -w 7\n-d -t 192.0.2.1:80 -r 10.0.0.6:80\n"
        "-E -t 192.0.2.1:80 -s rr\n-A -f 3\n-D -f 3\n--set 100 0 20\n--set 0 50 0\n"
        "--start-daemon master --mcast-interface eth1 --syncid 5\n--start-daemon backup --mcast-interface eth1\n"
        "--stop-daemon backup\n"
    )
    ((service, servers),) = rules.rules.values()
    assert service.scheduler == "rr"
    (server,) = servers.values()
    assert (server.forward, server.weight, server.upper, server.lower) == (3, 7, 0, 0)
    assert rules.timeouts == Timeouts(100, 50, 20)
    assert rules.sync == (SyncDaemon("master", "eth1", 5),)
    assert remarks == ["f line 2: -C drops the 1 services above it"]


def test_a_deleted_service_takes_its_servers_with_it() -> None:
    lines = HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -w 3\n-D -t 192.0.2.1:80\n"
    rules, remarks = read(lines + "-a -t 192.0.2.1:80 -r 10.0.0.6:80 -g -w 3\n")
    assert not rules.rules
    assert remarks == ["f line 4: no service tcp 192.0.2.1:80 by then: the line has no effect"]
    rules, remarks = read(lines + lines)
    assert (len(rules.rules), remarks) == (0, [])


@pytest.mark.parametrize(("text", "remark"), REMARKED)
def test_lines_that_get_a_remark(text: str, remark: str) -> None:
    _, remarks = read(text)
    assert any(remark in text for text in remarks), remarks


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_lines_that_are_refused(text: str, words: list[str]) -> None:
    for fast in (True, False):
        with pytest.raises(BadInput) as caught:
            ipvsadm.read(text, "f", fast=fast)
        message = f"{caught.value} {caught.value.mend}"
        for word in ["f line ", *words]:
            assert word in message


def test_old_option_names_are_understood() -> None:
    service, _ = only_service("-A -u 192.0.2.1:53 -s rr -p 60 pe sip ops")
    assert (service.engine, service.one_packet) == ("sip", True)
    service, _ = only_service("-A -t 192.0.2.1:80 -s mh -b")
    assert service.flags == 4


def test_a_refusal_names_its_line() -> None:
    with pytest.raises(BadInput) as caught:
        ipvsadm.read(HEAD + "# fine\n\n-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -w x\n", "lvs.rules")
    assert caught.value.what == "lvs.rules line 4"
