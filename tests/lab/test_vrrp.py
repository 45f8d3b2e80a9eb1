"""VRRP as heard and reported, compared with the real keepalived. test_failover.py tests the conclusions."""

from __future__ import annotations

from functools import partial

from tests.lab.cluster import ADDRESSES, VIP, Cluster
from tests.lab.director import Director
from tests.lab.waiting import wait_until

# Prints the first two adverts that are heard: interface, VRID, priority, sender, addresses, sound, ours.
HEAR = """
import select, time
from lvstui.director.model import address_text
from lvstui.kernel.hearing import AdvertSocket
hearing = AdvertSocket()
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
import time
from lvstui.keepalived.dump.ask import report
pid = int(open("/run/keepalived.pid").read())
until = time.monotonic() + 120
while True:  # on a busy machine what other processes write comes after what is waited for
    one, two = report(pid), report(pid)
    whole = one.services and one.instances and one.instances[0].transitions is not None
    if (whole and one == two) or time.monotonic() > until:
        break
assert one == two, (one, two)
(instance,) = one.instances
print(instance.name, instance.state, instance.interface, instance.vrid, instance.priority, instance.master,
      instance.master_priority, instance.transitions is not None)
(service,) = one.services
for server in service.servers:
    print(server.weight, server.alive, server.programmed, *(checker.kind for checker in server.checkers))
"""


def python(cluster: Cluster, name: str, code: str) -> str:
    return cluster.run(name, [cluster.lab.python, "-c", code]).ok()


def hears(cluster: Cluster, name: str, wanted: str) -> bool:
    said = python(cluster, name, HEAR).splitlines()
    return len(said) >= 2 and set(said) == {wanted}


def test_adverts_are_heard_by_both(cluster: Cluster) -> None:
    """lvs2 is heard for a moment, too, where the machine stood still for so long that it took over."""
    for name, ours in (("lvs1", True), ("lvs2", False)):
        wanted = f"eth1 51 100 {ADDRESSES['lvs1']} {VIP} 1.0 True {ours}"
        wait_until(partial(hears, cluster, name, wanted), f"{name} hears lvs1 alone: {wanted}")


def test_keepalived_answers_when_it_is_asked(cluster: Cluster) -> None:
    servers = ["3 True True TCP_CHECK"] * 2
    assert python(cluster, "lvs1", ASK).splitlines() == ["VI_1 MASTER eth1 51 100  0 True", *servers]
    assert python(cluster, "lvs2", ASK).splitlines() == [
        f"VI_1 BACKUP eth1 51 99 {ADDRESSES['lvs1']} 100 True",
        *servers,
    ]


# Looks, moves addresses to and fro while nobody looks, and says which are seen to have gone.
GONE = """
import subprocess
from lvstui.kernel.interfaces import Watch
def move(*moves):
    for words in moves:
        subprocess.run(["ip", "addr", *words.split(), "dev", "eth1"], check=True)
move("add 192.0.2.77/32", "add 2001:db8::77/64 nodad")
watch = Watch()
before = watch.interfaces()
move("del 192.0.2.77/32", "add 192.0.2.77/32", "del 2001:db8::77/64", "add 192.0.2.78/32")
after = watch.interfaces()
print(bytes((192, 0, 2, 77)) in {one.address for one in before.addresses & after.addresses})
print(*sorted(one.hex() for one in after.gone))
print(*sorted(one.hex() for one in watch.interfaces().gone))
move("del 192.0.2.77/32", "del 192.0.2.78/32")
"""


def test_an_address_that_goes_and_comes_back_between_two_looks_is_noticed(cluster: Cluster) -> None:
    """Once: the look after that, which finds nothing new, does not tell of it again."""
    found = cluster.run("web1", [cluster.lab.python, "-c", GONE]).ok()
    assert found.splitlines() == ["True", "20010db8000000000000000000000077 c000024d", ""], found


# Prints the interfaces and addresses as lvstui reads them, and the same by way of pyroute2.
COMPARE = """
import subprocess
from pyroute2 import IPRoute
from lvstui.director.model import address_packed
from lvstui.kernel.interfaces import Address, Interfaces, NetworkLink, read
for words in (
    "link add dd0 type dummy", "link set dd0 up", "link add vv0 type veth peer name vv1", "link set vv0 up",
    "link add mac0 link dd0 type macvlan mode private", "link add ipv0 link vv0 type ipvlan", "link set mac0 up",
    "addr add 192.0.2.81/24 dev dd0", "addr add 192.0.2.82/32 dev mac0", "addr add 2001:db8::81/64 dev mac0 nodad",
    "addr add 192.0.2.83 peer 192.0.2.84/32 dev vv0", "link set vv1 address 02:00:5e:00:00:01", "link set lo up",
):
    subprocess.run(["ip", *words.split()], check=True)
def by_pyroute2():
    with IPRoute() as route:
        links, addresses, names, below = {}, set(), {}, {}
        for message in route.get_links():
            said = dict(message["attrs"])
            name = names[message["index"]] = said["IFLA_IFNAME"]
            up = message["flags"] & 0x10001 == 0x10001
            mac, mtu = said.get("IFLA_ADDRESS") or "", said["IFLA_MTU"]
            links[name] = NetworkLink(name, up, bool(message["flags"] & 8), mac, mtu=mtu)
            kind = dict(said.get("IFLA_LINKINFO", {}).get("attrs", ())).get("IFLA_INFO_KIND")
            if kind in ("macvlan", "ipvlan"):
                below[name] = said["IFLA_LINK"]
        for name, index in below.items():
            links[name] = links[name]._replace(below=names[index])
        for message in route.get_addr():
            said = dict(message["attrs"])
            text = said.get("IFA_LOCAL") or said["IFA_ADDRESS"]
            addresses.add(Address(address_packed(text), message["prefixlen"], names[message["index"]]))
    return Interfaces(links, frozenset(addresses))
ours, theirs = read(), by_pyroute2()
while ours != read():  # an interface that has just come up gets an address of its own some moments later
    ours, theirs = read(), by_pyroute2()
# pyroute2 takes the address of every link for six bytes; that of a tunnel (tunl0) has four.
theirs = theirs._replace(links={
    name: link._replace(mac=link.mac[: len(ours.links[name].mac)]) for name, link in theirs.links.items()
})
print(ours == theirs, len(ours.links) > 5, len(ours.addresses) > 5)
print(ours.links["mac0"].below, ours.links["ipv0"].below, ours.links["vv1"].mac)
if ours != theirs:
    print(ours, theirs, sep="\\n")
"""


def test_interfaces_are_read_like_pyroute2_reads_them(director: Director) -> None:
    assert director.python(COMPARE).ok().splitlines() == ["True True True", "dd0 vv0 02:00:5e:00:00:01"]
