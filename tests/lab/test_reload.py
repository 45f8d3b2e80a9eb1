"""keepalived's own test of its configuration, and its reload, by the real daemon."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.lab.cluster import ADDRESSES, VIP, Cluster, configuration
from tests.lab.director import weights_of
from tests.lab.screen import PROMPT
from tests.lab.session import Result
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

CONF = "/etc/keepalived/keepalived.conf"
START = 180.0
WEB1, WEB2 = f"{ADDRESSES['web1']}:80", f"{ADDRESSES['web2']}:80"

# Orders the keepalived of this network namespace, as it is found from here; prints what it answers.
ORDER = """
import sys
from lvstui.director.daemon import KeepalivedOrder
from lvstui.live import open_source
answer = open_source().order(KeepalivedOrder(sys.argv[1]))
print(answer.daemon.config, answer.refused, *answer.complaints, sep="|")
"""


@pytest.fixture
def configured(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, whose second director gets its own configuration back in the end."""
    yield cluster
    write(cluster, configuration("lvs2"))
    if cluster.up("lvs2"):
        cluster.stop_keepalived("lvs2")


def write(cluster: Cluster, text: str) -> None:
    cluster.run("lvs2", ["tee", CONF], stdin=text).ok()


def do(cluster: Cluster, *words: str) -> Result:
    return cluster.run("lvs2", [cluster.lab.python, "-m", "tests.lab.patient", *words])


def weights(cluster: Cluster) -> dict[str, str]:
    """Of the real servers of the second director."""
    return weights_of(cluster.rules("lvs2"))


def test_the_configuration_is_tested_where_keepalived_runs(configured: Cluster) -> None:
    write(configured, configuration("lvs2").replace("lb_kind DR", "lb_kind DR\n    lb_kint DR"))
    found = f"{CONF}|True|{CONF} line 23: Unknown keyword 'lb_kint'\n"
    argv = [configured.lab.python, "-c", ORDER, "test"]
    assert configured.run("lvs2", argv).ok() == found
    # From outside, where another file has this name: its machine has mounts of its own.
    assert configured.lab.run(argv, netns="lvs2").ok() == found


def test_a_broken_configuration_is_refused_by_its_line_and_nothing_is_reloaded(configured: Cluster) -> None:
    wider = configuration("lvs2").replace("weight 3", "weight 7")
    write(configured, wider.replace("lb_kind DR", "lb_kind DR\n    lb_kint DR"))
    log = configured.log("lvs2")
    result = do(configured, "--do", "reload")
    assert result.code == 2
    assert f"lvstui: {CONF} line 23: Unknown keyword 'lb_kint'\n" in result.stderr
    assert "nothing was sent" in result.stderr
    assert "Reloading" not in configured.log("lvs2").removeprefix(log)
    assert weights(configured) == {WEB1: "3", WEB2: "3"}


def test_a_reload_applies_changes_of_the_file_and_keeps_and_names_those_by_hand(
    configured: Cluster, terminal: Callable[..., Terminal]
) -> None:
    change = ["ipvsadm", "-e", "-t", f"{VIP}:80", "-r", WEB2, "-g", "-w", "9"]
    configured.lab.run(change, netns="lvs2").ok()
    write(configured, configuration("lvs2").replace("weight 3", "weight 7", 1))
    screen = terminal(configured.argv("lvs2", [configured.lab.python, "-m", "lvstui", "--fresh"]), size=(100, 30))
    # What keepalived means with the table is read beside it: a reload that comes before it foretells nothing.
    screen.see("BACKUP", " drift")
    screen.send(":")
    screen.wait_for(PROMPT, timeout=START)
    screen.type("reload")
    screen.send("Enter")
    wanted = ("reload? y/N", "kill -HUP", f"changes weight of {WEB1} in tcp {VIP}:80: 3 -> 7", "1 made by hand stays")
    screen.wait_for(lambda text: all(words in " ".join(text.split()) for words in wanted), timeout=START)
    assert weights(configured) == {WEB1: "3", WEB2: "9"}
    screen.send("y")
    screen.see(f"weight of {WEB2} in tcp {VIP}:80: 9 -> 3", "after the reload 1 rule differs")
    assert weights(configured) == {WEB1: "7", WEB2: "9"}
    screen.send("q")
    screen.wait_for(lambda text: "after the reload" not in text, timeout=START)
    screen.send("6")
    screen.wait_for("reload keepalived", timeout=START)
    screen.send("q")
    assert screen.wait_exit() == 0

    written = "/run/lasting.conf"
    service = f"conf tcp {VIP}:80"
    assert "left alone" in do(configured, "--do", f"{service} to {CONF}").stderr
    do(configured, "--do", f"{service} to {written}").ok()
    lines = configured.run("lvs2", ["cat", written]).ok()
    assert f"#   {CONF} line " in lines and f"weight of {WEB2} in tcp {VIP}:80: 3 -> 9" in lines
    configured.run("lvs2", ["keepalived", "-t", "-f", written]).ok()
    configured.lab.run([*change[:-1], "3"], netns="lvs2").ok()
    write(configured, configuration("lvs2"))
    result = do(configured, "--do", "reload")
    assert result.code == 0, result
    assert result.stdout.splitlines()[1:] == [
        f"changes weight of {WEB1} in tcp {VIP}:80: 7 -> 3",
        "after the reload nothing differs from the configuration",
    ]
    assert weights(configured) == {WEB1: "3", WEB2: "3"}


# A systemctl that says whom it was told about, and does what systemd would.
SYSTEMCTL = """#!/bin/sh
pid=$(cat /run/keepalived.pid)
shift
case $1 in
    show) echo $pid ;;
    reload) echo "$@" >>/run/told; kill -HUP $pid ;;
    stop) echo "$@" >>/run/told; kill $pid ;;
esac
"""
UNIT = """
mkdir -p /run/systemd/system /run/bin /run/cgroup
mount -t cgroup2 cgroup2 /run/cgroup
mkdir -p /run/cgroup/system.slice/keepalived.service
cat /run/keepalived.pid >/run/cgroup/system.slice/keepalived.service/cgroup.procs
cat >/run/bin/systemctl
chmod +x /run/bin/systemctl
"""


def test_a_unit_of_systemd_is_reloaded_through_systemd(configured: Cluster) -> None:
    configured.run("lvs2", ["sh", "-ec", UNIT], stdin=SYSTEMCTL).ok()
    path = {"PATH": "/run/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    try:
        result = configured.run("lvs2", [configured.lab.python, "-m", "tests.lab.patient", "--do", "reload"], env=path)
        assert result.code == 0, result
        assert result.stdout.splitlines()[0] == "systemctl reload keepalived.service"
        assert configured.run("lvs2", ["cat", "/run/told"]).ok() == "reload keepalived.service\n"
        wait_until(lambda: "Reloading" in configured.log("lvs2"), "it reloads")
    finally:
        configured.run("lvs2", ["sh", "-c", "rm -r /run/systemd /run/bin /run/told; umount -l /run/cgroup"])
