"""Every kind of VRRP instance at once, by the real keepalived: a sync group, IPv6, version 3 with adverts many a
second, unicast, a VMAC of either family; what the view says of each, by configuration and addresses alone, and by
dumps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.lab.cluster import ADDRESSES, DIRECTORS, LAN, Cluster, configuration
from tests.lab.test_failover import reconfigure
from tests.lab.waiting import wait_until
from tests.lab.watching import WAYS, Record, Watching, watching

BAD = "/run/bad"
INSTANCES = f"""
global_defs {{{{
    script_user root
    enable_script_security
}}}}
vrrp_script works {{{{
    script "/usr/bin/test ! -e {BAD}"
    interval 1
    timeout 60
    weight -20
    fall 1
    rise 1
}}}}
vrrp_sync_group G1 {{{{
    group {{{{
        VI_out
        VI_in
    }}}}
}}}}
vrrp_instance VI_out {{{{
    state {{state}}
    interface eth1
    virtual_router_id 61
    priority {{priority}}
    authentication {{{{
        auth_type PASS
        auth_pass s3cr3t
    }}}}
    virtual_ipaddress {{{{
        192.168.80.210/24
    }}}}
    virtual_ipaddress_excluded {{{{
        192.168.80.211 dev dummy9
    }}}}
}}}}
vrrp_instance VI_in {{{{
    state {{state}}
    interface eth2
    virtual_router_id 62
    priority {{priority}}
    virtual_ipaddress {{{{
        10.9.0.210/24
    }}}}
}}}}
vrrp_instance VI_six {{{{
    state BACKUP
    interface eth1
    virtual_router_id 61
    priority {{priority}}
    advert_int 0.5
    nopreempt
    virtual_ipaddress {{{{
        fe80::61
        2001:db8::210/64
    }}}}
}}}}
vrrp_instance VI_fast {{{{
    state {{state}}
    interface eth1
    virtual_router_id 63
    version 3
    priority {{priority}}
    advert_int 0.2
    virtual_ipaddress {{{{
        192.168.80.213
    }}}}
    track_script {{{{
        works
    }}}}
    track_interface {{{{
        eth2 weight -10
    }}}}
}}}}
vrrp_instance VI_uni {{{{
    state {{state}}
    interface eth1
    virtual_router_id 64
    priority {{priority}}
    unicast_src_ip {{own}}
    unicast_peer {{{{
        {{peer}}
    }}}}
    virtual_ipaddress {{{{
        192.168.80.214
    }}}}
}}}}
vrrp_instance VI_mac {{{{
    state {{state}}
    interface eth1
    virtual_router_id 65
    use_vmac
    priority {{priority}}
    virtual_ipaddress {{{{
        192.168.80.215
    }}}}
}}}}
vrrp_instance VI_mac6 {{{{
    state {{state}}
    interface eth1
    virtual_router_id 65
    use_vmac
    priority {{priority}}
    virtual_ipaddress {{{{
        fe80::65
        2001:db8::215
    }}}}
}}}}
"""
NAMES = ("VI_out", "VI_in", "VI_six", "VI_fast", "VI_uni", "VI_mac", "VI_mac6")

# What the view says of each on the master, but for what is checked for all: state, since and master.
SAYS = {
    "VI_out": [
        "virtual address: 192.168.80.210/24 dev eth1   on the interface",
        "excluded address: 192.168.80.211/32 dev dummy9   on the interface",
        "interface: eth1 up",
        "virtual router: 61, VRRPv2 over IPv4, advert every 1 s",
        "priority: 100, preempts",
        "sync group: G1",
    ],
    "VI_in": [
        "virtual address: 10.9.0.210/24 dev eth2   on the interface",
        "interface: eth2 up",
        "virtual router: 62, VRRPv2 over IPv4, advert every 1 s",
        "priority: 100, preempts",
        "sync group: G1",
    ],
    "VI_six": [
        "virtual address: fe80::61/128 dev eth1   on the interface",
        "virtual address: 2001:db8::210/64 dev eth1   on the interface",
        "interface: eth1 up",
        "virtual router: 61, VRRPv3 over IPv6, advert every 0.5 s",
        "priority: 100, does not preempt",
    ],
    "VI_fast": [
        "virtual address: 192.168.80.213/32 dev eth1   on the interface",
        "interface: eth1 up",
        "virtual router: 63, VRRPv3 over IPv4, advert every 0.2 s",
        "priority: 100, preempts",
        "tracked interface: eth2   weight -10   good",
    ],
    "VI_uni": [
        "virtual address: 192.168.80.214/32 dev eth1   on the interface",
        "interface: eth1 up",
        "virtual router: 64, VRRPv2 over IPv4, advert every 1 s",
        "priority: 100, preempts",
        f"unicast peer: {ADDRESSES['lvs2']}",
    ],
    "VI_mac": [
        "virtual address: 192.168.80.215/32 dev vrrp.65   on the interface",
        "interface: eth1 up, vmac vrrp.65",
        "virtual router: 65, VRRPv2 over IPv4, advert every 1 s",
        "priority: 100, preempts",
    ],
    "VI_mac6": [
        "virtual address: fe80::65/128 dev vrrp6.65   on the interface",
        "virtual address: 2001:db8::215/128 dev vrrp6.65   on the interface",
        "interface: eth1 up, vmac vrrp6.65",
        "virtual router: 65, VRRPv3 over IPv6, advert every 1 s",
        "priority: 100, preempts",
    ],
}
SCRIPT = {"addresses": "tracked script: works   weight -20", "dumps": "tracked script: works   weight -20   good"}


def instances(name: str) -> str:
    state, priority = DIRECTORS[name]
    peer = "lvs2" if name == "lvs1" else "lvs1"
    return INSTANCES.format(state=state, priority=priority, own=ADDRESSES[name], peer=ADDRESSES[peer])


def addresses(cluster: Cluster) -> str:
    """Those of lvs1, as the kernel says."""
    return cluster.lab.run(["ip", "-o", "addr"], netns="lvs1").ok()


@pytest.fixture(scope="module")
def watch(_cluster: Cluster) -> Iterator[Watching]:
    """Both directors with all instances and a second leg, watched."""
    cluster, lab = _cluster, _cluster.lab
    cluster.heal()
    for name in DIRECTORS:
        lines = [f"link add {name}b type veth peer name eth2 netns {name}", f"link set {name}b master br0 up"]
        lab.run(["ip", "-batch", "-"], netns=LAN, stdin="\n".join(lines) + "\n").ok()
        lines = ["link set eth2 up", f"addr add 10.9.0.{name[-1]}/24 dev eth2"]
        lines += ["link add dummy9 type dummy", "link set dummy9 up"]
        lab.run(["ip", "-batch", "-"], netns=name, stdin="\n".join(lines) + "\n").ok()
        reconfigure(cluster, name, instances(name))
        if name == "lvs1":  # it has to be there before lvs2 is: what is master first stays so (nopreempt)
            wait_until(lambda: "2001:db8::210/" in addresses(cluster), "lvs1 is master of VI_six")
    with watching(cluster) as found:
        yield found
    for name in DIRECTORS:
        reconfigure(cluster, name, configuration(name))
        lines = ["link del eth2", "link del dummy9"]
        lab.run(["ip", "-batch", "-"], netns=name, stdin="\n".join(lines) + "\n").ok()


def settled(watch: Watching) -> None:
    """lvs1 is master of all, which both know, by a dump where they may ask."""
    for name, state in (("lvs1", "MASTER"), ("lvs2", "BACKUP")):
        wanted = dict.fromkeys(NAMES, state)
        for way, source in zip(WAYS, ("configuration", "dump"), strict=True):
            watch.wait(
                name,
                f"{state} in all, by {source}",
                lambda known: (
                    (known["states"], known["findings"], known["source"]) == (wanted, [], source)  # noqa: B023
                    and all(len(found) == 1 for found in known["masters"].values())
                ),
                (way,),
            )


def lines(known: Record) -> dict[str, list[str]]:
    """What the view says of each instance."""
    return {name: [f"{what}: {words}" for what, words in facts] for name, facts in known["facts"].items()}


def begins(said: list[str], *words: str) -> bool:
    return all(any(line.startswith(word) for line in said) for word in words)


def told_of_a_master(way: str, known: Record) -> bool:
    """Of each instance all that it is to say on the master."""
    said, heard = lines(known), {}
    source = "dump, under" if way == "dumps" else "names from configuration, states from addresses"
    for instance in NAMES:
        if not said[instance][0].startswith(f"state: MASTER   ({source}"):
            return False
        if not {*SAYS[instance], *([SCRIPT[way]] if instance == "VI_fast" else [])} <= set(said[instance]):
            return False
        if way == "dumps" and not begins(said[instance], "since: ", "transitions: became master "):
            return False
        heard[instance] = [line for line in said[instance] if line.startswith("master heard: ")]
    link, other = heard.pop("VI_six"), heard.pop("VI_mac6")
    if not (link and link == other and link[0].startswith("master heard: fe80::") and "priority 100" in link[0]):
        return False
    if heard.pop("VI_in") != ["master heard: 10.9.0.1, priority 100, this director"]:
        return False
    return set(map(tuple, heard.values())) == {(f"master heard: {ADDRESSES['lvs1']}, priority 100, this director",)}


def told_of_a_backup(way: str, known: Record) -> bool:
    for said in lines(known).values():
        heard = any(line.startswith("master heard: ") and line.endswith("priority 100") for line in said)
        if any("on the interface" in line for line in said) or not heard:
            return False
        if (way == "dumps") != begins(said, "last master: "):
            return False
    return True


def test_the_details_of_each_instance(watch: Watching) -> None:
    """All of it at once: the lines of one instance may come before those of another."""
    settled(watch)
    for way in WAYS:
        watch.wait("lvs1", "all is told of each master", partial(told_of_a_master, way), (way,))
        watch.wait("lvs2", "all is told of each backup", partial(told_of_a_backup, way), (way,))
        assert "s3cr3t" not in watch.jobs["lvs1", way].stdout() + watch.jobs["lvs2", way].stdout()


def test_a_weight_is_seen_in_the_adverts(watch: Watching) -> None:
    """A script that fails lowers the priority: another becomes master of that instance, and of no other."""
    settled(watch)
    watch.cluster.run("lvs1", ["touch", BAD]).ok()
    try:
        watch.wait(
            "lvs2",
            "VI_fast alone",
            lambda known: known["states"] == {**dict.fromkeys(NAMES, "BACKUP"), "VI_fast": "MASTER"},
        )
        watch.wait(
            "lvs1",
            "all but VI_fast",
            lambda known: known["states"] == {**dict.fromkeys(NAMES, "MASTER"), "VI_fast": "BACKUP"},
        )
        watch.wait("lvs1", "partial", lambda known: known["role"] == "PARTIAL")
        priority = "priority: 100, effective 80, preempts"
        watch.wait(
            "lvs1",
            "the priority",
            lambda known: known["priorities"]["VI_fast"] == 80 and priority in lines(known)["VI_fast"],
            ("dumps",),
        )
    finally:
        watch.cluster.run("lvs1", ["rm", BAD]).ok()
    settled(watch)


@pytest.mark.parametrize(
    ("where", "link", "down"), [(LAN, "lvs1b", "eth2"), ("lvs1", "dummy9", "dummy9")], ids=["cable", "address"]
)
def test_a_sync_group_fails_over_together(watch: Watching, where: str, link: str, down: str) -> None:
    """The cable of one of its two is pulled, or an interface is down that has but an address of one: both fail, and the
    other director has both."""
    settled(watch)
    watch.cluster.lab.run(["ip", "link", "set", link, "down"], netns=where).ok()
    group = ("VI_out", "VI_in")
    try:
        watch.wait("lvs1", "both fail", lambda known: all(known["states"][name] == "FAULT" for name in group))
        watch.wait("lvs2", "both move", lambda known: all(known["states"][name] == "MASTER" for name in group))
        watch.wait_finding("lvs1", f"{down} is down")
        watch.wait_finding("lvs1", "in fault with its sync group G1")
        watch.wait("lvs1", "the others stay", lambda known: known["states"]["VI_six"] == "MASTER")
    finally:
        watch.cluster.lab.run(["ip", "link", "set", link, "up"], netns=where).ok()
    settled(watch)


def test_a_split_of_a_vmac_is_found(watch: Watching) -> None:
    """Adverts of one side no longer pass: a VMAC's, of either family, are heard below it."""
    settled(watch)
    rules = [
        "tc qdisc add dev eth1 handle ffff: ingress",
        "tc filter add dev eth1 parent ffff: protocol ip u32 match ip protocol 112 0xff action drop",
        "tc filter add dev eth1 parent ffff: protocol ipv6 u32 match ip6 protocol 112 0xff action drop",
    ]
    watch.cluster.run("lvs2", ["sh", "-ec", "\n".join(rules)]).ok()
    split = [name for name in NAMES if name not in ("VI_in", "VI_out")]
    try:
        for name in DIRECTORS:
            watch.wait(
                name,
                "each is split",
                lambda known: all(lines(known)[one][0].startswith("finding: split brain: ") for one in split),
            )
    finally:
        watch.cluster.run("lvs2", ["tc", "qdisc", "del", "dev", "eth1", "ingress"]).ok()
    for name in DIRECTORS:
        watch.wait_well(name)
