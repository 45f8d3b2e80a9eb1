"""Commands as ipvsadm spells them: lines that `ipvsadm -S -n` 1.31 printed, and the commands of each change."""

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
    Flush,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.model import (
    IPV6,
    SCTP,
    TCP,
    UDP,
    Forward,
    Server,
    Service,
    SyncDaemon,
    Timeouts,
    Tunnel,
    server_key,
    service_key,
)
from lvstui.director.spell import server_line, service_line, spell

WEB = service_key(TCP, "192.0.2.10", 80)
SIX = service_key(TCP, "2001:db8::10", 80)
RS = server_key("10.0.0.5", 80)


@pytest.mark.parametrize(
    ("service", "line"),
    [
        (
            Service(service_key(TCP, "192.0.2.12", 443), "wrr", 5, 360),
            "-A -t 192.0.2.12:443 -s wrr -p 360 -b flag-1,flag-3",
        ),
        (
            Service(service_key(TCP, "192.0.2.13", 443), "lblcr", 0, 3600, 0xFFFFFF00),
            "-A -t 192.0.2.13:443 -s lblcr -p 3600 -M 255.255.255.0",
        ),
        (
            Service(service_key(UDP, "192.0.2.10", 5060), "rr", 0, 60, engine="sip", one_packet=True),
            "-A -u 192.0.2.10:5060 -s rr -p 60 --pe sip -o",
        ),
        (Service(service_key(SCTP, "192.0.2.10", 2905), "ovf"), "-A --sctp-service 192.0.2.10:2905 -s ovf"),
        (Service(service_key(fwmark=1, family=IPV6), "wlc", 0, 600, 64), "-A -f 1 -6 -s wlc -p 600 -M 64"),
        (Service(service_key(fwmark=2**32 - 1), "nq"), "-A -f 4294967295 -s nq"),
        (Service(WEB, "sh", 3), "-A -t 192.0.2.10:80 -s sh -b sh-fallback,sh-port"),
        (Service(WEB, "mh", 7), "-A -t 192.0.2.10:80 -s mh -b mh-fallback,mh-port,flag-3"),
        (Service(service_key(TCP, "192.0.2.10", 0), "rr", 0, 1), "-A -t 192.0.2.10:0 -s rr -p 1"),
        (Service(WEB, "rr", netmask=0xFFFFFF00), "-A -t 192.0.2.10:80 -s rr"),
    ],
)
def test_services(service: Service, line: str) -> None:
    assert service_line(service) == line


@pytest.mark.parametrize(
    ("server", "line"),
    [
        (Server(RS, Forward.TUNNEL, 65535), "-r 10.0.0.5:80 -i -w 65535 --tun-type ipip"),
        (
            Server(RS, Forward.TUNNEL, 1, tunnel=Tunnel(1, 6080, 1)),
            "-r 10.0.0.5:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum",
        ),
        (
            Server(RS, Forward.TUNNEL, 1, tunnel=Tunnel(1, 6080, 2)),
            "-r 10.0.0.5:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum",
        ),
        (Server(RS, Forward.TUNNEL, 1, tunnel=Tunnel(2)), "-r 10.0.0.5:80 -i -w 1 --tun-type gre --tun-nocsum"),
        (Server(RS, Forward.MASQ, 2), "-r 10.0.0.5:80 -m -w 2"),
        (Server(RS, Forward.LOCAL, 2), "-r 10.0.0.5:80 -g -w 2"),
        (Server(RS, Forward.ROUTE, 0, 100, 50), "-r 10.0.0.5:80 -g -w 0 -x 100 -y 50"),
        (Server(RS, Forward.ROUTE, 2**31 - 1, None, None), "-r 10.0.0.5:80 -g -w 2147483647"),
    ],
)
def test_servers(server: Server, line: str) -> None:
    assert server_line(WEB, server) == "-a -t 192.0.2.10:80 " + line


def test_servers_of_other_services() -> None:
    mixed = Server(server_key("10.0.0.20", 80), Forward.TUNNEL, 10)
    assert server_line(SIX, mixed) == "-a -t [2001:db8::10]:80 -r 10.0.0.20:80 -i -w 10 --tun-type ipip"
    anywhere = Server(server_key("10.0.0.2", 0))
    assert server_line(service_key(fwmark=1), anywhere) == "-a -f 1 -r 10.0.0.2:0 -g -w 1"
    six = Server(server_key("2001:db8::5", 80))
    assert server_line(service_key(fwmark=1, family=IPV6), six) == "-a -f 1 -6 -r [2001:db8::5]:80 -g -w 1"


@pytest.mark.parametrize(
    ("change", "command"),
    [
        (AddService(Service(WEB)), "-A -t 192.0.2.10:80 -s wlc"),
        (EditService(Service(WEB, "rr", persistence=9)), "-E -t 192.0.2.10:80 -s rr -p 9"),
        (DeleteService(service_key(fwmark=9, family=IPV6)), "-D -f 9 -6"),
        (AddServer(WEB, Server(RS)), "-a -t 192.0.2.10:80 -r 10.0.0.5:80 -g -w 1"),
        (
            EditServer(SIX, Server(RS, Forward.TUNNEL, 3)),
            "-e -t [2001:db8::10]:80 -r 10.0.0.5:80 -i -w 3 --tun-type ipip",
        ),
        (DeleteServer(WEB, RS), "-d -t 192.0.2.10:80 -r 10.0.0.5:80"),
        (SetTimeouts(Timeouts(900, 120, 300)), "--set 900 120 300"),
        (StartSync(SyncDaemon("master", "eth1", 51)), "--start-daemon master --mcast-interface eth1 --syncid 51"),
        (
            StartSync(SyncDaemon("backup", "eth1", 1, 1472, "224.0.0.81", 8848, 1)),
            "--start-daemon backup --mcast-interface eth1 --syncid 1 --sync-maxlen 1472 --mcast-group 224.0.0.81"
            " --mcast-port 8848 --mcast-ttl 1",
        ),
        (StopSync("master"), "--stop-daemon master"),
        (Zero(), "-Z"),
        (Zero(WEB), "-Z -t 192.0.2.10:80"),
        (Flush(), "-C"),
    ],
)
def test_changes(change: Change, command: str) -> None:
    assert spell(change) == command
