"""How the checks of a configuration connect."""

from __future__ import annotations

from pathlib import Path

from lvstui.director.checks.connecting import Connect
from lvstui.director.configured import ConfiguredSync
from lvstui.director.model import SyncDaemon, address_packed, server_key, service_key
from lvstui.keepalived.conf import read_config

SERVICE = service_key(6, "192.0.2.1", 80)
CONF = """
global_defs {{
    lvs_sync_daemon {sync}
}}
virtual_server 192.0.2.1 80 {{
    protocol TCP
    lb_kind DR
    {service}
    real_server 10.0.0.2 80 {{
        {server}
        {check}
    }}
}}
"""


def connect(tmp_path: Path, check: str, server: str = "", service: str = "") -> Connect | None:
    path = tmp_path / "keepalived.conf"
    path.write_text(CONF.format(sync="eth1", service=service, server=server, check=check))
    return read_config(path).connects.get((SERVICE, server_key("10.0.0.2", 80)))


def test_the_settings_of_a_check_have_priority(tmp_path: Path) -> None:
    said = "connect_ip 10.0.0.9\nconnect_port 8080\nbindto 10.0.0.1\nbind_port 99\nbind_if eth1\nconnect_timeout 2.5"
    assert connect(tmp_path, f"TCP_CHECK {{\n{said}\n}}") == Connect(
        "TCP_CHECK", 2.5, address_packed("10.0.0.9"), 8080, address_packed("10.0.0.1"), 99, "eth1"
    )


def test_probe_defaults__server_then_service_then_five_seconds(tmp_path: Path) -> None:
    check = "TCP_CHECK {\n}"
    assert connect(tmp_path, check) == Connect("TCP_CHECK", 5.0)
    assert connect(tmp_path, check, service="connect_timeout 3") == Connect("TCP_CHECK", 3.0)
    assert connect(tmp_path, check, "connect_timeout 4", "connect_timeout 3") == Connect("TCP_CHECK", 4.0)
    assert connect(tmp_path, "TCP_CHECK {\nconnect_timeout abc\n}", "connect_timeout 4") == Connect("TCP_CHECK", 4.0)


def test_the_first_check_that_connects_counts(tmp_path: Path) -> None:
    misc = "MISC_CHECK {\nmisc_path /bin/true\n}"
    http = "HTTP_GET {\nurl {\npath /\n}\nconnect_port 81\n}"
    assert connect(tmp_path, f"{misc}\n{http}\nTCP_CHECK {{\n}}") == Connect("HTTP_GET", port=81)
    assert connect(tmp_path, misc) is None


def test_the_sync_daemon_names_the_instance_that_it_follows(tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    for words, expected in (
        ("eth1 inst VI_1 id 51", ConfiguredSync(SyncDaemon("", "eth1", 51), "VI_1", True)),
        ("eth1 id 51", ConfiguredSync(SyncDaemon("", "eth1", 51), "", True)),
    ):
        path.write_text(CONF.format(sync=words, service="", server="", check=""))
        assert read_config(path).sync == expected
    path.write_text("vrrp_instance VI_1 {\n}\n")
    assert read_config(path).sync is None
