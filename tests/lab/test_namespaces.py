"""Namespaces of users and of networks: errors that point the right way."""

from __future__ import annotations

import json

from tests.lab.director import Director
from tests.lab.session import Session
from tests.lab.test_errors import told
from tests.lab.waiting import wait_until

SERVICE = "-A -t 192.0.2.10:80 -s rr\n"
RULES = f"{SERVICE}-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 1\n"


def test_root_of_a_user_namespace_is_not_advised_to_become_root(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    inside = ["unshare", "--user", "--map-root-user", director.lab.python, "-m", "lvstui"]
    for words in (["--save", "-"], ["--restore", "-", "--yes"], ["--do", "weight 10.0.0.1 2"]):
        done = director.run([*inside, *words], stdin=SERVICE)
        told(done, done.code, "user namespace", "on the host")
        assert done.code != 0 and "run as root" not in done.stderr, done
    assert len(director.rules()) == 2


def test_root_without_the_capability_gets_its_name(director: Director) -> None:
    bare = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", director.lab.python, "-m", "lvstui"]
    told(director.run([*bare, "--save", "-"]), 3, "no CAP_NET_ADMIN", "--cap-add NET_ADMIN")


def test_a_new_namespace_whose_lo_is_down(director: Director) -> None:
    lab: Session = director.lab
    lab.run(["ip", "netns", "add", "fresh"]).ok()
    try:
        new = Director(lab, "fresh")
        told(new.lvstui("--restore", "-", "--yes", stdin=RULES), 4, "lo is down", "ip link set lo up")
        new.ip("link", "set", "lo", "up")
        assert new.lvstui("--restore", "-", "--yes", stdin=RULES).code == 0
        assert len(new.rules()) == 2
    finally:
        lab.run(["ip", "netns", "del", "fresh"])


def test_a_namespace_by_its_path_as_in_docker(director: Director) -> None:
    """Without a name of its own: known by a process in it, or by a file that it is bound to."""
    director.ipvsadm("-R", stdin=RULES)
    lab: Session = director.lab
    job = director.spawn(["sh", "-c", "echo $$ > /tmp/inside; exec sleep 600"])
    wait_until(lambda: lab.run(["cat", "/tmp/inside"]).stdout.endswith("\n"), "a process in it")
    pid = lab.run(["cat", "/tmp/inside"]).ok().strip()
    place = "/run/docker/netns/1a2b"
    make = f"mkdir -p /run/docker/netns && touch {place} && mount --bind /proc/{pid}/ns/net {place}"
    lab.run(["sh", "-c", make]).ok()
    try:
        for path in (f"/proc/{pid}/ns/net", place):
            listed = lab.run([lab.python, "-m", "lvstui", "--netns", path, "--save", "-", "--format", "ipvsadm"])
            assert listed.ok() == RULES, path
        gone = lab.run([lab.python, "-m", "lvstui", "--netns", "/proc/999999/ns/net", "--list"])
        told(gone, 2, "no such network namespace", "/proc/PID/ns/net")
        told(lab.run([lab.python, "-m", "lvstui", "--netns", "/etc/passwd", "--list"]), 2, "is not a network namespace")
        told(lab.run([lab.python, "-m", "lvstui", "--netns", "nosuch", "--list"]), 2, "ip netns list")
    finally:
        lab.run(["umount", place])
        job.stop()


COMPARED = """
from lvstui.director.errors import Unavailable
from lvstui.director.source import EVERYTHING
from lvstui.kernel import proc
from lvstui.live import open_source
source = open_source()
state = source.read(EVERYTHING)
whole = {key: [one.server.key for one in state.servers(key)] for key in state.services.keys}
orders = [source.probes().order(key) for key in state.services.keys]
assert [sorted(order) for order in orders] == list(whole.values()), orders
assert all(order == tuple(sorted(order))[::-1] for order in orders), orders
with open(proc.TABLE) as file:
    lines = sum(line.startswith("TCP ") for line in file)
try:
    services, pools = proc.table()
    said = "whole" if {key: sorted(one.server.key for one in rows) for key, rows in pools.items()} == whole else "false"
except Unavailable as error:
    said = "unavailable"
print(len(whole), lines, said)
"""
"""What /proc/net/ip_vs has for any user against what netlink has for root; the newest server of a service is first."""


def test_a_table_in_proc_that_omits_services_is_not_taken_for_complete(director: Director) -> None:
    """Kernels with one table for all namespaces do so where other namespaces have services too. The order of the real
    servers, which schedulers that hash go by, is known all the same."""
    lab: Session = director.lab
    director.ipvsadm("-R", stdin=_many("192.0.2", 10))  # one piece, which is whole whoever else has services
    assert director.python(COMPARED).ok().split() == ["10", "10", "whole"]
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", lab.python, "-m", "lvstui", "--list"]
    assert director.run(as_nobody).ok().count("TCP ") == 10
    director.ipvsadm("-C")
    director.ipvsadm("-R", stdin=_many("192.0.2", 100))
    lab.run(["sh", "-c", "ip netns add beside && ip -n beside link set lo up"]).ok()
    try:
        Director(lab, "beside").ipvsadm("-R", stdin=_many("198.51.100", 250))  # in nearly each bucket of the table
        services, lines, said = director.python(COMPARED).ok().split()
        assert int(lines) < int(services) == 100, "this kernel leaves nothing out: the test tries nothing"
        assert said == "unavailable"
        told(director.run(as_nobody), 3, "another network namespace has services too", "run as root")
    finally:
        lab.run(["ip", "netns", "del", "beside"])


def _many(net: str, services: int) -> str:
    """Services with two servers each."""
    return "".join(
        f"-A -t {net}.{n}:80 -s rr\n"
        + "".join(f"-a -t {net}.{n}:80 -r 10.0.0.{server}:80 -g -w 1\n" for server in (1, 2))
        for n in range(1, services + 1)
    )


VRRP = "vrrp_instance VI { interface d0\n virtual_router_id 9\n virtual_ipaddress { 192.0.2.254/32 } }\n"


def test_who_works_in_another_container_of_our_pod_is_not_called_missing(director: Director) -> None:
    """Another PID namespace with the same network: its processes are not in our /proc."""
    inside = ["unshare", "--pid", "--fork", "--mount-proc", director.lab.python, "-m", "lvstui"]

    def told() -> tuple[str | None, bool | None]:
        about = json.loads(director.run([*inside, "--list", "--format", "json"]).ok())["director"]
        return about["owner"], about["vrrp"]["keepalived"]

    assert told() == ("nobody", False)
    director.ip("link", "add", "d0", "type", "dummy")
    director.ip("link", "set", "d0", "up")
    director.run(["tee", "/run/pod.conf"], stdin=VRRP).ok()
    job = director.spawn(
        ["keepalived", "-P", "-n", "-l", "-f", "/run/pod.conf", "-p", "/run/pod.pid", "-r", "/run/v.pid"]
    )
    try:
        wait_until(lambda: told() == (None, None), "a raw socket for VRRP shows it", story=job.stderr)
    finally:
        job.stop()
    wait_until(lambda: told() == ("nobody", False), "nobody works any longer")
    director.ipvsadm("-R", stdin=RULES)
    assert told() == (None, None)
