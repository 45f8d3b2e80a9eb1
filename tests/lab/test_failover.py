"""Failover as it happens: the roles that consoles on both directors know, when, and what they find wrong meanwhile. The
real keepalived moves; `ip monitor` says when the kernel had it so. Run with -s to see the delays that were measured."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.cluster import ADDRESSES, DIRECTORS, LAN, VIP, Cluster, configuration
from tests.lab.waiting import wait_until
from tests.lab.watching import WAYS, Watching, watching

ONE, TWO = ADDRESSES["lvs1"], ADDRESSES["lvs2"]
BAD = "/run/bad"
# A script whose failure is a fault of the instance. That it takes long on a busy machine is none.
SCRIPT = f"""
global_defs {{
    script_user root
    enable_script_security
}}
vrrp_script works {{
    script "/usr/bin/test ! -e {BAD}"
    interval 1
    timeout 60
    fall 1
    rise 1
}}
"""
NEVER = ("split brain", "backup, but", "fault, but", "master, but")
"""Findings that no failover in order may show, not even for a moment. Adverts do stop on a machine that is too busy."""
DROP = "tc filter add dev eth1 parent ffff: protocol ip u32 match ip protocol 112 0xff action drop"


def reconfigure(cluster: Cluster, name: str, text: str) -> None:
    cluster.run(name, ["tee", "/etc/keepalived/keepalived.conf"], stdin=text).ok()
    cluster.run(name, ["sh", "-c", "! [ -e /run/keepalived.pid ] || kill -HUP $(cat /run/keepalived.pid)"]).ok()


@pytest.fixture(scope="module")
def _watch(_cluster: Cluster) -> Iterator[Watching]:
    _cluster.heal()
    tracking = "interface eth1\n    track_script {\n        works\n    }"
    for name in DIRECTORS:
        reconfigure(_cluster, name, SCRIPT + configuration(name).replace("interface eth1", tracking))
    with watching(_cluster) as watch:
        yield watch
    for name in DIRECTORS:
        reconfigure(_cluster, name, configuration(name))


@pytest.fixture
def watch(_watch: Watching) -> Watching:
    """Both directors watched, in health and known to be."""
    _watch.cluster.heal()
    settled(_watch)
    _watch.mark()
    return _watch


def settled(watch: Watching) -> None:
    for name, role in (("lvs1", "MASTER"), ("lvs2", "BACKUP")):
        watch.wait(name, f"{role} in health", lambda known, role=role: known["role"] == role and not known["findings"])  # type: ignore[misc]
        watch.wait(name, "by a dump", lambda known: known["source"] == "dump", ("dumps",))


def over(watch: Watching, story: str, role: str, ways: tuple[str, ...] = WAYS) -> None:
    """lvs2 takes over, and lvs1 has this role."""
    wait_until(lambda: watch.cluster.holds_vip("lvs2"), "lvs2 takes over")
    watch.wait_role("lvs2", "MASTER")
    watch.wait_role("lvs1", role, ways)
    watch.measure(story, "lvs2", VIP, "MASTER")


def back(watch: Watching, story: str, moved: tuple[str, ...] = ("lvs1", "lvs2")) -> None:
    """lvs1 is master again, and both know it; `moved`: to and from whom the address went for it."""
    watch.cluster.wait_healthy()
    settled(watch)
    for name in moved:
        watch.measure(story, name, VIP, "MASTER" if name == "lvs1" else "BACKUP")


def calm(watch: Watching) -> None:
    for name in DIRECTORS:
        for way in WAYS:
            wolf = {text for text in watch.findings(name, way) if any(words in text for words in NEVER)}
            assert not wolf, (name, way, wolf)


def test_a_planned_failover(watch: Watching) -> None:
    watch.cluster.stop_keepalived("lvs1")
    over(watch, "stopped", "")
    watch.wait("lvs1", "nothing runs", lambda known: known["keepalived"] is False and known["states"]["VI_1"] == "STOP")
    watch.cluster.start_keepalived("lvs1")
    back(watch, "started")
    calm(watch)


def test_a_killed_keepalived(watch: Watching) -> None:
    """The address and the table stay behind, and nobody takes them away."""
    watch.signal("lvs1", "KILL")
    left = f"keepalived is not running, and {VIP} is still on eth1"
    watch.wait_finding("lvs1", left)
    over(watch, "killed", "MASTER")
    watch.wait_finding("lvs1", f"split brain: {TWO} (priority 99) is master too")
    assert watch.cluster.rules("lvs1") and watch.cluster.holds_vip("lvs1")
    watch.cluster.start_keepalived("lvs1")
    back(watch, "started after a kill")


def test_a_pulled_cable(watch: Watching) -> None:
    watch.cluster.lab.run(["ip", "link", "set", "lvs1", "down"], netns=LAN).ok()
    try:
        watch.wait_finding("lvs1", "eth1 is down")
        over(watch, "cable pulled", "FAULT")
    finally:
        watch.cluster.lab.run(["ip", "link", "set", "lvs1", "up"], netns=LAN).ok()
    back(watch, "cable back")
    calm(watch)


def test_a_failing_script(watch: Watching) -> None:
    """Without a dump nobody can tell a fault from a backup."""
    watch.cluster.run("lvs1", ["touch", BAD]).ok()
    try:
        over(watch, "script fails", "BACKUP", ("addresses",))
        watch.wait_role("lvs1", "FAULT", ("dumps",))
        watch.wait_finding("lvs1", "1 of what it tracks failed: script works", ("dumps",))
    finally:
        watch.cluster.run("lvs1", ["rm", BAD]).ok()
    back(watch, "script is well")
    calm(watch)


def test_a_split_brain(watch: Watching) -> None:
    """lvs2 hears nothing of lvs1 any more, for its VRRP is dropped on the way: both are master. The one finds it by the
    other's adverts, the other by what it still overhears."""
    watch.cluster.run("lvs2", ["sh", "-ec", f"tc qdisc add dev eth1 handle ffff: ingress; {DROP}"]).ok()
    try:
        over(watch, "dropped", "MASTER")
        for name, other in (("lvs1", f"{TWO} (priority 99)"), ("lvs2", f"{ONE} (priority 100)")):
            watch.wait_finding(name, f"split brain: {other} is master too")
            watch.since("split brain", name, "split brain", watch.moved("lvs2", VIP, gone=False))
    finally:
        watch.cluster.run("lvs2", ["tc", "qdisc", "del", "dev", "eth1", "ingress"]).ok()
    back(watch, "heard again", ("lvs2",))


def test_a_bridge_port_without_traffic(watch: Watching) -> None:
    """Neither hears the other, so neither can know of the other; both are told as soon as the port carries again, until
    one yields."""
    port = ["bridge", "link", "set", "dev", "lvs2", "state"]
    watch.cluster.lab.run([*port, "0"], netns=LAN).ok()
    try:
        over(watch, "port down", "MASTER")
        watch.wait("lvs1", "only itself is heard", lambda known: known["masters"]["VI_1"] == [f"{ONE} 100"])
        watch.wait("lvs2", "only itself is heard", lambda known: known["masters"]["VI_1"] == [f"{TWO} 99"])
    finally:
        watch.cluster.lab.run([*port, "3"], netns=LAN).ok()
    back(watch, "port up", ("lvs2",))


def test_an_address_added_by_hand(watch: Watching) -> None:
    """One too many on the backup; one too few on the master, which keepalived mends by electing anew."""
    vip = ["dev", "eth1", f"{VIP}/32"]

    def one_too_many() -> bool:
        """Put there again where lvs2 took over while the machine stood still, and took it away as it yielded."""
        watch.cluster.run("lvs2", ["ip", "addr", "add", *vip])
        known = [watch.now("lvs2", way) for way in WAYS]
        words = f"backup, but {VIP} is on eth1"
        found = all(any(words in finding for finding in one["findings"]) for one in known)
        return found and all((one["role"], one["held"]) == ("BACKUP", [VIP]) for one in known)

    try:
        wait_until(one_too_many, "lvs2 is backup, and has the address", story=lambda: watch.story("lvs2", "dumps"))
    finally:
        watch.cluster.run("lvs2", ["ip", "addr", "del", *vip])
    settled(watch)
    watch.mark()
    watch.signal("lvs1", "STOP")  # or it mends that before a busy machine has looked
    watch.cluster.run("lvs1", ["ip", "addr", "del", *vip]).ok()
    try:
        watch.wait_role("lvs1", "BACKUP", ("addresses",))
    finally:
        watch.signal("lvs1", "CONT")
    back(watch, "deleted by hand", ("lvs1",))


def test_adverts_stop(watch: Watching) -> None:
    """Both keepaliveds hang: the master falls silent, and no backup takes over."""
    watch.signal("lvs2", "STOP")
    watch.signal("lvs1", "STOP")
    try:
        watch.wait_finding("lvs1", "adverts have stopped: this master sends none", ("addresses",))
        watch.wait_finding("lvs2", "adverts have stopped: no master is heard", ("addresses",))
    finally:
        watch.signal("lvs1", "CONT")
        watch.signal("lvs2", "CONT")
    watch.cluster.wait_healthy()
    settled(watch)


# Another cluster's keepalived on the same network, which by mistake has the same VRID; and one of ours with the same
# priority, which a configuration that was copied has.
FOREIGN = """
vrrp_instance VI_other {
    state MASTER
    interface eth1
    virtual_router_id 51
    priority 77
    virtual_ipaddress {
        192.168.80.240
    }
}
"""


def test_another_cluster_with_the_same_vrid(watch: Watching) -> None:
    cluster = watch.cluster
    cluster.run("web1", ["tee", "/etc/keepalived/keepalived.conf"], stdin=FOREIGN).ok()
    foreign = cluster.spawn("web1", ["keepalived", "--dont-fork", "--log-console", "--vrrp"])
    try:
        for name in DIRECTORS:
            watch.wait_finding(name, f"VRID 51 clashes: {ADDRESSES['web1']} (priority 77) announces other addresses")
            assert not any("split brain" in text for way in WAYS for text in watch.findings(name, way))
    finally:
        foreign.stop()
    settled(watch)


def test_equal_priorities(watch: Watching) -> None:
    text = watch.cluster.run("lvs2", ["cat", "/etc/keepalived/keepalived.conf"]).ok()
    reconfigure(watch.cluster, "lvs2", text.replace("priority 99", "priority 100"))
    try:
        watch.wait_finding("lvs2", f"priority 100 is also that of {ONE} (priority 100)", ("addresses",))
    finally:
        reconfigure(watch.cluster, "lvs2", text)
    settled(watch)
