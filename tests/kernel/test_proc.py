"""/proc/net/ip_vs as two kernels printed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.errors import Unavailable
from lvstui.director.model import IPV6, SCTP, TCP, Forward, ServiceKey, address_packed, server_key, service_key
from lvstui.kernel import proc

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
