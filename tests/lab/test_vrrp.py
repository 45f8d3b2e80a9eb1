"""VRRP as it is heard and told, judged by the real keepalived. What is made of it: test_failover.py."""

from __future__ import annotations

from tests.lab.cluster import ADDRESSES, VIP, Cluster

# Prints the first two adverts that are heard: interface, VRID, priority, sender, addresses, sound, ours.
HEAR = """
import select, time
from lvstui.director.model import address_text
from lvstui.kernel.hearing import Hearing
hearing = Hearing()
until, heard = time.monotonic() + 180, 0
while heard < 2 and (left := until - time.monotonic()) > 0:
    select.select([hearing], [], [], left)
    for router, advert, ours in hearing.adverts():
        heard += 1
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
