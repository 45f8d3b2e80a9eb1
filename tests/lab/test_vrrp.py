"""VRRP as it is heard and told, judged by the real keepalived."""

from __future__ import annotations

from tests.lab.cluster import ADDRESSES, VIP, Cluster
from tests.lab.waiting import wait_until

# Prints what is heard in three seconds: interface, VRID, priority, sender, addresses, sound, ours.
HEAR = """
import select, time
from lvstui.director.model import address_text
from lvstui.kernel.hearing import Hearing
hearing = Hearing()
until = time.monotonic() + 3
while (left := until - time.monotonic()) > 0:
    select.select([hearing], [], [], left)
    for router, advert, ours in hearing.adverts():
        print(router.interface, advert.vrid, advert.priority, address_text(advert.source),
              ",".join(map(address_text, advert.addresses)), advert.interval, advert.sound, ours)
"""

# Prints what keepalived tells, twice, and what that cost it.
ASK = """
from lvstui.keepalived.dump.ask import told
pid = int(open("/run/keepalived.pid").read())
one, two = told(pid), told(pid)
assert one == two
(instance,) = one.instances
print(instance.name, instance.state, instance.interface, instance.vrid, instance.priority, instance.master,
      instance.master_priority, instance.transitions is not None)
(service,) = one.watched
for server in service.servers:
    print(server.weight, server.alive, server.programmed, *(checker.kind for checker in server.checkers))
"""


def python(cluster: Cluster, name: str, code: str) -> str:
    return cluster.run(name, [cluster.lab.python, "-c", code]).ok()


def test_adverts_are_heard_by_both(cluster: Cluster) -> None:
    said = {name: python(cluster, name, HEAR).splitlines() for name in ("lvs1", "lvs2")}
    for name, ours in (("lvs1", True), ("lvs2", False)):
        assert len(said[name]) >= 2, said
        assert set(said[name]) == {f"eth1 51 100 {ADDRESSES['lvs1']} {VIP} 1.0 True {ours}"}


def test_keepalived_tells_when_it_is_asked(cluster: Cluster) -> None:
    servers = ["3 True True TCP_CHECK"] * 2
    assert python(cluster, "lvs1", ASK).splitlines() == ["VI_1 MASTER eth1 51 100  0 True", *servers]
    assert python(cluster, "lvs2", ASK).splitlines() == [
        f"VI_1 BACKUP eth1 51 99 {ADDRESSES['lvs1']} 100 True",
        *servers,
    ]


# Reads as a console does until it can tell of an instance; prints it as it stands.
STANDS = """
import sys, time
from lvstui.director.model import address_text
from lvstui.director.source import Scope
from lvstui.live import open_source
source = open_source()
until = time.monotonic() + 20
while True:
    vrrp = source.read(Scope(vrrp=True, sweep=True, ask=sys.argv[1] == "ask")).vrrp
    heard = vrrp.instances and vrrp.instances[0].masters
    if heard and vrrp.source == ("dump" if sys.argv[1] == "ask" else "configuration") or time.monotonic() > until:
        break
    time.sleep(0.2)
(one,) = vrrp.instances
print(vrrp.role, vrrp.source, one.instance.name, one.state, one.instance.vrid, one.instance.priority, one.present,
      *(address_text(advert.source) for advert in one.masters), *one.findings)
assert "1111" not in repr(vrrp)
"""


def stands(cluster: Cluster, name: str, how: str) -> str:
    return cluster.run(name, [cluster.lab.python, "-c", STANDS, how]).ok().strip()


def test_both_directors_know_where_they_stand(cluster: Cluster) -> None:
    for how, source in (("configured", "configuration"), ("ask", "dump")):
        master = ADDRESSES["lvs1"]
        assert stands(cluster, "lvs1", how) == f"MASTER {source} VI_1 MASTER 51 100 (True,) {master}"
        assert stands(cluster, "lvs2", how) == f"BACKUP {source} VI_1 BACKUP 51 99 (False,) {master}"


def test_a_split_brain_is_found_on_both_and_gone_after_healing(cluster: Cluster) -> None:
    """lvs2 no longer hears what lvs1 says: lvs2 takes over, and both hold the address."""
    drop = "tc filter add dev eth1 parent ffff: protocol ip u32 match ip protocol 112 0xff action drop"
    cluster.run("lvs2", ["sh", "-ec", f"tc qdisc add dev eth1 handle ffff: ingress; {drop}"]).ok()
    try:
        wait_until(lambda: cluster.holds_vip("lvs2"), "lvs2 takes over")
        assert cluster.holds_vip("lvs1")
        for name in ("lvs1", "lvs2"):
            assert "split brain: " in stands(cluster, name, "configured")
    finally:
        cluster.run("lvs2", ["tc", "qdisc", "del", "dev", "eth1", "ingress"]).ok()
        cluster.wait_master("lvs1")
    assert "split brain" not in stands(cluster, "lvs1", "configured")
