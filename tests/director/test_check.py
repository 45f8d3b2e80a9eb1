"""What is refused before it is sent, and the words of the refusal."""

from __future__ import annotations

import pytest

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    SetTimeouts,
    Zero,
    check,
)
from lvstui.director.errors import NotDone
from lvstui.director.model import (
    SCTP,
    TCP,
    UDP,
    WEIGHT_MAX,
    Forward,
    RuleSet,
    Server,
    Service,
    Timeouts,
    Tunnel,
    rules_from,
    server_key,
    service_key,
)

KEY = service_key(TCP, "192.0.2.1", 80)
MARK = service_key(fwmark=7)
GONE = service_key(TCP, "192.0.2.9", 80)
RS = server_key("10.0.0.1", 80)
NEW = server_key("10.0.0.2", 80)
NOW = RuleSet(rules_from([(Service(KEY), [Server(RS)]), (Service(MARK), [])]))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (AddService(Service(KEY)), "already exists"),
        (EditService(Service(GONE)), "is gone"),
        (DeleteService(GONE), "is gone"),
        (AddServer(GONE, Server(RS)), "is gone"),
        (AddServer(KEY, Server(RS)), "already has this server"),
        (EditServer(KEY, Server(NEW)), "no longer has this server"),
        (DeleteServer(KEY, NEW), "no longer has this server"),
        (Zero(GONE), "is gone"),
        (SetTimeouts(Timeouts(-1, 0, 0)), "not within"),
        (AddService(Service(service_key(1, "192.0.2.2", 80))), "protocol 1 cannot be balanced"),
        (AddService(Service(service_key(TCP, "192.0.2.2", 0))), "port 0 (all ports) needs persistence"),
        (AddService(Service(service_key(TCP, "192.0.2.2", 80), one_packet=True)), "for udp and fwmark services"),
        (AddService(Service(service_key(SCTP, "192.0.2.2", 80), one_packet=True)), "for udp and fwmark services"),
        (AddService(Service(service_key(TCP, "192.0.2.2", 65536))), "port 65536"),
        (EditService(Service(KEY, "")), "not a name"),
        (EditService(Service(KEY, "a-name-too-long-for-it")), "not a name"),
        (EditService(Service(KEY, persistence=0)), "persistence 0"),
        (EditService(Service(KEY, persistence=2_678_401)), "persistence 2678401"),
        (AddService(Service(service_key(TCP, "2001:db8::1", 80), netmask=129)), "prefix 129"),
        (AddServer(KEY, Server(NEW, weight=-1)), "weight -1"),
        (AddServer(KEY, Server(NEW, weight=WEIGHT_MAX + 1)), "weight 2147483648"),
        (AddServer(KEY, Server(NEW, upper=5, lower=6)), "lower threshold 6 is above the upper one, 5"),
        (AddServer(KEY, Server(NEW, upper=None, lower=6)), "lower threshold 6 is above the upper one, 0"),
        (AddServer(KEY, Server(server_key("2001:db8::2", 80), Forward.MASQ)), "other address family"),
        (AddServer(KEY, Server(NEW, Forward.TUNNEL, tunnel=Tunnel(1))), "a gue tunnel needs its port"),
        (AddServer(KEY, Server(server_key("10.0.0.2", 8080), Forward.ROUTE)), "direct routing cannot change the port"),
        (AddServer(KEY, Server(server_key("10.0.0.2", 8080), Forward.TUNNEL)), "a tunnel cannot change the port"),
    ],
)
def test_impossible_changes_are_refused(change: Change, why: str) -> None:
    with pytest.raises(NotDone) as refused:
        check(change, NOW)
    assert why in refused.value.why


@pytest.mark.parametrize(
    "change",
    [
        AddService(Service(service_key(TCP, "192.0.2.2", 0), persistence=360)),
        AddService(Service(service_key(UDP, "192.0.2.2", 53), one_packet=True)),
        AddService(Service(service_key(fwmark=2**32 - 1, family=6), one_packet=True)),
        AddServer(KEY, Server(server_key("10.0.0.2", 8080), Forward.MASQ)),
        AddServer(KEY, Server(server_key("2001:db8::2", 80), Forward.TUNNEL)),
        AddServer(MARK, Server(server_key("10.0.0.2", 8080), Forward.ROUTE)),
        EditServer(KEY, Server(RS, weight=WEIGHT_MAX, upper=10, lower=10)),
        DeleteServer(KEY, RS),
        Zero(),
        Zero(MARK),
    ],
)
def test_possible_changes_are_allowed(change: Change) -> None:
    check(change, NOW)
