"""--list --format json on a real kernel: one shot of everything."""

from __future__ import annotations

import json

from tests.lab.director import Director

RULES = """\
-A -t 192.0.2.1:80 -s wrr -p 60
-a -t 192.0.2.1:80 -r 10.0.0.5:80 -m -w 3 -x 9 -y 5
"""


def test_list_shows_everything_once(director: Director) -> None:
    director.ip("link", "add", "front", "up", "type", "dummy")
    director.ip("addr", "add", "192.0.2.1/32", "dev", "front")
    director.ipvsadm("-R", stdin=RULES)
    director.ipvsadm("--start-daemon", "backup", "--mcast-interface", "lo", "--syncid", "7")
    try:
        data = json.loads(director.patient("--list", "--format", "json").ok())
    finally:
        director.ipvsadm("--stop-daemon", "backup")
    assert data["timeouts"] == {"tcp": 900, "tcp_fin": 120, "udp": 300}
    assert (data["sync"][0]["role"], data["sync"][0]["interface"], data["sync"][0]["id"]) == ("backup", "lo", 7)
    here = data["director"]
    first = director.run(["head", "-1", "/proc/net/ip_vs"]).ok().split()
    assert [here["ip_vs"]["version"], f"(size={here['ip_vs']['table_size']})"] == first[4:6]
    assert here["sysctls"]["expire_nodest_conn"] == 0 and len(here["sysctls"]) > 10
    assert (here["vrrp"]["held"], here["vrrp"]["keepalived"]) == (["192.0.2.1"], False)
    ((service,), unknown) = data["service"], [one["value"] for one in data["unknown"]]
    assert service["counters"]["connections"] == 0 and service["rates"]["in_bytes"] == 0
    (server,) = service["server"]
    assert (server["active"], server["inactive"], server["persistent"], server["upper"]) == (0, 0, 0, 9)
    assert "counters" not in unknown and "director.sysctls" not in unknown


SLOW = """
import sys, time
from lvstui import cli
from lvstui.kernel.interfaces import Watch
from lvstui.verbs import list as listing
read = Watch.interfaces
def slowly(watch):
    time.sleep(float(sys.argv[1]))
    return read(watch)
Watch.interfaces = slowly
listing._PATIENCE = float(sys.argv[2])
sys.exit(cli.main(["--list", "--format", "json"]))
"""


def test_list_waits_for_a_slow_machine_and_else_prints_null(director: Director) -> None:
    director.ip("link", "add", "front", "up", "type", "dummy")
    director.ip("addr", "add", "192.0.2.1/32", "dev", "front")
    director.ipvsadm("-R", stdin=RULES)
    here = json.loads(director.python(SLOW, "4", "60").ok())["director"]
    assert (here["vrrp"]["held"], here["vrrp"]["role"], here["vrrp"]["keepalived"]) == (["192.0.2.1"], "MASTER", False)
    data = json.loads(director.python(SLOW, "600", "0").ok())
    here, why = data["director"], {one["value"]: one["why"] for one in data["unknown"]}
    for name in ("held", "role", "keepalived", "instances"):
        assert here["vrrp"][name] is None
        assert why[f"director.vrrp.{name}"] == "the network interfaces have not been read yet"


def test_values_hidden_from_an_ordinary_user_are_null_with_a_reason(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES + "-A -f 7 -6 -s sh -b sh-port\n")
    words = ["setpriv", "--reuid", "65534", "--clear-groups", director.lab.python, "-m", "lvstui", "--list"]
    data = json.loads(director.run([*words, "--format", "json"], env={"HOME": "/tmp"}).ok())
    why = {one["value"]: one["why"] for one in data["unknown"]}
    assert "permission" in why["counters"] and "permission" in why["timeouts"]
    assert data["timeouts"] is None
    by_port = {service.get("port"): service for service in data["service"]}
    assert by_port[80]["persistence"] is None and by_port[80]["counters"] is None
    assert by_port[None]["family"] is None and by_port[None]["flags"] is None
    assert by_port[80]["server"][0]["upper"] is None and by_port[80]["server"][0]["weight"] == 3
