"""Names of hosts and ports in ipvsadm text: refused, or looked up where that was asked for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvstui import cli
from lvstui.director.errors import BadInput
from lvstui.director.model import server_text, service_text
from lvstui.formats import ipvsadm
from lvstui.formats.ipvsadm import name_lookup

HOSTS: dict[tuple[str, int], list[str]] = {
    ("web", socket.AF_INET): ["192.0.2.7"],
    ("web", socket.AF_INET6): ["2001:db8::7"],
    ("two", socket.AF_INET): ["192.0.2.7", "192.0.2.8", "192.0.2.7"],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A network that knows HOSTS, and all that it was asked."""
    questions: list[str] = []

    def getaddrinfo(name: str, port: None, family: int, kind: int) -> list[tuple[object, ...]]:
        questions.append(name)
        if (name, family) not in HOSTS:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(family, kind, 6, "", (address, 0)) for address in HOSTS[name, family]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    name_lookup._addresses.cache_clear()
    yield questions
    name_lookup._addresses.cache_clear()


def test_a_name_is_looked_up_once_and_reported_each_time(asked: list[str]) -> None:
    text = "-A -t web:80 -s rr\n-a -t web:80 -r web:80 -g -w 1\n-A -t [web]:80 -s rr\n"
    rules, remarks = ipvsadm.read(text, "f", resolve=True)
    assert [service_text(key) for key in rules.rules] == ["tcp 192.0.2.7:80", "tcp [2001:db8::7]:80"]
    ((server,), _) = (entry.servers for entry in rules.rules.values())
    assert server_text(server) == "192.0.2.7:80"
    assert [str(remark) for remark in remarks] == [
        "f line 1: host web understood as 192.0.2.7",
        "f line 2: host web understood as 192.0.2.7",
        "f line 2: host web understood as 192.0.2.7",
        "f line 3: host web understood as 2001:db8::7",
    ]
    assert asked == ["web", "web"]


@pytest.mark.parametrize("line", ["-A -t web:80", "-A -t [web]:80", "-A -t web.example.org.:http"])
def test_nothing_is_looked_up_unasked(line: str, asked: list[str]) -> None:
    with pytest.raises(
        BadInput, match=r"f line 1: 'web.*' is a name, and lvstui does not look names up by default"
    ) as caught:
        ipvsadm.read(line, "f")
    assert caught.value.mend == "give --resolve to look it up, or save with ipvsadm -S -n"
    assert asked == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("-A -t nowhere:80", "host 'nowhere' was not found: Name or service not known"),
        ("-A -t two:80", "host 'two' has 2 addresses: 192.0.2.7, 192.0.2.8"),
        ("-A -t web:nosuchport", "there is no tcp port 'nosuchport'"),
        ("-A -t 192.0.2:80x", "port '80x'"),
        ("-A -t we!b:80", "'we!b' is not an address"),
        ("-A -t -web:80", "'-web' is not an address"),
        ("-A -t 80", "'80' is not an address"),
        (f"-A -t {'x' * 254}:80", "is not an address"),
    ],
)
def test_an_unknown_name_is_refused(line: str, why: str, asked: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        ipvsadm.read(line, "f", resolve=True)
    assert why in str(caught.value)


def test_an_impossible_label_does_not_crash() -> None:
    with pytest.raises(BadInput, match="it is not the name of a host"):
        ipvsadm.read(f"-A -t {'w' * 64}..a:80", resolve=True)


def test_ports_need_no_network(asked: list[str]) -> None:
    rules, remarks = ipvsadm.read("-A -u 192.0.2.1:domain -s rr\n-A -t 192.0.2.1:http -s rr\n")
    assert [service_text(key) for key in rules.rules] == ["udp 192.0.2.1:53", "tcp 192.0.2.1:80"]
    assert [remark.text for remark in remarks] == ["port domain understood as 53", "port http understood as 80"]


def test_other_port_names_come_from_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getservbyname", lambda name, protocol: 8443)
    rules, _ = ipvsadm.read("-A -t 192.0.2.1:shop -s rr", resolve=True)
    assert [service_text(key) for key in rules.rules] == ["tcp 192.0.2.1:8443"]
    with pytest.raises(BadInput, match="a name that /etc/services does not hold"):
        ipvsadm.read("-A -t 192.0.2.1:shop -s rr")


def test_the_flag(asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "old.rules"
    file.write_text("-A -t web:http -s rr\n")
    assert cli.main(["--convert", str(file), "-"]) == 2
    assert "give --resolve" in capsys.readouterr().err
    assert asked == []
    assert cli.main(["--convert", str(file), "-", "--resolve"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "-A -t 192.0.2.7:80 -s rr\n"
    assert shown.err.splitlines() == [
        f"lvstui: {file} line 1: host web understood as 192.0.2.7",
        f"lvstui: {file} line 1: port http understood as 80",
    ]
    assert cli.main(["--diff", str(file), str(file), "--resolve"]) == 0
    assert cli.main(["--demo", "--restore", str(file), "--resolve", "--dry-run"]) == 1
    assert cli.main(["--list", "--resolve"]) == 2
    assert "works only with --restore, --diff, --convert" in capsys.readouterr().err
