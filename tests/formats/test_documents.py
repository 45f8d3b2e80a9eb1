"""TOML and JSON snapshots: their exact shape, and what is refused by name."""

from __future__ import annotations

import pytest

from lvstui import formats
from lvstui.director.errors import BadInput
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
from lvstui.formats import json, rule_files, toml
from lvstui.formats.contents import Header, contents_of

RULES = RuleSet(
    rules_from(
        [
            (
                Service(service_key(6, "192.168.80.200", 80), "sh", 2, 300, 0xFFFFFF00),
                [
                    Server(server_key("192.168.80.102", 80), weight=3, upper=100, lower=50),
                    Server(server_key("192.168.80.103", 80), forward=2, tunnel=Tunnel(1, 6080, 1)),
                ],
            ),
            (Service(service_key(fwmark=7, family=6), "rr", engine="sip", one_packet=True, netmask=64), []),
        ]
    ),
    Timeouts(900, 120, 300),
    (SyncDaemon("master", "eth1", 51),),
)
HEADER = Header("lvs1", 1795402386.0, "6.1.176")
TOML = """\
[snapshot]
format = 1
host = "lvs1"
taken = 2026-11-23T02:53:06Z
kernel = "6.1.176"

[timeouts]
tcp = 900
tcp_fin = 120
udp = 300

[[sync]]
role = "master"
interface = "eth1"
id = 51

[[service]]
protocol = "tcp"
address = "192.168.80.200"
port = 80
scheduler = "sh"
flags = ["sh-port"]
persistence = 300
netmask = "255.255.255.0"

[[service.server]]
address = "192.168.80.102"
port = 80
forward = "route"
weight = 3
upper = 100
lower = 50

[[service.server]]
address = "192.168.80.103"
port = 80
forward = "tunnel"
weight = 1
tunnel = { type = "gue", port = 6080, checksum = "csum" }

[[service]]
fwmark = 7
family = "ipv6"
scheduler = "rr"
netmask = 64
engine = "sip"
one_packet = true
"""
PLAIN = """\
[snapshot]
format = 1
[[service]]
protocol = "tcp"
address = "192.0.2.1"
port = 80
[[service.server]]
address = "10.0.0.1"
port = 80
"""


def test_the_shape_of_toml() -> None:
    assert "".join(toml.write(contents_of(RULES, HEADER))) == TOML
    assert toml.read(TOML) == (RULES, HEADER)


def test_defaults_may_be_left_out() -> None:
    rules, header = toml.read(PLAIN)
    ((service, servers),) = rules.rules.values()
    assert service.scheduler == "wlc"
    assert list(servers.values()) == [Server(server_key("10.0.0.1", 80))]
    assert (rules.timeouts, rules.sync, header) == (None, None, Header())


def test_an_empty_list_of_sync_daemons_is_a_statement() -> None:
    text = "".join(toml.write(contents_of(RuleSet(sync=()))))
    assert text == "sync = []\n\n[snapshot]\nformat = 1\n"
    assert toml.read(text)[0].sync == ()


def test_json_has_a_line_for_each_rule() -> None:
    text = "".join(json.write(contents_of(RULES, HEADER)))
    assert len(text.splitlines()) == 11
    assert "".join(json.write(contents_of(RuleSet()))) == '{\n"snapshot": {"format": 1},\n"service": [\n]\n}\n'


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("format = 1", "format = 2", ["[snapshot]", "format 2 is later"]),
        ("format = 1", "format = 0", ["[snapshot]", "format '0'"]),
        ("format = 1", 'format = "1"', ["format must be a number"]),
        ("format = 1", "format = true", ["format must be a number"]),
        ("format = 1", "", ["format is missing"]),
        ("[snapshot]\nformat = 1\n", "", ["no [snapshot]"]),
        ("format = 1", "format = 1\nhots = 'x'", ["unknown key 'hots'", "did you mean host?"]),
        ("format = 1", 'format = 1\nhost = "\\u001b[2J"', ["host", "printable"]),
        ("format = 1", "format = 1\ntaken = 5", ["taken '5' is not a date and time"]),
        ("format = 1", 'format = 1\ntaken = "x"', ["taken 'x' is not a date and time"]),
        ("[[service]]", "[timeout]\n[[service]]", ["unknown key 'timeout'", "timeouts?"]),
        ("[[service]]", "[timeouts]\ntcp = -1\n[[service]]", ["[timeouts]", "tcp '-1'"]),
        ("[[service]]", "[[sync]]\nrole = 'x'\n[[service]]", ["sync 1", "master or backup"]),
        ("[[service]]", "[[sync]]\nrole = 'master'\n[[service]]", ["interface is missing"]),
        ("[[service]]", "[[sync]]\nrole = 'master'\ninterface = ''\n[[service]]", ["interface is empty"]),
        ("[[service]]", "[[sync]]\nrole = 'master'\ninterface = 'e'\n" * 2 + "[[service]]", ["same role"]),
        ('"tcp"', '"tpc"', ["service 1", "protocol 'tpc' is unknown", "did you mean tcp?"]),
        ('"tcp"', "65536", ["protocol '65536' is not within"]),
        ('"tcp"', "true", ["protocol 'True' is unknown"]),
        ('"192.0.2.1"', '"192.0.2"', ["address '192.0.2' is not an IP address"]),
        ('protocol = "tcp"', "", ["protocol is missing"]),
        ('protocol = "tcp"', 'protocol = "tcp"\nfwmark = 1', ["protocol does not go with fwmark"]),
        ('protocol = "tcp"', 'protocol = "tcp"\nfamily = "ipv6"', ["family works only with fwmark"]),
        ("port = 80\n[[", "port = 65536\n[[", ["port '65536'"]),
        ("port = 80\n[[", "port = 80\nscheduler = ''\n[[", ["scheduler is empty"]),
        ("port = 80\n[[", "port = 80\nscheduler = 5\n[[", ["scheduler must be text"]),
        ("port = 80\n[[", "port = 80\nflags = ['sh-port']\n[[", ["flag 'sh-port' is not a flag of wlc"]),
        ("port = 80\n[[", "port = 80\nscheduler='sh'\nflags = ['sh-prot']\n[[", ["did you mean sh-port?"]),
        ("port = 80\n[[", "port = 80\nflags = 'sh'\n[[", ["flags must be a list"]),
        ("port = 80\n[[", "port = 80\nnetmask = 24\n[[", ["netmask '24' is not an IP address"]),
        ("port = 80\n[[", "port = 80\nnetmask = '::1'\n[[", ["netmask '::1' is not an IPv4 mask"]),
        ("port = 80\n[[", "port = 80\none_packet = 1\n[[", ["one_packet must be true or false"]),
        ("port = 80\n[[", "port = 80\nservers = []\n[[", ["unknown key 'servers'", "did you mean server?"]),
        ('"10.0.0.1"\nport = 80', '"10.0.0.1"', ["service 1, server 1", "port is missing"]),
        ('"10.0.0.1"', '"10.0.0.1"\nwieght = 1', ["server 1", "unknown key 'wieght'", "did you mean weight?"]),
        ('"10.0.0.1"', '"10.0.0.1"\nweight = 2147483648', ["weight '2147483648'"]),
        ('"10.0.0.1"', '"10.0.0.1"\nlower = 1', ["lower 1 is above upper 0"]),
        ('"10.0.0.1"', '"10.0.0.1"\nforward = "rout"', ["did you mean route?"]),
        ('"10.0.0.1"', '"10.0.0.1"\ntunnel = 1', ["tunnel: must be a table"]),
        ('"10.0.0.1"', '"10.0.0.1"\ntunnel = { typ = "gue" }', ["tunnel", "did you mean type?"]),
        ("[[service]]", PLAIN.partition("1\n")[2] + "[[service]]", ["service 2", "is already in the file"]),
        (
            "[[service.server]]",
            "[[service.server]]\naddress='10.0.0.1'\nport=80\n[[service.server]]",
            ["server 2", "already"],
        ),
        ("[snapshot]", "service = 5\n[snapshot]", ["is not TOML"]),
        ("[[service]]", "[[service]", ["is not TOML", "line 3"]),
    ],
)
def test_invalid_documents_are_refused(before: str, after: str, words: list[str]) -> None:
    assert before in PLAIN
    with pytest.raises(BadInput) as caught:
        toml.read(PLAIN.replace(before, after, 1), "x.toml")
    message = f"{caught.value} {caught.value.mend}"
    for word in ["x.toml", *words]:
        assert word in message


@pytest.mark.parametrize(
    "text", ["", "[]", "5", "{", '{"snapshot": 5}', '{"snapshot": {"format": NaN}}', "[" * 100_000]
)
def test_invalid_json_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        json.read(text, "x.json")


def test_deep_toml_is_refused() -> None:
    with pytest.raises(BadInput):
        toml.read("a = " + "[" * 100_000)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.toml", "toml"), ("a.JSON", "json"), ("a.rules", "ipvsadm"), ("-", "ipvsadm"), ("a", "ipvsadm")],
)
def test_kinds_are_written_by_name(name: str, kind: str) -> None:
    assert rule_files.kind_of(name) == kind


@pytest.mark.parametrize(
    ("line", "before", "after", "what"),
    [
        (2, "format = 1", "format = 9", "[snapshot]"),
        (3, "format = 1", "format = 1\nhots = 1", "[snapshot]"),
        (5, '"192.0.2.1"', '"192.0.2"', "service 1"),
        (6, "port = 80\n[[", "wieght = 80\n[[", "service 1"),
        (9, '"10.0.0.1"\nport = 80', '"10.0.0.1"\nport = 65536', "service 1, server 1"),
        (
            7,
            "port = 80\n[[service.server]]",
            "port = 80\n[[service.server]]\nport = 1\n[[service.server]]",
            "service 1, server 1",
        ),
        (10, '"10.0.0.1"\nport = 80', '"10.0.0.1"\nport = 80\ntunnel = { typ = 1 }', "service 1, server 1, tunnel"),
        (
            11,
            '"10.0.0.1"\nport = 80',
            '"10.0.0.1"\nport = 80\n[service.server.tunnel]\ntyp = 1',
            "service 1, server 1, tunnel",
        ),
        (3, "[[service]]", "[timeout]\n[[service]]", ""),
        (1, "[snapshot]", "services = 5\n[snapshot]", ""),
        (4, "[[service]]", "[timeouts]\ntcp = -1\n[[service]]", "[timeouts]"),
    ],
)
def test_a_refusal_of_toml_names_the_line(line: int, before: str, after: str, what: str) -> None:
    with pytest.raises(BadInput) as caught:
        toml.read(PLAIN.replace(before, after, 1), "x.toml")
    assert caught.value.what == f"x.toml line {line}" + (f", {what}" if what else "")


def test_an_error_names_no_line_rather_than_a_wrong_one() -> None:
    for text in (
        'service = [{ protocol = "tcp", address = "x", port = 1 }]\n[snapshot]\nformat = 1\n',
        '[snapshot]\nformat = 1\nhost = """\nkernel = 5\n"""\nkernel = 5\n',
    ):
        with pytest.raises(BadInput) as caught:
            toml.read(text, "x.toml")
        assert caught.value.what in ("x.toml line 1, service 1", "x.toml service 1", "x.toml [snapshot]")


@pytest.mark.parametrize("kind", formats.KINDS)
def test_an_endless_file_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_files, "_MOST", 1 << 20)
    with pytest.raises(BadInput, match="/dev/zero is larger than 1 MiB"):
        rule_files.read_rules("/dev/zero", kind)


@pytest.mark.parametrize("kind", ["toml", "json"])
def test_a_number_of_endless_digits_is_refused(kind: str) -> None:
    digits = "9" * 5000
    text = f"[snapshot]\nformat = {digits}\n" if kind == "toml" else f'{{"snapshot": {{"format": {digits}}}}}'
    with pytest.raises(BadInput, match="cannot be read: it has a number of more than 4,300 digits"):
        rule_files.parse(text, kind)


@pytest.mark.parametrize(("method", "kept"), [("masq", Tunnel()), ("route", Tunnel()), ("tunnel", Tunnel(1, 6080))])
def test_a_tunnel_counts_with_that_method_only(method: str, kept: Tunnel) -> None:
    """As the kernel's readers have it: a file may not differ for ever in what no kernel uses."""
    stated = f'"10.0.0.1"\nforward = "{method}"\ntunnel = {{ type = "gue", port = 6080 }}'
    (entry,) = toml.read(PLAIN.replace('"10.0.0.1"', stated))[0].rules.values()
    (server,) = entry.servers.values()
    assert server.tunnel == kept
