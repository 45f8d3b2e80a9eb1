"""Lines as `ipvsadm -S -n` 1.31 prints them, and in numeric order."""

from __future__ import annotations

from lvstui.director.model import (
    RuleSet,
    Server,
    Service,
    SyncDaemon,
    Timeouts,
    Tunnel,
    rules_from,
    server_key,
    service_key,
)
from lvstui.formats import ipvsadm
from lvstui.formats.contents import contents_of


def test_services_and_servers_are_in_numeric_order() -> None:
    rules = rules_from(
        [
            (Service(service_key(fwmark=2**31)), []),
            (Service(service_key(6, "203.0.113.1", 80), "rr"), [Server(server_key("10.0.0.10", 80))]),
            (
                Service(service_key(6, "9.0.0.1", 80), "rr"),
                [
                    Server(server_key("10.0.0.10", 80)),
                    Server(server_key("10.0.0.9", 80)),
                    Server(server_key("200.0.0.1", 80)),
                ],
            ),
            (Service(service_key(17, "9.0.0.1", 80), "rr"), []),
            (Service(service_key(6, "2001:db8::1", 80), "rr"), []),
        ]
    )
    assert "".join(ipvsadm.write(contents_of(RuleSet(rules)))) == (
        "-A -t 9.0.0.1:80 -s rr\n"
        "-a -t 9.0.0.1:80 -r 10.0.0.9:80 -g -w 1\n"
        "-a -t 9.0.0.1:80 -r 10.0.0.10:80 -g -w 1\n"
        "-a -t 9.0.0.1:80 -r 200.0.0.1:80 -g -w 1\n"
        "-A -t 203.0.113.1:80 -s rr\n"
        "-a -t 203.0.113.1:80 -r 10.0.0.10:80 -g -w 1\n"
        "-A -u 9.0.0.1:80 -s rr\n"
        "-A -t [2001:db8::1]:80 -s rr\n"
        "-A -f 2147483648 -s wlc\n"
    )


def test_an_empty_table_is_an_empty_text() -> None:
    assert list(ipvsadm.write(contents_of(RuleSet()))) == []


def test_what_the_text_cannot_express_is_reported() -> None:
    odd = [
        Server(server_key("10.0.0.1", 80), forward=1),
        Server(server_key("10.0.0.2", 80), forward=0, tunnel=Tunnel(1, 5, 0)),
        Server(server_key("10.0.0.3", 81)),
        Server(server_key("10.0.0.4", 80)),
    ]
    rules = rules_from([(Service(service_key(47, "192.0.2.1", 80), "rr", netmask=0xFF000000), odd)])
    lost = ipvsadm.losses(contents_of(RuleSet(rules, Timeouts(1, 2, 3), (SyncDaemon("master", "eth1"),))))
    assert [text.split(" of ")[0].split(" in ")[0] for text in lost] == [
        "timeouts",
        "sync daemons",
        "the netmask",
        "the protocol",
        "a forwarding method",
        "a tunnel",
        "a port",
    ]
