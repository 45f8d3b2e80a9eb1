"""Everything `ipvsadm -R` 1.31 and ipvsadm-restore accept, the broken saves of older versions, and what is refused."""

from __future__ import annotations

import pytest

from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet, Server, Service, SyncDaemon, Timeouts, Tunnel, server_text, service_text
from lvstui.formats import ipvsadm

HEAD = "-A -t 192.0.2.1:80 -s wrr\n"


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


@pytest.mark.parametrize(
    "line",
    [
        "-A -t 192.0.2.1:80 -s wrr -p 300",
        "-At192.0.2.1:80 -swrr -p300",
        "-A -t=192.0.2.1:80 -s=wrr -p=300",
        "--add-service --tcp-service 192.0.2.1:80 --scheduler wrr --persistent 300",
        "--add-service --tcp-service=192.0.2.1:80 --scheduler=wrr --persistent=300",
        "ipvsadm -A -t 192.0.2.1:80 -s wrr -p 300",
        "  -A\t-t 192.0.2.1:80   -s wrr -p 300 \r",
        "-A -p 300 -s wrr -t 192.0.2.1:80",
        "-A -t 192.0.2.1:0080 -s wrr -p 0300",
        "\ufeff-A -t 192.0.2.1:80 -s wrr -p 300",
        "\n\n# a comment\n#\n-A -t 192.0.2.1:80 -s wrr -p 300\n   \n",
    ],
)
def test_one_service_however_it_is_written(line: str) -> None:
    service, remarks = only_service(line)
    assert service_text(service.key) == "tcp 192.0.2.1:80"
    assert (service.scheduler, service.persistence) == ("wrr", 300)
    assert remarks == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Service._field_defaults),
        ("-p", {"persistence": 360}),
        ("-p -M 255.255.255.0", {"persistence": 360, "netmask": 0xFFFFFF00}),
        ("-p 60 -M 255.255.255.255", {"persistence": 60, "netmask": None}),
        ("-p 60 -M 255.0.255.0", {"persistence": 60, "netmask": 0xFF00FF00}),
        ("-s sh -b sh-fallback,sh-port", {"scheduler": "sh", "flags": 3}),
        ("-s mh -b mh-port", {"scheduler": "mh", "flags": 2}),
        ("-s mh -b flag-1,flag-3", {"scheduler": "mh", "flags": 5}),
        ("-b flag-2", {"flags": 2}),
        ("--pe sip", {"engine": "sip"}),
        ("-o", {"one_packet": True}),
        ("--ops", {"one_packet": True}),
    ],
)
def test_services(words: str, expected: dict[str, object]) -> None:
    service, remarks = only_service(f"-A -u 192.0.2.1:53 {words}")
    for name, value in expected.items():
        assert getattr(service, name) == value
    assert remarks == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("-A -t [2001:db8::1]:80", "tcp [2001:db8::1]:80"),
        ("-A -t 2001:db8::1 -p", "tcp [2001:db8::1]:0"),
        ("-A -t 192.0.2.1 -p", "tcp 192.0.2.1:0"),
        ("-A --sctp-service 192.0.2.1:2905", "sctp 192.0.2.1:2905"),
        ("-A -f 7", "fwmark 7"),
        ("-A -f 7 -6", "fwmark 7 ipv6"),
        ("-A -f4294967295", "fwmark 4294967295"),
    ],
)
def test_names_of_services(line: str, text: str) -> None:
    service, remarks = only_service(line)
    assert service_text(service.key) == text
    assert remarks == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-r 10.0.0.5", {"forward": 3, "weight": 1, "upper": None, "lower": None}),
        ("-r 10.0.0.5:80 -m -w 2147483647", {"forward": 0, "weight": 2**31 - 1}),
        ("-r 10.0.0.5:80 -g -x 100", {"upper": 100, "lower": 0}),
        ("-r 10.0.0.5:80 -g -w 1 -x 100 -y 50", {"upper": 100, "lower": 50}),
        ("-r 10.0.0.5:80 -i", {"forward": 2, "tunnel": Tunnel(0, 0, 0)}),
        ("-r 10.0.0.5:80 -i --tun-type gue --tun-port 6080", {"tunnel": Tunnel(1, 6080, 0)}),
        ("-r 10.0.0.5:80 -i --tun-type=gue --tun-port=6080 --tun-remcsum", {"tunnel": Tunnel(1, 6080, 2)}),
        ("-r 10.0.0.5:80 -i --tun-type gre --tun-csum", {"tunnel": Tunnel(2, 0, 1)}),
        ("-r 10.0.0.5:80 -i -w 1 --tun-type ipip -x 9 -y 3", {"upper": 9, "lower": 3, "forward": 2}),
    ],
)
def test_servers(words: str, expected: dict[str, object]) -> None:
    server, remarks = only_server(f"{HEAD}-a -t 192.0.2.1:80 {words}")
    assert server_text(server.key) == "10.0.0.5:80"
    for name, value in expected.items():
        assert getattr(server, name) == value
    assert remarks == []


def test_a_tunnel_leads_to_the_other_family() -> None:
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


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (HEAD + HEAD, "line 2: service tcp 192.0.2.1:80 stands above once more: the line has no effect"),
        (
            HEAD + "-A -t 192.0.2.1:80 -s rr",
            "line 2: service tcp 192.0.2.1:80 stands above already, with other options",
        ),
        ("-a -f 1 -r 10.0.0.5:80", "line 1: no service fwmark 1 by then"),
        ("-E -f 1", "no service fwmark 1"),
        ("-D -f 1", "no service fwmark 1"),
        (HEAD + "-d -t 192.0.2.1:80 -r 10.0.0.5", "no server 10.0.0.5:80 in tcp 192.0.2.1:80"),
        (HEAD + "-e -t 192.0.2.1:80 -r 10.0.0.5", "no server 10.0.0.5:80 in tcp 192.0.2.1:80"),
        (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -w 1\n" * 2, "line 3: server 10.0.0.5:80 of tcp"),
        (
            HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:81 -g -w 1",
            "direct routing keeps the port: 10.0.0.5:81 understood as",
        ),
        (
            HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:81 -i -w 1",
            "a tunnel keeps the port: 10.0.0.5:81 understood as port 80",
        ),
        (HEAD + "-a -r 10.0.0.5 -t 192.0.2.1:80 -m", "-r stands before the service"),
        ("-A -M 64 -t [2001:db8::1]:80 -p", "-M stands before the address"),
        ("-A -6 -f 1", "-6 stands before -f"),
        ("-A -f -294967296", "fwmark -294967296 understood as 4000000000"),
        ("-A -u 192.0.2.1:53 -s rr ops", "ops understood as -o"),
        ("-A -u 192.0.2.1:53 -s rr -p 60 pe sip ops", "pe sip understood as --pe sip"),
        ("-A -t 192.0.2.1:80 -s sh -b", "the empty -b understood as flag-3"),
        ("-A -t 192.0.2.1:80 -s sh -b ", "the empty -b understood as flag-3"),
        ("-A -t 192.0.2.1:http", "port http understood as 80"),
        ("-A -u 192.0.2.1:domain", "port domain understood as 53"),
        ("-A -t 192.0.2.1:80 -p -M 24", "netmask 24 understood as a prefix length"),
        ("-A -t 10.1:80", "address 10.1 understood as 10.0.0.1"),
        ("-A -t 010.0.0.1:80", "address 010.0.0.1 understood as 8.0.0.1"),
        ("-A -t 192.0.2.1:80 -s wwlc", "scheduler wwlc is none of the kernel's own; did you mean wlc?"),
        ("-A -t 192.0.2.1:80 -s none", "scheduler none: the kernel refuses every new connection"),
        ("-A -t 192.0.2.1:80 -o", "-o is for udp and fwmark services"),
        ("-A -t 192.0.2.1:0", "port 0 without -p"),
        ("-A -t 192.0.2.1:80 --pe foo", "did you mean sip?"),
        ("-t 192.0.2.1:80 -A", "-A does not stand first"),
        ("   # indented", "an indented comment"),
        ("-Z", "-Z zeroes counters"),
        ("-L -n", "-L only prints"),
        ("-S", "-S only prints"),
        ("--set 0 0 0", "leaves every timeout as it is"),
        ("--start-daemon master", "no --mcast-interface: understood as eth0"),
        ("--stop-daemon master", "no master sync daemon is started above"),
    ],
)
def test_lines_that_call_for_a_remark(text: str, remark: str) -> None:
    _, remarks = read(text)
    assert any(remark in text for text in remarks), remarks


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("foo bar", ["f line 1", "'foo'"]),
        ("-A -t 192.0.2.1:80 # trailing", ["'#'", "lines of their own"]),
        ("--bogus", ["unknown option '--bogus'"]),
        ("--add-servise -t 192.0.2.1:80", ["'--add-servise'", "--add-service?"]),
        ("-A -t 192.0.2.1:80 -q", ["'-q'"]),
        ("-A -t 192.0.2.1:80 -s", ["-s needs a value"]),
        ("-A -t 192.0.2.1:80 -s rr -s wrr", ["-s stands twice"]),
        ("-A -D -t 192.0.2.1:80", ["two commands"]),
        ("-t 192.0.2.1:80", ["no command"]),
        ("-A", ["no service is named"]),
        ("-A -t 192.0.2.1:80 -f 1", ["two services"]),
        ("-A -t 192.0.2.1", ["no port, and no -p"]),
        ("-A -t 192.0.2.1:99999", ["port '99999'", "0 to 65535"]),
        ("-A -t 192.0.2.1:", ["port ''"]),
        ("-A -t 192.0.2.1:nosuchport", ["'nosuchport'", "ipvsadm -S -n"]),
        ("-A -t www.example.org:80", ["'www.example.org' is a name", "ipvsadm -S -n"]),
        ("-A -t 80", ["no address"]),
        ("-A -t [2001:db8::1]", ["no address with port"]),
        ("-A -t [10.0.0.1]:80", ["no IPv6 address"]),
        ("-A -t 2001:db8:80", ["no IPv6 address"]),
        ("-A -t 192.0.2.1:80 -p 0", ["persistence '0'", "1 to 2678400"]),
        ("-A -t 192.0.2.1:80 -p 2678401", ["persistence"]),
        ("-A -t 192.0.2.1:80 -p x", ["no number"]),
        ("-A -t [2001:db8::1]:80 -p -M 129", ["1 to 128"]),
        ("-A -t 192.0.2.1:80 -b sh-port", ["no flag of scheduler wlc"]),
        ("-A -t 192.0.2.1:80 -s sh -b sh-prot", ["'sh-prot'", "did you mean sh-port?"]),
        ("-A -t 192.0.2.1:80 -s rr -b", ["no flag of scheduler rr"]),
        ('-A -t 192.0.2.1:80 -s "wrr"', ["scheduler", "did you mean wrr?"]),
        ("-A -t 192.0.2.1:80 -w 3", ["-w does not go with -A"]),
        ("-A -t 192.0.2.1:80 -6", ["-6 goes with -f"]),
        ("-A -f 0", ["fwmark '0'"]),
        ("-A -f 0x10", ["fwmark '0x10' is no number"]),
        ("-A -f -2147483649", ["fwmark"]),
        ("-A --xxx-service 192.0.2.1:0 -s rr", ["--xxx-service"]),
        ("-a -t 192.0.2.1:80", ["no real server"]),
        (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 (null) -w 1", ["f line 2", "(null)"]),
        (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -m", ["two forwarding methods"]),
        (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -w 2147483648", ["weight '2147483648'"]),
        (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -w 1 -x 1 -y 2", ["lower threshold 2 is above"]),
        (HEAD + "-a -t 192.0.2.1:80 -r [2001:db8::5]:80 -g -w 1", ["two address families"]),
        (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g --tun-type gre", ["--tun-type goes with -i"]),
        (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-type gue", ["needs --tun-port"]),
        (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-type grre", ["did you mean gre?"]),
        (
            HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-type gre --tun-remcsum",
            ["does not go with --tun-type gre"],
        ),
        (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-port 5", ["does not go with --tun-type ipip"]),
        (
            HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-type gue --tun-port 5 --tun-csum --tun-nocsum",
            ["exclude"],
        ),
        ("-R", ["-R has no place"]),
        ("-h", ["-h has no place"]),
        ("-C now", ["'now'"]),
        ("-C --ops=1", ["takes no value"]),
        ("--set 1 2", ["three numbers"]),
        ("--set 1 2 x", ["udp timeout 'x'"]),
        ("--start-daemon boss", ["'boss'", "master or backup"]),
        ("--start-daemon master --mcast-interface eth1 --syncid 256", ["--syncid", "0 to 255"]),
        ("--start-daemon master --mcast-interface eth1 --mcast-group foo", ["no address"]),
        ("--start-daemon master --mcast-interface averyveryverylongname", ["no interface's name"]),
    ],
)
def test_lines_that_are_refused(text: str, words: list[str]) -> None:
    for fast in (True, False):
        with pytest.raises(BadInput) as caught:
            ipvsadm.read(text, "f", fast=fast)
        message = f"{caught.value} {caught.value.mend}"
        for word in ["f line ", *words]:
            assert word in message


def test_old_words_are_understood() -> None:
    service, _ = only_service("-A -u 192.0.2.1:53 -s rr -p 60 pe sip ops")
    assert (service.engine, service.one_packet) == ("sip", True)
    service, _ = only_service("-A -t 192.0.2.1:80 -s mh -b")
    assert service.flags == 4


def test_a_refusal_names_its_line() -> None:
    with pytest.raises(BadInput) as caught:
        ipvsadm.read(HEAD + "# fine\n\n-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -w x\n", "lvs.rules")
    assert caught.value.what == "lvs.rules line 4"
