"""keepalived.conf: remarks and refusals, by file and line. The daemon judges the rules
(tests/lab/test_keepalived_conf.py)."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from lvstui.director.errors import BadInput
from lvstui.director.model import TCP, Forward, SyncDaemon, Timeouts, server_key, service_key
from lvstui.keepalived.conf import read_config
from tests.keepalived.conf import SERVICE, meant, told

WEB = service_key(TCP, "192.0.2.1", 80)
ONE = server_key("10.0.0.1", 80)


def test_settings_of_a_configuration_besides_its_rules(tmp_path: Path) -> None:
    found = meant(
        tmp_path,
        """global_defs {
    lvs_timeouts tcp 100 udp 30
}
virtual_server 192.0.2.1 80 {
    protocol TCP
    lvs_sched rr
    lvs_method NAT
    inhibit_on_failure
    sorry_server 10.0.0.9 8080
    real_server 10.0.0.1 80 { TCP_CHECK { } }
    real_server 10.0.0.2 80 {
        alpha
        inhibit_on_failure off
        weight 7
        PING_CHECK { }
    }
}
""",
    )
    two = server_key("10.0.0.2", 80)
    assert found.remarks == []
    assert found.rules.timeouts == Timeouts(100, 0, 30)
    assert found.rules.sync is None
    assert list(found.rules.rules[WEB].servers) == [ONE]
    assert found.checked == {(WEB, ONE): ("TCP_CHECK",), (WEB, two): ("PING_CHECK",)}
    assert found.inhibited == {(WEB, ONE)}
    assert {key: [(server.key, server.weight) for server in servers] for key, servers in found.waiting.items()} == {
        WEB: [(two, 7)]
    }
    sorry = found.sorry[WEB]
    assert (sorry.key, sorry.forward, sorry.weight) == (server_key("10.0.0.9", 8080), Forward.MASQ, 1)
    main = str(tmp_path / "keepalived.conf")
    assert found.lines == {WEB: (main, 4), (WEB, ONE): (main, 10), (WEB, two): (main, 11)}


def test_a_sync_daemon_without_an_instance_is_both(tmp_path: Path) -> None:
    found = meant(tmp_path, "global_defs {\nlvs_sync_daemon eth1 id 7 port 8849 group 224.0.0.99\n}\n" + SERVICE)
    expected = SyncDaemon("master", "eth1", 7, 0, "224.0.0.99", 8849, 0)
    assert found.rules.sync == (expected, expected._replace(role="backup"))
    found = meant(tmp_path, "global_defs {\nlvs_sync_daemon eth1 id 7\n}\n")
    assert found.rules.sync is None
    assert told(found) == [("keepalived.conf", 2, "without a virtual_server keepalived starts no sync daemon")]
    found = meant(tmp_path, "global_defs {\nlvs_sync_daemon eth1 inst VI_1\n}\n" + SERVICE)
    assert found.rules.sync is None
    assert "VRRP instance VI_1" in told(found)[0][2]


def test_remarks_name_the_file_and_the_line(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/web.conf").write_text("\nvirtual_server 192.0.2.7 80 {\n  lb_alog rr\n" + SERVICE[30:])
    found = meant(tmp_path, "# one\ninclude parts/*.conf\ninclude none\nbogus\n")
    assert [(file, line) for file, line, _ in told(found)] == [
        ("keepalived.conf", 3),
        ("keepalived.conf", 4),
        ("web.conf", 3),
    ]
    assert told(found)[2][2].endswith("did you mean lb_algo?")
    assert found.remarks[2].file == str(tmp_path / "parts/web.conf")
    assert service_key(TCP, "192.0.2.7", 80) in found.rules.rules


def test_known_keywords_are_not_remarked_on(tmp_path: Path) -> None:
    found = meant(
        tmp_path,
        SERVICE
        + """
vrrp_instance V { unknown_word 3
    bogus { x
    }
}
static_ipaddress { 192.0.2.9 dev lo
}
vrrp_script x { script /bin/true
}
bfd_instance b { neighbor_ip 10.0.0.1
}
SSL { key x
}
net_namespace blue
""",
    )
    assert found.remarks == []


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("virtual_server\n", 1, "lacks a value"),
        (SERVICE + "virtual_server fwmark\n", 8, "lacks a value"),
        ("\nvirtual_server 192.0.2.1 80 {\nlvs_sched\n}\n", 3, "lacks a value"),
        ("\nvirtual_server 10.0.0.300 80\nlvs_sched rr\n", 2, "no '{' follows"),
        ("virtual_server_group G\n10.0.0.1 80\n}\n", 1, "has no '{'"),
        ("includem none\n", 1, "does not start"),
        ("\ninclude keepalived.conf\n", 2, "includes itself"),
        ("include a.conf\n", 1, "keepalived.conf -> "),
        ("$A=$A\nx $A\n", 2, "refers to itself"),
        ("$A=${B}\n$B=${C}\n$C=$A\nx ${A}\n", 4, "refers to itself"),
        ("\n~SEQ(n, 1, 99999999) x\n", 2, "more than"),
        ("$IF=$IF\nvrrp_instance V { interface $IF\n}\n", 2, "refers to itself"),
        ("~SEQ(n, 1, 999999999)\n", 1, "repeats more than"),
        ("virtual_server_group G {\n10.0.0.0/8 80\n}\n" + SERVICE.replace("192.0.2.1 80", "group G"), 5, "more than"),
    ],
)
def test_invalid_configurations_are_refused(tmp_path: Path, text: str, line: int, why: str) -> None:
    with pytest.raises(BadInput) as error:
        meant(tmp_path, text, a__conf="\ninclude b.conf\n", b__conf="include keepalived.conf\n")
    assert why in error.value.why
    assert f" line {line}" in error.value.what or "b.conf line 1" in error.value.what


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, why in (
        (tmp_path / "none.conf", "cannot be read"),
        (tmp_path, "is a folder"),
        ("a\0b", "not a file name"),
    ):
        with pytest.raises(BadInput, match=why):
            read_config(path)
    (tmp_path / "sub").mkdir()
    run = tmp_path / "run.conf"
    run.write_text(SERVICE)
    run.chmod(0o755)
    found = meant(tmp_path, "include sub\ninclude run.conf\ninclude {run,none}.conf\n")
    assert found.rules.rules == {}
    assert [(line, text.partition(": ")[2][:16]) for _, line, text in told(found)] == [
        (1, "is a folder; kee"),
        (2, "is executable; k"),
        (3, "is executable; k"),
    ]
    assert "chmod a-x" in read_config(run).remarks[0].text


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rest.conf").write_text("nonsense\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((SERVICE + "include rest.conf\n").encode())))
    found = read_config("-")
    assert list(found.rules.rules) == [WEB]
    assert [(file, line) for file, line, _ in told(found)] == [("rest.conf", 1)]


def test_the_default_id_is_the_first_part_of_the_host_name(tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    name = os.uname().nodename.partition(".")[0]
    path.write_text(f"@{name} bogus\n@^{name} nonsense\n")
    assert [remark.line for remark in read_config(path).remarks] == [1]


def test_the_folder_and_the_id_as_definitions(tmp_path: Path) -> None:
    found = meant(tmp_path, "include ${_INSTANCE}.none\ninclude ${_PWD}/none\n")
    assert (*told(found)[1][:2], told(found)[1][2].partition(":")[0]) == ("keepalived.conf", 1, "include lvs1.none")
    assert f"include {tmp_path}/none" in told(found)[3][2]
    found = meant(tmp_path, "$A=y $A\nx $A\n")
    assert "too long" in told(found)[0][2]
    found = meant(tmp_path, "x${_RANDOM 1 6}\n")
    assert any("changes at each start" in text for _, line, text in told(found) if line == 1)


def test_an_empty_configuration(tmp_path: Path) -> None:
    assert meant(tmp_path, "").rules.rules == {}
    assert meant(tmp_path, "\n\n# x\n").remarks == []
    assert meant(tmp_path, b"\xff\xfe\0\n{\n").rules.rules == {}


@pytest.mark.parametrize(
    ("line", "flushes"),
    [
        ("", False),
        ("lvs_flush", True),
        ("lvs_flush_on_stop", True),
        ("lvs_flush_onstop", True),
        ("lvs_flush_on_stop VS", False),
    ],
)
def test_a_daemon_that_empties_the_table(tmp_path: Path, line: str, flushes: bool) -> None:
    assert meant(tmp_path, f"global_defs {{\n{line}\n}}\n{SERVICE}").flushes is flushes


def test_keepalived_does_not_read_a_hexadecimal_firewall_mark(tmp_path: Path) -> None:
    """It takes marks with strtoul and the base 10 (lib/parser.c), so 0x101 is 0."""
    found = meant(tmp_path, SERVICE.replace("192.0.2.1 80", "fwmark 0x101"))
    said = [remark.text for remark in found.remarks]
    assert any("is not a number (keepalived does not take hexadecimal): read as 0" in text for text in said), said
