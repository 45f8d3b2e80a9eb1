"""/proc/net/ip_vs as two kernels printed it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lvstui.director.errors import Unavailable
from lvstui.director.model import IPV6, SCTP, TCP, Forward, ServiceKey, address_packed, server_key, service_key
from lvstui.kernel import proc
from lvstui.machine import Machine

TEXT = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C000020A:0050 wlc 
  -> 0A000003:1F90      Masq    0      0          0         
  -> 0A000004:0050      Route   3      12         7         
TCP  C000020E:0000 fo persistent 10000 FFFFFFFF
UDP  C000020A:13C4 rr ops 
SCTP C000020A:0B59 ovf 
IP_47  C000020A:0000 rr 
TCP  [2001:0db8:0000:0000:0000:0000:0000:0010]:0050 sed 
  -> [2001:0db8:0000:0000:0000:0000:0000:0020]:0050      Tunnel  1      0          0         
FWM  EE6B2800 nq 
"""  # noqa: W291


def test_services_and_servers() -> None:
    services, pools = proc.parse(TEXT, 1.0)
    keys = [reading.service.key for reading in services]
    assert keys[0] == service_key(TCP, "192.0.2.10", 80)
    assert keys[3].protocol == SCTP
    assert keys[4].protocol == 47
    assert keys[5] == ServiceKey(0, IPV6, TCP, address_packed("2001:db8::10"), 80)
    assert keys[6].fwmark == 4_000_000_000
    assert services[1].service.persistence == 0
    assert services[2].service.one_packet
    rows = list(pools[keys[0]])
    assert [(row.server.key, row.server.forward, row.server.weight, row.active, row.inactive) for row in rows] == [
        (server_key("10.0.0.3", 8080), Forward.MASQ, 0, 0, 0),
        (server_key("10.0.0.4", 80), Forward.ROUTE, 3, 12, 7),
    ]
    assert len(pools[keys[6]]) == 0


def test_an_empty_table() -> None:
    assert proc.parse("".join(TEXT.splitlines(keepends=True)[:3]), 1.0) == ([], {})


@pytest.mark.parametrize(
    "line", ["TCP  C000:0050 wlc", "TCP", "  -> 0A000004:0050 Route x 1 1", "WHAT C000020A:0050 wlc"]
)
def test_an_unknown_line_is_named(line: str) -> None:
    head = "".join(TEXT.splitlines(keepends=True)[:4])
    with pytest.raises(Unavailable, match="line 5"):
        proc.parse(head + line + "\n", 1.0)


def test_a_table_that_disappears_during_a_read_is_reported_as_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proc, "shown", lambda: TEXT)
    monkeypatch.setattr(proc, "TABLE", str(tmp_path / "ip_vs"))
    with pytest.raises(Unavailable, match="no ip_vs loaded"):
        proc.table()


def test_a_module_that_goes_away_or_is_added_is_noticed_within_half_a_minute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An open console knew only the schedulers of its beginning."""
    folder = tmp_path / os.uname().release
    (folder / "kernel").mkdir(parents=True)
    for name in ("wlc", "sh"):
        (folder / f"kernel/ip_vs_{name}.ko.xz").touch()
    (folder / "modules.dep").write_text(
        "kernel/ip_vs_wlc.ko.xz: kernel/ip_vs.ko.xz\nkernel/ip_vs_sh.ko.xz: kernel/ip_vs.ko.xz\nkernel/other.ko:\n"
    )
    (folder / "modules.builtin").write_text("kernel/ip_vs_rr.ko\n")
    loaded = tmp_path / "loaded"
    loaded.write_text("ip_vs_ftp 16384 0 - Live 0x0\nip_vs_sh 16384 1 - Live 0x0\n")
    monkeypatch.setattr(proc, "_MODULES", str(tmp_path))
    monkeypatch.setattr(proc, "_LOADED", str(loaded))
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    machine = Machine()
    assert machine.schedulers() == ("rr", "sh", "wlc")
    (folder / "kernel/ip_vs_sh.ko.xz").unlink()
    now += 30
    assert machine.schedulers() == ("rr", "sh", "wlc"), "it is still loaded"
    loaded.write_text("ip_vs_ftp 16384 0 - Live 0x0\n")
    now += 29
    assert machine.schedulers() == ("rr", "sh", "wlc"), "modules are searched at their own pace"
    now += 1
    assert machine.schedulers() == ("rr", "wlc")
    (folder / "kernel/ip_vs_mh.ko.xz").touch()
    (folder / "modules.dep").write_text("kernel/ip_vs_wlc.ko.xz: kernel/ip_vs.ko.xz\nkernel/ip_vs_mh.ko.xz:\n")
    now += 30
    assert machine.schedulers() == ("mh", "rr", "wlc")
    for file in (folder / "kernel").iterdir():
        file.unlink()
    now += 30
    assert machine.schedulers() == (), "a list without files says nothing of the kernel"
