"""Connection sync between the seed's directors: started by hand on both sides, checked, and counted; `ipvsadm -L
--daemon` and the kernel's own table are the judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.lab.cluster import VIP, Cluster, configuration
from tests.lab.session import Result
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

START = 180.0
SERVICE = f"tcp {VIP}:80"


def do(cluster: Cluster, name: str, command: str) -> Result:
    return cluster.run(name, [cluster.lab.python, "-m", "tests.lab.patient", "--do", command])


def daemons(cluster: Cluster, name: str) -> str:
    """As ipvsadm tells them."""
    return cluster.lab.run(["ipvsadm", "-L", "--daemon"], netns=name).ok()


def held(cluster: Cluster, name: str) -> int:
    """Connections that the kernel has from a sync daemon."""
    table = cluster.lab.run(["cat", "/proc/net/ip_vs_conn_sync"], netns=name).ok()
    return sum(" SYNC " in line for line in table.splitlines())


@pytest.fixture
def quiet(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster without a daemon, before and after."""
    yield cluster
    cluster.heal()
    for name in ("lvs1", "lvs2"):
        cluster.lab.run(["ipvsadm", "--stop-daemon", "master"], netns=name)
        cluster.lab.run(["ipvsadm", "--stop-daemon", "backup"], netns=name)


def test_the_backup_has_the_connections_that_the_master_sends(
    quiet: Cluster, terminal: Callable[..., Terminal]
) -> None:
    cluster = quiet
    none = do(cluster, "lvs2", "sync check")
    assert none.code == 1 and "no sync daemon runs here" in none.stdout, none

    # Started by hand: with an id that the master does not use, by the console.
    assert do(cluster, "lvs1", "sync start master eth1 id 51").code == 0
    assert "master sync daemon (mcast=eth1, syncid=51" in daemons(cluster, "lvs1")
    screen = terminal(cluster.argv("lvs2", [cluster.lab.python, "-m", "lvstui", "--fresh"]), size=(120, 32))
    screen.wait_for("BACKUP", timeout=START)
    screen.send("4")
    screen.wait_for("none runs", timeout=START)
    screen.send("Y")
    screen.wait_for(": sync start backup eth1 id 51", timeout=START)
    screen.send("BSpace", "2", "Enter")
    screen.wait_for("ipvsadm --start-daemon backup --mcast-interface eth1 --syncid 52", timeout=START)
    screen.send("y")
    wait_until(lambda: "backup sync daemon (mcast=eth1, syncid=52" in daemons(cluster, "lvs2"), "it is started")
    screen.wait_for(lambda text: "sync daemon     backup" in text and "id 52" in text, timeout=START)

    cluster.curl(4)
    deaf = do(cluster, "lvs2", "sync check")
    assert deaf.code == 1, deaf
    assert "holds none of the master's connections" in deaf.stdout
    for advice in ("the id: 52", "master daemon", "224.0.0.81:8848", "sync_threshold"):
        assert advice in deaf.stdout
    assert not held(cluster, "lvs2")

    # The same id: what the client does is known on both.
    assert do(cluster, "lvs2", "sync stop backup").code == 0
    assert do(cluster, "lvs2", "sync start backup eth1 id 51").code == 0
    assert "backup sync daemon (mcast=eth1, syncid=51" in daemons(cluster, "lvs2")

    def told() -> bool:
        cluster.curl(2)
        return held(cluster, "lvs2") > 0

    wait_until(told, "lvs2 is told of a connection", timeout=180.0)
    there = do(cluster, "lvs2", "sync check")
    assert there.code == 0, there
    assert f"{SERVICE}   holds " in there.stdout and "synced connection" in there.stdout
    master = do(cluster, "lvs1", "sync check")
    assert master.code == 0 and "of its own" in master.stdout, master
    screen.type(":sync check")
    screen.send("Enter")
    screen.wait_for(f"{SERVICE}   holds ", timeout=START)
    screen.send("q")

    # The role contradicts VRRP after a failover, and no longer when lvs1 is back.
    cluster.stop_keepalived("lvs1")
    cluster.wait_master("lvs2")
    alone = do(cluster, "lvs2", "sync check")
    assert alone.code == 1, alone
    assert "finding: backup daemon: MASTER, but only a backup daemon: nothing is sent" in alone.stdout
    screen.wait_for("MASTER, but only a backup", timeout=START)
    cluster.start_keepalived("lvs1")
    cluster.wait_healthy()
    again = do(cluster, "lvs2", "sync check")
    assert "finding" not in again.stdout, again

    guarded = do(cluster, "lvs2", "sync stop")
    assert "then none runs: a failover ends the connections" in guarded.stderr
    assert "sync daemon" not in daemons(cluster, "lvs2")


def test_an_interface_that_goes_down_and_away(quiet: Cluster) -> None:
    cluster = quiet

    def carries() -> bool:
        """The kernel says that a second late at times."""
        return " state UP " in cluster.lab.run(["ip", "-o", "link", "show", "dev", "sync0"], netns="lvs2").ok()

    cluster.run("lvs2", ["ip", "link", "add", "sync0", "type", "veth", "peer", "name", "sync1"]).ok()
    try:
        for link in ("sync0", "sync1"):
            cluster.run("lvs2", ["ip", "link", "set", link, "up"]).ok()
        wait_until(carries, "sync0 carries")
        assert do(cluster, "lvs2", "sync start backup sync0 id 9").code == 0
        assert "finding" not in do(cluster, "lvs2", "sync check").stdout
        cluster.run("lvs2", ["ip", "link", "set", "sync1", "down"]).ok()  # the cable, not the interface
        wait_until(lambda: not carries(), "sync0 carries no more")
        assert "finding: backup daemon: sync0 is down: nothing is received" in do(cluster, "lvs2", "sync check").stdout
    finally:
        cluster.run("lvs2", ["ip", "link", "del", "sync0"]).ok()
    gone = do(cluster, "lvs2", "sync check")
    assert gone.code == 1 and "finding: backup daemon: sync0 is missing: nothing is received" in gone.stdout, gone


def test_daemons_that_keepalived_runs_are_not_called_by_hand(quiet: Cluster) -> None:
    cluster = quiet
    files = {name: configuration(name) for name in ("lvs1", "lvs2")}
    try:
        for name, text in files.items():
            text = text.replace("router_id LVS_DEVEL", "router_id LVS_DEVEL\n    lvs_sync_daemon eth1 inst VI_1")
            cluster.run(name, ["tee", "/etc/keepalived/keepalived.conf"], stdin=text).ok()
            cluster.stop_keepalived(name)
            cluster.start_keepalived(name)
        cluster.wait_healthy()
        wait_until(lambda: "master sync daemon" in daemons(cluster, "lvs1"), "keepalived runs the master")
        wait_until(lambda: "backup sync daemon" in daemons(cluster, "lvs2"), "keepalived runs the backup")
        assert "syncid=51" in daemons(cluster, "lvs2")  # that of the instance: none is configured
        assert "finding" not in do(cluster, "lvs2", "sync check").stdout

        stopped = do(cluster, "lvs2", "sync stop backup")
        assert stopped.code == 0, stopped
        assert "keepalived runs the sync daemon (lvs_sync_daemon)" in stopped.stderr
        said = do(cluster, "lvs2", "sync check")
        wants = "finding: backup daemon: keepalived.conf wants one on eth1: VI_1 is BACKUP"
        assert said.code == 1 and wants in said.stdout, said
        assert do(cluster, "lvs2", "sync start backup eth1 id 7").code == 0
        assert (
            "finding: backup daemon: not as in keepalived.conf: id 7, not 51"
            in do(cluster, "lvs2", "sync check").stdout
        )

        # At the next transition it is keepalived's own again.
        cluster.stop_keepalived("lvs1")
        wait_until(lambda: "master sync daemon (mcast=eth1, syncid=51" in daemons(cluster, "lvs2"), "lvs2 tells")
        cluster.wait_master("lvs2")
        assert "finding" not in do(cluster, "lvs2", "sync check").stdout
    finally:
        for name, text in files.items():
            cluster.run(name, ["tee", "/etc/keepalived/keepalived.conf"], stdin=text).ok()
            if cluster.up(name):
                cluster.stop_keepalived(name)
            cluster.start_keepalived(name)
        cluster.heal()
