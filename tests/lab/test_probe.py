"""What is tried from a director, on real wires: ports, and who answers for the virtual address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.cluster import ADDRESSES, PORT, VIP, Cluster
from tests.lab.session import Result
from tests.lab.waiting import wait_until

VIP6 = "2001:db8::200"
ARP_IGNORE = "/proc/sys/net/ipv4/conf/all/arp_ignore"


def do(cluster: Cluster, name: str, command: str) -> Result:
    return cluster.run(name, [cluster.lab.python, "-m", "lvstui", "--do", command], timeout=120.0)


def mac(cluster: Cluster, name: str) -> str:
    words = cluster.lab.run(["ip", "-o", "link", "show", "dev", "eth1"], netns=name).ok().split()
    return words[words.index("link/ether") + 1]


def test_who_answers_for_the_address_of_a_cluster_in_health(cluster: Cluster) -> None:
    here = do(cluster, "lvs1", f"who {VIP}")
    assert here.code == 0, here
    assert f"{VIP}   held here; asked on eth1" in here.stdout
    assert f"{VIP} is held here, and nobody else answers for it" in here.stdout

    away = do(cluster, "lvs2", "who")  # the virtual addresses are known without naming them
    assert away.code == 0, away
    assert mac(cluster, "lvs1") in away.stdout
    assert f"one machine answers for {VIP}" in away.stdout


def test_a_real_server_that_answers_is_named(cluster: Cluster) -> None:
    """It has the address on lo, as direct routing wants, and arp_ignore=0: the kernel answers for every address."""
    cluster.run("web1", ["sh", "-c", f"echo 0 >{ARP_IGNORE}"]).ok()
    try:
        for name in ("lvs1", "lvs2"):
            found = do(cluster, name, f"who {VIP}")
            assert found.code == 1, found
            assert f"{mac(cluster, 'web1')}   real server {ADDRESSES['web1']}" in found.stdout
            assert f"real server {ADDRESSES['web1']} answers for {VIP}" in found.stdout
            assert "split brain" not in found.stdout
    finally:
        cluster.run("web1", ["sh", "-c", f"echo 1 >{ARP_IGNORE}"]).ok()
    assert do(cluster, "lvs1", f"who {VIP}").code == 0


@pytest.fixture
def second_holder(cluster: Cluster) -> Iterator[None]:
    """The client has the address too: somebody else in the same network."""
    add = f"addr add {VIP}/32 dev eth1\naddr add {VIP6}/128 dev eth1 nodad\n"
    cluster.lab.run(["ip", "-batch", "-"], netns="cli", stdin=add).ok()
    yield
    cluster.lab.run(["ip", "-batch", "-"], netns="cli", stdin=add.replace("add ", "del ").replace(" nodad", "")).ok()


def test_a_second_holder_is_a_split_brain(cluster: Cluster, second_holder: None) -> None:
    here = do(cluster, "lvs1", f"who {VIP}")
    assert here.code == 1, here
    assert f"held here, and {mac(cluster, 'cli')}" in here.stdout
    assert "split brain" in here.stdout
    away = do(cluster, "lvs2", f"who {VIP}")
    assert away.code == 1, away
    assert f"2 machines answer for {VIP}" in away.stdout


def test_who_answers_for_an_ipv6_address(cluster: Cluster, second_holder: None) -> None:
    route = ["ip", "-6", "route", "replace", "2001:db8::/64", "dev", "eth1"]
    cluster.lab.run(route, netns="lvs1").ok()
    try:
        # A link-local address to ask from is usable when nobody else was found to have it.
        wait_until(
            lambda: mac(cluster, "cli") in do(cluster, "lvs1", f"who {VIP6}").stdout,
            "the neighbour answers",
            timeout=60.0,
        )
        assert f"one machine answers for {VIP6}" in do(cluster, "lvs1", f"who {VIP6}").stdout
        assert "nobody answers for 2001:db8::99" in do(cluster, "lvs1", "who 2001:db8::99").stdout
    finally:
        cluster.lab.run(["ip", "-6", "route", "del", "2001:db8::/64", "dev", "eth1"], netns="lvs1").ok()


def test_ports_are_tried_as_the_configuration_says(cluster: Cluster) -> None:
    service = f"tcp {VIP}:{PORT}"
    both = do(cluster, "lvs1", "probe")
    assert both.code == 0, both
    for web in ("web1", "web2"):
        assert f"{service}  {ADDRESSES[web]}:{PORT} by TCP_CHECK  open, " in both.stdout
    assert "2 of 2 open" in both.stdout

    cluster.stop_web("web1")
    cluster.wait_pool("lvs1", {"web2"})
    refused = do(cluster, "lvs1", f"probe {service}")  # keepalived has taken it out, and it is tried all the same
    assert refused.code == 1, refused
    assert f"{ADDRESSES['web1']}:{PORT} by TCP_CHECK  refused, after " in refused.stdout
    assert "1 of 2 open" in refused.stdout
    cluster.start_web("web1")
    cluster.wait_pool("lvs1", {"web1", "web2"})


def test_dropped_packets_time_out_when_the_check_would(cluster: Cluster) -> None:
    """connect_timeout 2 in the configuration; a host that is not there has no route."""
    drop = "tc filter add dev eth1 parent ffff: protocol ip u32 match ip protocol 6 0xff action drop"
    cluster.run("web1", ["sh", "-ec", f"tc qdisc add dev eth1 handle ffff: ingress; {drop}"]).ok()
    try:
        found = do(cluster, "lvs1", f"probe {ADDRESSES['web1']}:{PORT}")
        assert found.code == 1, found
        assert "timed out after 2 s" in found.stdout
    finally:
        cluster.run("web1", ["tc", "qdisc", "del", "dev", "eth1", "ingress"]).ok()
        cluster.wait_pool("lvs1", {"web1", "web2"})

    cluster.lab.run(["ipvsadm", "-a", "-t", f"{VIP}:{PORT}", "-r", "192.168.80.77"], netns="lvs2").ok()
    try:
        found = do(cluster, "lvs2", "probe 192.168.80.77:80")
        assert found.code == 1, found
        assert "no route to the host" in found.stdout
    finally:
        cluster.lab.run(["ipvsadm", "-d", "-t", f"{VIP}:{PORT}", "-r", "192.168.80.77"], netns="lvs2").ok()
