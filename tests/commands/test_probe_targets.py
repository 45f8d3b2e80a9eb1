"""Which servers and addresses `probe` and `who` mean."""

from __future__ import annotations

import pytest

from lvstui.commands.parse import parse
from lvstui.commands.probe_targets import arp_addresses, real_servers, targets_of
from lvstui.commands.targets import CommandContext
from lvstui.director.checks.connecting import Connect
from lvstui.director.configured import Configured
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import (
    Entry,
    RuleSet,
    Server,
    ServerKey,
    Service,
    address_packed,
    rules_from,
    server_key,
    service_key,
)
from lvstui.director.source import EVERYTHING
from lvstui.director.state import State, Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance, VirtualAddress
from lvstui.views.servers import Place
from tests.memory import MemoryDirector

WEB, DNS = service_key(6, "192.0.2.1", 80), service_key(17, "192.0.2.2", 53)
ONE, TWO, OUT = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80), server_key("10.0.0.9", 80)
RULES = RuleSet(
    rules_from(
        [
            (Service(WEB, "rr"), [Server(ONE), Server(TWO)]),
            (Service(DNS, "rr"), [Server(server_key("10.0.0.1", 53))]),
        ]
    )
)


def state() -> State:
    """keepalived has taken OUT out, and checks it at another port."""
    entry = RULES.rules[WEB]
    meant = RULES._replace(rules={WEB: Entry(entry.service, {**entry.servers, OUT: Server(OUT)})})
    keeping = KeepalivedState(
        "keepalived.conf", Configured(meant, [], connects={(WEB, OUT): Connect("TCP_CHECK", 2.0, port=81)})
    )
    return MemoryDirector(RULES).read(EVERYTHING)._replace(keeping=keeping)


def probe(words: str = "", **around: object) -> list[ServerKey]:
    world = CommandContext(state())._replace(**around)  # type: ignore[arg-type]
    return [one.server for one in targets_of(parse(f"probe {words}"), world)]


def test_a_service_means_all_its_servers_including_those_that_are_out() -> None:
    assert probe("tcp 192.0.2.1:80") == [ONE, TWO, OUT]
    assert probe("192.0.2.1:80") == [ONE, TWO, OUT]


def test_a_server_or_a_host_is_itself() -> None:
    assert probe("10.0.0.2:80") == [TWO]
    assert probe("host 10.0.0.1") == [ONE, server_key("10.0.0.1", 53)]


def test_a_server_that_is_out_can_be_named_and_is_probed_like_its_check() -> None:
    (one,) = targets_of(parse("probe 10.0.0.9:80"), CommandContext(state()))
    assert (one.server, one.port, one.timeout, one.check) == (OUT, 81, 2.0, "TCP_CHECK")


def test_without_a_name_the_selected_rows_are_probed_or_else_all() -> None:
    assert probe(rows=[Place(WEB, TWO)]) == [TWO]
    assert probe(rows=[WEB]) == [ONE, TWO, OUT]
    assert len(probe()) == 4
    assert probe(inside=DNS) == [server_key("10.0.0.1", 53)]


def test_an_unknown_name_is_reported() -> None:
    with pytest.raises(BadInput, match="is not a real server"):
        probe("10.0.0.77:80")
    with pytest.raises(BadInput, match="is not a service"):
        probe("tcp 192.0.2.77:80")
    with pytest.raises(NotDone, match="no real server to probe"):
        targets_of(parse("probe"), CommandContext(MemoryDirector(RuleSet({})).read(EVERYTHING)))


def test_an_address_is_requested_on_the_interface_of_its_instance() -> None:
    virtual = address_packed("192.0.2.1")
    instance = Instance("VI_1", "", addresses=(VirtualAddress(virtual, 24, "eth1"),))
    found = state()._replace(vrrp=Vrrp(instances=(InstanceStatus(instance, ""),)))
    assert arp_addresses(parse("who 192.0.2.1"), found) == [(virtual, "eth1")]
    assert arp_addresses(parse("arp 198.51.100.7"), found) == [(address_packed("198.51.100.7"), "")]
    assert arp_addresses(parse("who"), found) == [(virtual, "eth1"), (address_packed("192.0.2.2"), "")]
    with pytest.raises(BadInput, match="not an IP address"):
        parse("who web1")


def test_every_address_of_a_real_server_is_known() -> None:
    assert sorted(real_servers(state()).values()) == ["10.0.0.1", "10.0.0.2", "10.0.0.9"]
