"""What is tried from a director, on real wires: ports, and who answers for the virtual address."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.lab.cluster import ADDRESSES, PORT, VIP, Cluster
from tests.lab.session import Result, Session
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

START = 180.0
VIP6 = "2001:db8::200"
ARP_IGNORE = "/proc/sys/net/ipv4/conf/all/arp_ignore"


def do(cluster: Cluster, name: str, command: str) -> Result:
    return cluster.run(name, [cluster.lab.python, "-m", "tests.lab.patient", "--do", command])


def examined(cluster: Cluster, name: str, *ids: str) -> Result:
    """What --check finds by trying."""
    return cluster.run(name, [cluster.lab.python, "-m", "tests.lab.patient", "--check", *ids, "--probe"])


def until(words: str, act: Callable[[], Result]) -> Result:
    """What comes of it, done again until these words are in it."""
    done: list[Result] = []

    def there() -> bool:
        done.append(act())
        return words in done[-1].stdout

    wait_until(there, f"{words!r} is said", story=lambda: str(done[-1]))
    return done[-1]


def mac(cluster: Cluster, name: str) -> str:
    words = cluster.lab.run(["ip", "-o", "link", "show", "dev", "eth1"], netns=name).ok().split()
    return words[words.index("link/ether") + 1]


def probed(screen: Terminal) -> bool:
    """Probes the servers in sight; whether that was done with keepalived's checks. If not, the page is left again."""
    screen.send("P")
    screen.see("2 of 2 open")
    if "by TCP_CHECK" in screen.screen():
        return True
    screen.send("Escape")
    screen.wait_for("virtual service ", timeout=START)
    return False


def test_the_ports_and_the_address_of_a_healthy_cluster(cluster: Cluster, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(cluster.argv("lvs1", [cluster.lab.python, "-m", "lvstui", "--fresh"]), size=(110, 24))
    screen.wait_for(" keepalived", timeout=START)
    # What keepalived checks with is read beside the table: a probe that comes before it tries the port alone.
    wait_until(lambda: probed(screen), "both are probed as keepalived checks them", timeout=START, story=screen.screen)
    for web in ("web1", "web2"):
        screen.see(f"tcp {VIP}:{PORT}  {ADDRESSES[web]}:{PORT} by TCP_CHECK  open, ")
    screen.send("Escape")
    screen.wait_for("virtual service ", timeout=START)
    screen.send("4")
    screen.wait_for("VI_1", timeout=START)
    screen.send("P")
    screen.see(f"{VIP} is held here, and nobody else answers for it", f"{VIP}   held here; asked on eth1")

    away = do(cluster, "lvs2", "who")  # the virtual addresses are known without naming them
    assert away.code == 0, away
    assert mac(cluster, "lvs1") in away.stdout
    assert f"one machine answers for {VIP}" in away.stdout


def test_a_real_server_that_answers_is_named(cluster: Cluster) -> None:
    """It has the address on lo, as direct routing wants, and arp_ignore=0: the kernel answers for every address."""
    cluster.run("web1", ["sh", "-c", f"echo 0 >{ARP_IGNORE}"]).ok()
    try:
        found = do(cluster, "lvs1", f"who {VIP}")
        check = examined(cluster, "lvs1", "arp-answered")
    finally:
        cluster.run("web1", ["sh", "-c", f"echo 1 >{ARP_IGNORE}"]).ok()
    assert found.code == 1, found
    assert f"{mac(cluster, 'web1')}   real server {ADDRESSES['web1']}" in found.stdout
    assert f"{VIP}: real server {ADDRESSES['web1']} answers for it" in found.stdout
    assert "split brain" not in found.stdout
    assert check.code == 2, check
    assert f"LVSTUI CRITICAL - 1 critical: {VIP}: real server {ADDRESSES['web1']} answers for it" in check.stdout
    assert examined(cluster, "lvs1", "arp-answered", "address-twice", "port-closed").code == 0  # it was mended


@pytest.fixture
def second_holder(cluster: Cluster) -> Iterator[None]:
    """The client has the address too: somebody else in the same network."""
    add = f"addr add {VIP}/32 dev eth1\naddr add {VIP6}/128 dev eth1 nodad\n"
    cluster.lab.run(["ip", "-batch", "-"], netns="cli", stdin=add).ok()
    cluster.lab.run(["ip", "-6", "route", "replace", "2001:db8::/64", "dev", "eth1"], netns="lvs1").ok()
    yield
    cluster.lab.run(["ip", "-6", "route", "del", "2001:db8::/64", "dev", "eth1"], netns="lvs1").ok()
    cluster.lab.run(["ip", "-batch", "-"], netns="cli", stdin=add.replace("add ", "del ").replace(" nodad", "")).ok()


def test_a_second_holder_is_a_split_brain(cluster: Cluster, second_holder: None) -> None:
    here = do(cluster, "lvs1", f"who {VIP}")
    assert here.code == 1, here
    assert f"held here, and {mac(cluster, 'cli')}" in here.stdout
    assert "split brain" in here.stdout
    away = do(cluster, "lvs2", f"arp {VIP}")
    assert away.code == 1, away
    assert f"{VIP}: 2 machines answer for it" in away.stdout
    check = examined(cluster, "lvs1", "address-twice")
    assert check.code == 2, check
    assert f"{VIP}: it is held here, and {mac(cluster, 'cli')}" in check.stdout
    # IPv6: a neighbour solicitation.
    found = do(cluster, "lvs1", f"who {VIP6}")
    assert found.code == 0, found
    assert mac(cluster, "cli") in found.stdout
    assert f"one machine answers for {VIP6}" in found.stdout


def test_a_port_that_is_not_open_says_why(cluster: Cluster) -> None:
    """web1's server has ended, web2's packets are dropped, and a third host is not there. keepalived has taken both
    out by then: they are tried all the same, for as long as its check would wait (connect_timeout 2)."""
    stranger = ["-t", f"{VIP}:{PORT}", "-r", "192.168.80.77"]
    drop = "tc filter add dev eth1 parent ffff: protocol ip u32 match ip protocol 6 0xff action drop"
    cluster.stop_web("web1")
    cluster.run("web2", ["sh", "-ec", f"tc qdisc add dev eth1 handle ffff: ingress; {drop}"]).ok()
    cluster.lab.run(["ipvsadm", "-a", *stranger], netns="lvs2").ok()
    try:
        cluster.wait_pool("lvs2", set())
        # The kernel asks a host that is not there for 3 s, and a port is tried for 5: a machine that stands still
        # between says only that the time is over.
        found = until("no route", lambda: do(cluster, "lvs2", f"probe tcp {VIP}:{PORT}"))
        check = until("no route", lambda: examined(cluster, "lvs2", "port-closed"))
    finally:
        cluster.lab.run(["ipvsadm", "-d", *stranger], netns="lvs2").ok()
        cluster.run("web2", ["tc", "qdisc", "del", "dev", "eth1", "ingress"]).ok()
        cluster.start_web("web1")
    assert found.code == 1, found
    assert f"{ADDRESSES['web1']}:{PORT} by TCP_CHECK  refused, after " in found.stdout
    assert f"{ADDRESSES['web2']}:{PORT} by TCP_CHECK  timed out after 2 s" in found.stdout
    assert "192.168.80.77:80  no route to the host" in found.stdout
    assert "0 of 3 open" in found.stdout
    # Only the stranger is in the table, and takes new connections.
    assert check.code == 1, check
    assert f"1 warning: 192.168.80.77:80 of tcp {VIP}:{PORT}: its port did not open: no route" in check.stdout


# Asks as a console does; prints whether the address is held here, and the MACs that answer.
ASK = """
from lvstui.director.model import address_packed
from lvstui.probing import Probing
found = Probing().who_has(address_packed("192.0.2.100"))
print(found.device, found.held, *((one.mac, one.ours) for one in found.answers))
"""
VMAC = "00:00:5e:00:01:33"


def test_two_masters_with_the_same_virtual_mac_are_distinguished(lab: Session) -> None:
    """keepalived's use_vmac: both have the address on an interface of their own, with the MAC of the virtual router.
    Who hears that MAC answer hears the other one."""
    wires = ["netns add vmac1", "netns add vmac2", "link add wire1 netns vmac1 type veth peer name wire2 netns vmac2"]
    lab.run(["ip", "-batch", "-"], stdin="\n".join(wires) + "\n").ok()
    try:
        for number in (1, 2):
            lines = [
                f"link set wire{number} up",
                f"addr add 192.0.2.{number}/24 dev wire{number}",
                f"link add vrrp.51 link wire{number} address {VMAC} type macvlan mode private",
                "link set vrrp.51 up",
            ]
            lab.run(["ip", "-batch", "-"], netns=f"vmac{number}", stdin="\n".join(lines) + "\n").ok()
        hold = ["ip", "addr", "add", "192.0.2.100/32", "dev", "vrrp.51"]
        lab.run(hold, netns="vmac1").ok()
        assert lab.run([lab.python, "-c", ASK], netns="vmac1").ok().split() == ["vrrp.51", "True"]
        lab.run(hold, netns="vmac2").ok()
        assert lab.run([lab.python, "-c", ASK], netns="vmac1").ok().strip() == f"vrrp.51 True ('{VMAC}', '')"
    finally:
        lab.run(["ip", "-batch", "-"], stdin="netns del vmac1\nnetns del vmac2\n").ok()
