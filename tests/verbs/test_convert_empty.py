"""A keepalived.conf without any virtual_server: lvstui says that the table is empty."""

from __future__ import annotations

from pathlib import Path

from lvstui.verbs.named_files import read_any, read_for_restore


def test_an_empty_table_is_mentioned(tmp_path: Path) -> None:
    file = tmp_path / "vrrp.conf"
    file.write_text("vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n")
    for read in (read_any(str(file)), read_for_restore(str(file))):
        assert read.rules.rules == {}
        assert any("programs no service with this file" in remark.text for remark in read.remarks)
    file.write_text("virtual_server 192.0.2.1 80 {\nprotocol TCP\nreal_server 10.0.0.1 80 {\n}\n}\n")
    assert not any("no service" in remark.text for remark in read_any(str(file)).remarks)
