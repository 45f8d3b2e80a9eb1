"""A planned hand-over by lvstui's own command, with the real keepalived on both sides."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.lab.cluster import ADDRESSES, VIP, Cluster
from tests.lab.screen import PROMPT
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

START = 180.0


def test_a_failover_by_command_says_who_took_over(cluster: Cluster, terminal: Callable[..., Terminal]) -> None:
    refused = cluster.run("lvs2", [cluster.lab.python, "-m", "tests.lab.patient", "--do", "failover"], timeout=300.0)
    assert refused.code == 1
    assert "this director is BACKUP: it is master of nothing" in refused.stderr

    guarded = cluster.run("lvs1", [cluster.lab.python, "-m", "tests.lab.patient", "--do", "failover"], timeout=300.0)
    assert guarded.code == 1
    assert f"This director is master of VI_1 and holds {VIP}.\n" in guarded.stdout
    assert "A backup is silent, so it is not known whether one is up.\n" in guarded.stdout
    assert "--allow-outage allows this" in guarded.stderr
    assert cluster.up("lvs1")

    screen = terminal(cluster.argv("lvs1", [cluster.lab.python, "-m", "lvstui", "--fresh"]), size=(80, 24))
    screen.wait_for("MASTER", timeout=START)
    ask(screen)
    screen.send("y")  # the capital alone
    screen.wait_for("nothing was sent", timeout=START)
    assert cluster.up("lvs1") and cluster.holds_vip("lvs1")
    ask(screen)
    screen.send("Y")
    screen.wait_for(f"handed over: {ADDRESSES['lvs2']} (priority 99) is master of VI_1 now", timeout=START)
    cluster.wait_master("lvs2")
    wait_until(lambda: not cluster.up("lvs1"), "lvs1's keepalived has ended, after its address has gone")
    assert cluster.rules("lvs1") == []
    wait_until(lambda: cluster.curl() != [""], "lvs2 serves")
    screen.wait_for("no keepalived", timeout=START)
    records = cluster.run("lvs1", ["sh", "-c", "cat /var/lib/lvstui/*/audit.jsonl"]).ok().splitlines()
    (record,) = [json.loads(line) for line in records if "fail over" in line]
    assert (record["title"], record["reason"], record["result"]) == ("fail over VI_1", "new disk", "done")
    assert record["command"].startswith("kill -TERM ")


def ask(screen: Terminal) -> None:
    """Until the page says what becomes of it."""
    screen.send(":")
    screen.wait_for(PROMPT, timeout=START)
    screen.type('failover reason "new disk"')
    screen.send("Enter")
    screen.wait_for("Y hands over", timeout=START)


def test_a_stopped_keepalived_is_started_again_and_takes_its_addresses_back(cluster: Cluster) -> None:
    """lvs1 preempts: it has the higher priority. Then a script hands over."""
    argv = [cluster.lab.python, "-m", "tests.lab.patient", "--do", "failover", "--allow-outage"]
    result = cluster.run("lvs1", argv, timeout=300.0)
    assert result.code == 0, result
    assert result.stdout.splitlines()[-1] == (f"handed over: {ADDRESSES['lvs2']} (priority 99) is master of VI_1 now")
    wait_until(lambda: not cluster.up("lvs1"), "lvs1's keepalived has ended, after its address has gone")
