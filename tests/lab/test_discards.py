"""Two directors whose keepaliveds throw each other's adverts away, each kind of reason: both are masters. The daemon
says so in its log; lvstui names the cause and holds it, and takes no role from such an advert."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.lab.cluster import ADDRESSES, DIRECTORS, VIP, Cluster, configuration
from tests.lab.test_failover import reconfigure
from tests.lab.waiting import wait_until
from tests.lab.watching import WAYS, Record, Watching, watching
from tests.sampling import some

CASES = Path(__file__).parent / "vrrp"
ONE, TWO = ADDRESSES["lvs1"], ADDRESSES["lvs2"]
STEADY = 8.0
"""Seconds for which nothing may change once it stands: what flips does so when three adverts were missed."""

INSTANCE = """
vrrp_instance web {
 state BACKUP
 interface eth1
 virtual_router_id 60
 priority PRIORITY
 LINES
}
"""
ADDRESS = "virtual_ipaddress { 10.0.0.20/24 }"
PASS = "authentication {\n auth_type PASS\n auth_pass 1111\n }"


class Kind(NamedTuple):
    """The configurations of both directors, what keepalived logs of the other's adverts, and what is said of them."""

    one: str
    two: str
    logged: tuple[str, str]
    said: tuple[str, str]


def kind(one: str, two: str, logged: tuple[str, str], said: tuple[str, str]) -> Kind:
    def text(lines: str, priority: str) -> str:
        return INSTANCE.replace("PRIORITY", priority).replace("LINES", f"{lines}\n {ADDRESS}")

    return Kind(text(one, "100"), text(two, "90"), logged, said)


KINDS = {
    "address list": Kind(
        (CASES / "address-list-a.conf").read_text(),
        (CASES / "address-list-b.conf").read_text(),
        ("unexpected ip number count 3, expected 2", "unexpected ip number count 2, expected 3"),
        ("they announce 10.0.0.22 too", "they do not announce 10.0.0.22"),
    ),
    "address": Kind(
        (CASES / "address-list-a.conf").read_text(),
        (CASES / "address-list-a.conf").read_text().replace("10.0.0.21/", "10.0.0.23/").replace("100\n", "90\n"),
        ("not present in MASTER advert: 10.0.0.21", "not present in MASTER advert: 10.0.0.23"),
        ("they announce 10.0.0.23 too and do not announce 10.0.0.21", "they announce 10.0.0.21 too and do not"),
    ),
    "password": kind(
        PASS,
        PASS.replace("1111", "2222"),
        ("received an invalid passwd", "received an invalid passwd"),
        ("their password (auth_pass) differs", "their password (auth_pass) differs"),
    ),
    "authentication": kind(
        PASS,
        "",
        ("received a 0 auth, expecting 1", "received a 1 auth, expecting 0"),
        (
            "they are sent without a password, here with a password",
            "they are authenticated with a password, here without a password",
        ),
    ),
    "AH": kind(  # the sockets of either hear nothing of the other, so nothing is logged
        PASS.replace("PASS", "AH"),
        PASS,
        ("", ""),
        ("they are authenticated with a password, here by AH", "they are authenticated by AH, here with a password"),
    ),
    "version": kind(
        "version 2",
        "version 3",
        ("wrong version. Received 3 and expect 2", "wrong version. Received 2 and expect 3"),
        ("they are of VRRP version 3, here it is version 2", "they are of VRRP version 2, here it is version 3"),
    ),
    "interval": kind(
        "advert_int 1",
        "advert_int 2",
        (
            "advertisement interval mismatch mine=1 sec rcv'd=2 sec",
            "advertisement interval mismatch mine=2 sec rcv'd=1",
        ),
        ("they come every 2 s, here advert_int is 1", "they come every 1 s, here advert_int is 2"),
    ),
    "unicast": kind(
        f"unicast_peer {{\n {TWO}\n }}",
        "",
        ("", ""),  # a socket for unicast hears no multicast, and the other way round, so nothing is logged
        (
            "they are sent by multicast, here unicast peers are configured",
            "they are sent by unicast, here no unicast peer is configured",
        ),
    ),
}


@pytest.fixture(scope="module")
def watch(_cluster: Cluster) -> Iterator[Watching]:
    cluster = _cluster
    cluster.heal()
    with watching(cluster) as found:
        yield found
    for name in DIRECTORS:
        stop(cluster, name)
        reconfigure(cluster, name, configuration(name))
    cluster.heal()


def stop(cluster: Cluster, name: str) -> None:
    if cluster.up(name):
        cluster.stop_keepalived(name)


def logs(cluster: Cluster, name: str, words: str) -> bool:
    return words in cluster.log(name)


def split(instance: str, sender: str, said: str, known: Record) -> bool:
    """Master, with the one finding that names who else is, and why."""
    words = f"split brain: {sender} is master too, because keepalived discards its adverts: {said}"
    findings = [text for text in known["findings"] if words in text]
    return (known["role"], known["states"], len(findings), len(known["findings"])) == (
        "MASTER",
        {instance: "MASTER"},
        1,
        1,
    )


@pytest.mark.parametrize("name", some(KINDS, 3))
def test_two_masters_that_discard_each_others_adverts(watch: Watching, name: str) -> None:
    cluster, found = watch.cluster, KINDS[name]
    for director in DIRECTORS:
        stop(cluster, director)
    for director, text in zip(DIRECTORS, (found.one, found.two), strict=True):
        reconfigure(cluster, director, text)
        cluster.start_keepalived(director)
    for director in DIRECTORS:
        wait_until(
            partial(logs, cluster, director, "Startup complete"),
            f"keepalived of {director} has started",
            story=lambda: cluster.lab.run(["ps", "-ef"]).stdout,
        )
    senders = f"{TWO} (priority 90)", f"{ONE} (priority 100)"
    watch.steady(
        f"{name}: two masters, and why",
        {
            (director, way): partial(split, "web", senders[number], found.said[number])
            for number, director in enumerate(DIRECTORS)
            for way in WAYS
        },
        STEADY,
    )
    for director, words in zip(DIRECTORS, found.logged, strict=True):
        wait_until(partial(logs, cluster, director, words), words, story=partial(cluster.log, director))
        assert "10.0.0.20/" in cluster.lab.run(["ip", "-o", "addr"], netns=director).ok(), "both hold the address"


# Sends an advert as lvs1's own keepalived does, with a higher priority, each second: of another TTL, or with another
# checksum.
FORGE = """
import socket, struct, sys, time
hops, wrong = int(sys.argv[1]), int(sys.argv[2])
source, vip = (socket.inet_aton(word) for word in sys.argv[3:5])
group = socket.inet_aton("224.0.0.18")
def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
body = struct.pack("!BBBBBBH", 0x21, 51, 200, 1, 1, 1, 0) + vip + b"1111" + bytes(4)
body = body[:6] + struct.pack("!H", checksum(body) ^ wrong) + body[8:]
header = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(body), 1, 0, hops, 112, 0, source, group)
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, source)
while True:
    out.sendto(header + body, ("224.0.0.18", 0))
    time.sleep(1)
"""


@pytest.mark.parametrize(
    ("hops", "wrong", "logged", "said"),
    [
        ("254", "0", "invalid TTL/HL. Received 254 and expect 255", "they have passed a router (TTL 254, must be 255)"),
        ("255", "5", "Invalid VRRPv2 checksum", "they are malformed (length or checksum)"),
    ],
    ids=["ttl", "checksum"],
)
def test_an_advert_that_no_keepalived_sends(watch: Watching, hops: str, wrong: str, logged: str, said: str) -> None:
    cluster = watch.cluster
    for name in DIRECTORS:
        stop(cluster, name)
        reconfigure(cluster, name, configuration(name))
    cluster.heal()
    source = ADDRESSES["web1"]
    forger = cluster.spawn("web1", [cluster.lab.python, "-c", FORGE, hops, wrong, source, VIP])
    try:
        sender = f"{source} (priority 200)"
        watch.steady(said, {("lvs1", way): partial(split, "VI_1", sender, said) for way in WAYS}, STEADY)
        assert cluster.holds_vip("lvs1")
        wait_until(partial(logs, cluster, "lvs1", logged), logged, story=lambda: forger.stderr() + cluster.log("lvs1"))
    finally:
        forger.stop()
